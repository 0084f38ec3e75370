# src/python_coder/agent/run_store.py — one folder a run: where its evidence, its patch and its state lie
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError
from python_coder.evidence.canonical import Json
from python_coder.settings import Settings
from python_coder.workspace.git import open_repository

_MOST_NAMED = 5
"""Runs that a message names."""


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run. Private to the user, outside every work tree, never committed."""

    folder: Path

    @property
    def run_id(self) -> str:
        """Sortable by time; also the folder's name."""
        return self.folder.name

    @property
    def ledger(self) -> Path:
        """The hash-chained record."""
        return self.folder / "ledger.jsonl"

    @property
    def contract(self) -> Path:
        """What the run hands back."""
        return self.folder / "contract.json"

    @property
    def patch(self) -> Path:
        """The change, from base to delivered tree, as `git apply --binary` takes it."""
        return self.folder / "change.patch"

    @property
    def messages(self) -> Path:
        """The model's message history; not redacted, so it is never copied anywhere."""
        return self.folder / "messages.jsonl"

    @property
    def bundle(self) -> Path:
        """The base as a git bundle, so that `verify` needs no access to the repository."""
        return self.folder / "base.bundle"

    @property
    def worktree(self) -> Path:
        """The git worktree that the run edits."""
        return self.folder / "worktree"

    @property
    def trees(self) -> Path:
        """Clean folders of git trees, safe to delete after the run."""
        return self.folder / "trees"

    @property
    def scratch(self) -> Path:
        """Where gates may write, safe to delete after the run."""
        return self.folder / "scratch"

    @property
    def state(self) -> Path:
        """What `resume` needs to know: task, options, repository, phase."""
        return self.folder / "run.json"

    def read_state(self) -> dict[str, Json]:
        """The state that was written last; empty for a run that was killed before it had one."""
        try:
            state = json.loads(self.state.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise EnvironmentLacksError(
                f"The state of run {self.run_id} cannot be read: {error}. Start the task anew."
            ) from error
        return state if isinstance(state, dict) else {}

    def write_state(self, state: Mapping[str, Json]) -> None:
        """Replace the state in one step.

        Raises:
            EnvironmentLacksError: The folder cannot be written or the disk is full.
        """
        draft = self.state.with_name(f".{self.state.name}.{os.getpid()}")
        try:
            with draft.open("w") as file:
                file.write(json.dumps(dict(state), indent=2))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.state)
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def create(settings: Settings, task: str, *, repository: Path | None = None) -> RunFolder:
    """Make the folder of a new run.

    Args:
        settings: Says where runs are kept.
        task: The task in words, written into the state.
        repository: Any folder of the user's work tree; the run may not lie inside that tree unless git ignores it.

    Raises:
        UsageError: The state folder lies inside the repository and would be committed by accident.
        EnvironmentLacksError: The state folder cannot be written or the disk is full.
    """
    if repository is not None:
        _refuse_inside(settings.runs_folder, repository)
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    run = RunFolder(settings.runs_folder / run_id)
    try:
        settings.runs_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        run.folder.mkdir(mode=0o700)
        for folder in (run.trees, run.scratch):
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(settings.runs_folder, error) from error
    run.write_state({"task": task, "phase": "created"})
    return run


def list_runs(settings: Settings) -> tuple[RunFolder, ...]:
    """All runs of this machine, newest first."""
    if not settings.runs_folder.is_dir():
        return ()
    found = (folder for folder in settings.runs_folder.iterdir() if folder.is_dir() and not folder.is_symlink())
    return tuple(RunFolder(folder) for folder in sorted(found, key=lambda folder: folder.name, reverse=True))


def find_run(settings: Settings, run: str) -> RunFolder:
    """The run with this id, the only one whose id starts so, or the newest for `last`.

    Raises:
        UsageError: There is none, or more than one.
    """
    runs = list_runs(settings)
    matching = runs[:1] if run == "last" else tuple(found for found in runs if run and found.run_id.startswith(run))
    exact = [found for found in matching if found.run_id == run]
    if len(matching) == 1 or exact:
        return exact[0] if exact else matching[0]
    if not runs:
        raise UsageError(f"There are no runs in {settings.runs_folder} yet. Start one: python-coder run TASK")
    if not matching:
        raise UsageError(f"No run {run!r} in {settings.runs_folder}. `python-coder runs` lists them.")
    named = ", ".join([found.run_id for found in matching[:_MOST_NAMED]] + ["…"] * (len(matching) > _MOST_NAMED))
    raise UsageError(f"{run!r} is the start of {len(matching)} runs: {named}. Say more of the id.")


def _refuse_inside(runs_folder: Path, repository: Path) -> None:
    try:
        git = open_repository(repository)
    except PythonCoderError:
        # The workspace says so a moment later, when there is a ledger to say it in.
        return
    runs, root = runs_folder.resolve(), git.folder.resolve()
    ledger = str(runs / "run" / "ledger.jsonl")
    # The answer is the path itself when an ignore rule covers it, and nothing when none does.
    if runs.is_relative_to(root) and not git.run("check-ignore", "--no-index", ledger, ok=(0, 1)):
        raise UsageError(
            f"The state folder {runs_folder} lies inside the repository {root} and git does not ignore it, so "
            "a run's evidence could be committed by accident. Set PYTHON_CODER_STATE to a folder outside of it."
        )


def _unwritable(folder: Path, error: OSError) -> EnvironmentLacksError:
    return EnvironmentLacksError(
        f"The run folder cannot be written ({folder}: {error.strerror or error}). "
        "Free some space or set PYTHON_CODER_STATE to a folder that can be written."
    )
