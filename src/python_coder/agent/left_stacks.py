# src/python_coder/agent/left_stacks.py — stacks that a killed run left on the engine: what tells of them, and their end
import contextlib
from pathlib import Path

from python_coder.agent.run_store import RunFolder
from python_coder.agent.stack_folder import left_behind
from python_coder.compose.engine import find_engine
from python_coder.compose.taking_down import projects_of, remove_entirely
from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.files import remove_folder

_MARK = "stacks-of-tools"


def expect_stacks(scratch: Path) -> None:
    """Leave a sign that tools of the run may have stacks standing from now on."""
    (scratch / _MARK).touch()


def expect_no_stacks(scratch: Path) -> None:
    """Take the sign away: what tools started is down."""
    (scratch / _MARK).unlink(missing_ok=True)


def remove_left_stacks(run: RunFolder, project_root: str) -> int:
    """Remove the stacks that a killed run left on the engine: the one that was judged, and those of its tools.

    No engine is asked when no run was killed while it could have one. Where none answers, the signs stay, so that the
    next look finds them again.

    Args:
        run: Nobody works on it now.
        project_root: Of its project, relative to the git root.

    Returns:
        How many stacks there were.
    """
    found = 0
    with contextlib.suppress(EnvironmentLacksError):
        for folder in left_behind(run.scratch):
            found += _remove_stacks_of(folder, project_root)
            remove_folder(folder)
        if (run.scratch / _MARK).exists():
            found += _remove_stacks_of(run.worktree, project_root)
            expect_no_stacks(run.scratch)
    return found


def _remove_stacks_of(folder: Path, project_root: str) -> int:
    """Remove all that was made for a folder of the run's own, whatever the stacks were called."""
    with find_engine().client() as client:
        projects = {project for root in {folder, folder / project_root} for project in projects_of(client, root)}
        for project in projects:
            remove_entirely(client, project)
    return len(projects)
