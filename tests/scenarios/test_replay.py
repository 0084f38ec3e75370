# tests/scenarios/test_replay.py — runs that were once played by a language model, played again without one
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.agent.replay import read_replay
from python_coder.errors import UsageError

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = {
    "a-filter": (
        "flat_service",
        "notes_min_stars.jsonl",
        "GET /notes should take an optional minimum number of stars, so that clients can list only the notes they "
        "rated highly.",
        {"main.py", "tests/test_notes.py"},
        3,
    ),
    "a-column-with-its-migration": (
        "domain_service",
        "items_updated_at.jsonl",
        "Items remember when they were last changed: updated_at, set by the service on every update, shown to "
        "clients; items that exist already count as changed when they were created, or now if that is not known.",
        {
            "shop/items/models.py",
            "shop/items/schemas.py",
            "tests/items/test_router.py",
            "migrations/versions/2025_06_01-5c0e7d1b92a4_item_updated_at.py",
        },
        12,
    ),
}


def committed(service: str, folder: Path) -> Path:
    shutil.copytree(FIXTURES / service, folder)
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("service", "recording", "task", "paths", "calls"), CASES.values(), ids=CASES)
def test_the_same_turns_are_proven_again(
    service: str,
    recording: str,
    task: str,
    paths: set[str],
    calls: int,
    tmp_path: Path,
    coder: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    repository = committed(service, tmp_path / service)
    done = coder("run", task, "--replay", FIXTURES / "recordings" / recording, "--repo", repository, "--json")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    contract = json.loads(done.stdout)
    assert contract["status"] == "proven"
    assert {diff["path"] for diff in contract["diffs"]} == paths
    assert contract["run"]["model"] == "replay"
    assert contract["run"]["budget"]["used"] == calls


BAD: dict[str, tuple[bytes | None, str]] = {
    "not-there": (None, "There is no recording"),
    "no-turns": (b'{"no": "turn"}\n', "is no recording"),
    "one-line-without-its-end": (b"my only notes", "holds no answer"),
    "no-text": (b"\xff\xfe\x00\n", "is no recording"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_bad_recordings_are_refused_and_stay_as_they_are(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "messages.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_replay(path)
    assert (path.read_bytes() if path.exists() else None) == content
