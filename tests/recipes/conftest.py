# tests/recipes/conftest.py — services to write into: a freshly written one, and two of other house styles
import shutil
from pathlib import Path

import pytest

from python_coder.skeleton.write import write_service

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="session")
def written_service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `new` writes; recipes need no lock file, so a machine without an index will do."""
    return write_service(tmp_path_factory.mktemp("written") / "shop", "shop", defaults=True).folder


@pytest.fixture(params=["written", "flat", "domain"])
def service(request: pytest.FixtureRequest, tmp_path: Path, written_service: Path) -> Path:
    """A copy that a test may write into."""
    source = written_service if request.param == "written" else FIXTURES / f"{request.param}_service"
    ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache")
    return Path(shutil.copytree(source, tmp_path / "service", ignore=ignored))
