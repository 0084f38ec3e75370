# tests/workspace/test_checkpoints.py — saved states: what git makes of them, whoever else writes, whenever it is killed
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.errors import PythonCoderError
from python_coder.workspace.worktree import Workspace


def _a_file_becomes_a_folder(folder: Path) -> None:
    (folder / "run.sh").unlink()
    (folder / "run.sh").mkdir()
    (folder / "run.sh/inner.py").write_text("x")


def _a_folder_becomes_a_file(folder: Path) -> None:
    shutil.rmtree(folder / "app")
    (folder / "app").write_text("x")


def _a_folder_becomes_a_link(folder: Path) -> None:
    shutil.rmtree(folder / "app")
    (folder / "app").symlink_to("tests")


def _all_goes(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _odd_names(folder: Path) -> None:
    for name in ('"quoted".py', "#hash.py", "a\nb.py", "back\\slash.py", "end ", "é\udcff.py", " from x", "M 100644"):
        (folder / "app" / name).write_text(name.encode("utf-8", "surrogateescape").hex())
    (folder / "App").mkdir()
    (folder / "App/MAIN.py").write_text("another case")


def _odd_bytes(folder: Path) -> None:
    (folder / "app/main.py").write_bytes(b"")
    (folder / "app/models.py").write_bytes(b"\ndata 5\n\0\r\nno end of line")


def _modes(folder: Path) -> None:
    (folder / "app/main.py").chmod(0o755)
    (folder / "run.sh").chmod(0o644)
    (folder / "link.py").unlink()
    (folder / "link.py").symlink_to("/etc/passwd")


EDITS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "a-file-becomes-a-folder": _a_file_becomes_a_folder,
    "a-folder-becomes-a-file": _a_folder_becomes_a_file,
    "a-folder-becomes-a-link": _a_folder_becomes_a_link,
    "all-goes": _all_goes,
    "odd-names": _odd_names,
    "odd-bytes": _odd_bytes,
    "modes": _modes,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_checkpoint_is_the_snapshot(workspace: Workspace, repository, edit: Callable[[Path], object]) -> None:
    repository.git("config", "core.ignoreCase", "true")
    (workspace.folder / "app/earlier.py").write_text("an earlier state is no part of it")
    workspace.checkpoint("earlier")
    (workspace.folder / "app/earlier.py").unlink()
    edit(workspace.folder)
    tree = workspace.checkpoint("an edit")
    assert tree == workspace.snapshot() == workspace.checkpoints()[-1].tree
    repository.git("fsck", "--strict", "--no-dangling")


def test_a_checkpoint_takes_one_process(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, log = shutil.which("git"), tmp_path / "log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho >> "{log}"\nexec "{program}" "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    (workspace.folder / "app/main.py").write_text("x = 1\n")
    workspace.checkpoint("the first looks for those of an earlier process")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (workspace.folder / "app/main.py").write_text("x = 2\n")
    workspace.checkpoint("the second")
    assert len(log.read_text().splitlines()) == 1


def test_another_process_goes_on_with_the_numbers(workspace: Workspace) -> None:
    workspace.checkpoint("one")
    other = Workspace.open(workspace.folder.parent)
    other.checkpoint("two")
    assert [(each.number, each.label) for each in other.checkpoints()] == [(1, "one"), (2, "two")]


def test_a_state_that_another_process_saved_is_not_lost(workspace: Workspace) -> None:
    workspace.checkpoint("one")
    Workspace.open(workspace.folder.parent).checkpoint("two")
    with pytest.raises(PythonCoderError, match="does not contain"):
        workspace.checkpoint("another two")
    assert [each.label for each in workspace.checkpoints()] == ["one", "two"]


@pytest.mark.parametrize("delay_seconds", [0.0, 0.01, 0.03, 0.06, 0.1])
def test_a_kill_at_any_moment_leaves_whole_states(workspace: Workspace, repository, delay_seconds: float) -> None:
    code = (
        "import sys; from pathlib import Path; from python_coder.workspace.worktree import Workspace\n"
        "workspace = Workspace.open(Path(sys.argv[1])); print('go', flush=True)\n"
        "for number in range(10_000):\n"
        "    (workspace.folder / 'app/main.py').write_text('x' * 100_000 + str(number))\n"
        "    workspace.checkpoint(str(number))\n"
    )
    run_folder = workspace.folder.parent
    with subprocess.Popen([sys.executable, "-c", code, str(run_folder)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay_seconds)
        child.send_signal(signal.SIGKILL)
    opened = Workspace.open(run_folder)
    tree = opened.checkpoint("the first after it")
    numbers = [each.number for each in opened.checkpoints()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert tree == opened.snapshot()
    repository.git("fsck", "--strict", "--no-dangling")
