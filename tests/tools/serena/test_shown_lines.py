# tests/tools/serena/test_shown_lines.py — quoted lines are those of now, and never of a file outside
import time
from pathlib import Path

import pytest
from shop_project import make_project

from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
def context(tmp_path: Path) -> SerenaContext:
    made = make_project(tmp_path)
    time.sleep(0.15)
    assert made.project.shown_lines.of("app/main.py")[4] == "app = FastAPI()"
    return made


def test_sees_every_change_of_equal_size(context: SerenaContext) -> None:
    file = context.root / "app/main.py"
    for name in ("api", "web", "app") * 5:
        file.write_text(file.read_text().replace(file.read_text().splitlines()[4], f"{name} = FastAPI()"))
        assert context.project.shown_lines.of("app/main.py")[4] == f"{name} = FastAPI()"


def test_shows_nothing_of_what_is_gone_or_leads_outside(context: SerenaContext, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token\n")
    file = context.root / "app/main.py"
    file.unlink()
    assert context.project.shown_lines.of("app/main.py") == ()
    file.symlink_to(tmp_path / "secret")
    assert context.project.shown_lines.of("app/main.py") == ()
    assert context.project.shown_lines.of("../secret") == ()
