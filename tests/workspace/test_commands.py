# tests/workspace/test_commands.py — what the evidence keeps of a process
from pathlib import Path

import pytest

from python_coder.workspace.commands import CompletedCommand, record

NAMES = {Path("/cache/trees/abc"): "tree", Path("/cache"): "tools", Path("/env"): "env"}
WORDS = {
    "folder-itself": ("/env", "{env}"),
    "inside": ("/env/bin/python", "{env}/bin/python"),
    "deeper-wins": ("/cache/trees/abc/app", "{tree}/app"),
    "after-equals": ("--config-file=/cache/x.ini", "--config-file={tools}/x.ini"),
    "path-list": ("/env/bin:/cache/bin", "{env}/bin:{tools}/bin"),
    "longer-sibling": ("/env2/bin", "/env2/bin"),
    "dotted-sibling": ("/env.old", "/env.old"),
    "inner-match": ("/home/env/bin", "/home/env/bin"),
    "no-path": ("-q", "-q"),
}


@pytest.mark.parametrize(("word", "kept"), WORDS.values(), ids=WORDS)
def test_record_replaces_machine_paths(word: str, kept: str) -> None:
    completed = CompletedCommand(
        argv=("python", word), exit_code=3, stdout="", stderr="", seconds=0.5, output_digest="d", is_timed_out=True
    )
    kept_record = record(completed, tree="t", names=NAMES)
    assert kept_record.argv == ("python", kept)
    assert (kept_record.exit_code, kept_record.tree, kept_record.is_timed_out) == (3, "t", True)


def test_record_knows_both_spellings_of_a_linked_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    argv = (str(tmp_path / "real/x"), str(tmp_path / "link/x"))
    completed = CompletedCommand(argv=argv, exit_code=0, stdout="", stderr="", seconds=0, output_digest="")
    assert record(completed, tree="", names={tmp_path / "link": "{scratch}"}).argv == ("{scratch}/x", "{scratch}/x")
