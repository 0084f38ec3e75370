# tests/tools/trials/test_calling.py — call_app: requests through ASGI on a throwaway, migrated database
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.trials.app_requests import read_steps
from python_coder.tools.trials.calling import CallingTools
from tools.trials.asgi_shop import APP, FILES
from tools.trials.trial_bench import placed

SEED = ["INSERT INTO item (name) VALUES ('a:b')"]
RAISES = "revision = 'aa01'\ndown_revision = None\n\n\ndef upgrade():\n    raise ValueError('no')\n"
POST = {"call": "POST /items", "json": {"name": "Lamp"}}


pytestmark = pytest.mark.slow


async def called(folder: Path, requests: list[Any], app: str = "app.main:app", **options: Any) -> str:
    place, seen = await placed(folder, options.pop("changed", {}), FILES)
    answer = await CallingTools(place=place).call_app(requests, app, **options)
    assert any("app_probe.py" in " ".join(record.argv) for record in seen)
    return answer


async def test_answers_with_what_each_request_got_and_the_sql_it_made(tmp_path: Path) -> None:
    answer = await called(
        tmp_path, [POST, [POST, "GET /items"], "GET /items/{{1.id}}"], seed=["INSERT INTO item (name) VALUES ('a:b')"]
    )
    assert "on a throwaway SQLite database, migrated to the head" in answer
    first, _, _, last = answer.split("\n1. ")[1].split(" -> ")[1:]
    assert first.startswith("201 (application/json)")
    assert "INSERT INTO item (name) VALUES (?) RETURNING id, name" in first
    assert '"names": ["a:b", "Lamp", "Lamp"], "started": true, "path": "/items/2"' in last
    assert "4 SQL:" in last
    assert "3x SELECT name FROM item WHERE id = ?" in last


async def test_the_error_behind_a_failed_answer_is_told_with_its_place(tmp_path: Path) -> None:
    answer = await called(tmp_path, ["GET /broken", "GET /items/{{7.id}}", "GET /items"], app="app.main:make()")
    assert "1. GET /broken -> no answer" in answer
    assert "error: ValueError: no such shelf at app/main.py:25" in answer
    assert "{{7.id}} names request 7, which has not been answered yet" in answer
    assert "3. GET /items -> 200" in answer


REFUSED = {
    "no-application": ({"app": "app.main:nothing"}, "has no attribute 'nothing'"),
    "no-such-form": ({"app": "app/main.py"}, "is no application"),
    "bad-seed": ({"seed": ["INSERT INTO item (name) VALUES ('x')", "INSERT INTO shelf VALUES (1)"]}, "none of them"),
    "bad-migration": ({"changed": {"alembic/versions/aa01_first.py": RAISES}}, "upgrade heads failed"),
    "does-not-import": ({"changed": {"app/main.py": APP + "\nraise OSError('off')\n"}}, "OSError: off at app/main.py"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
async def test_says_why_nothing_could_be_called(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolRefusedError) as refused:
        await called(tmp_path, ["GET /items"], **options)
    assert said in str(refused.value)


BAD = {
    "nothing": [],
    "no-path": ["GET items"],
    "unknown-key": [{"call": "GET /", "cookies": {}}],
    "two-bodies": [{"call": "POST /", "json": 1, "form": {}}],
    "a-number": [7],
    "too-many": [["GET /"] * 51],
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_refuses_what_is_no_request(given: list[Any]) -> None:
    with pytest.raises(ToolRefusedError, match=r"[Gg]ive "):
        read_steps(given)
