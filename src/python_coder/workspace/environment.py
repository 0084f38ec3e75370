# src/python_coder/workspace/environment.py — a project's own Python environment: made once, shared, read-only
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import CommandRecord
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand
from python_coder.workspace.environment_store import MadeEnvironment, environment_digest, find_made, locked, make
from python_coder.workspace.interpreters import choose_python, pinned_version
from python_coder.workspace.project import Project
from python_coder.workspace.set_up import SetUp, last_lines, set_up_env
from python_coder.workspace.uv_lock import locked_python

_PROBE = Path(__file__).parent / "probes" / "import_probe.py"
_NEVER_FROM_A_PROJECT = frozenset(
    ("PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONEXECUTABLE")
)


# Makes the installers beside uv refuse whatever would run code of a package while it is installed.
_WHEELS_ONLY = dict.fromkeys(("PIP_ONLY_BINARY", "POETRY_INSTALLER_ONLY_BINARY", "PDM_ONLY_BINARY"), ":all:")


@dataclass(frozen=True, kw_only=True)
class ProjectEnvironment:
    """An environment without the project in it: a process sees the tree it works on through `PYTHONPATH`."""

    python: Path
    folder: Path
    python_version: str
    digest: str
    """Names the environment by all that it is made from."""
    overlay: Path | None
    """Metadata of the project, so that `importlib.metadata` knows it although it is not installed."""
    how: tuple[CommandRecord, ...]
    bytecode: Path | None = None
    """Folder for `PYTHONPYCACHEPREFIX`, with the bytecode of all that is installed."""
    left_out: Mapping[str, str] | None = None
    """Packages that could not be built on this machine, with the reason."""


async def prepare_environment(
    project: Project,
    tree_folder: Path,
    *,
    cache: Path,
    runner: CommandRunner,
    builds: bool = True,
) -> ProjectEnvironment:
    """Make the environment that a project's manifests ask for, or find it made.

    Args:
        project: What to make it for; see `find_project`.
        tree_folder: The materialised tree, at the git root. It is only read.
        cache: Environments live below it in `environments/DIGEST`; they may be deleted at any time.
        runner: Runs set-up commands: trusted, with network.
        builds: Whether packages without a wheel may run their build scripts. Not for a manifest that a model wrote.

    Raises:
        EnvironmentLacksError: No interpreter fits, dependencies cannot be installed, or the cache cannot be written.
    """
    tree_folder, home = _real(tree_folder), _real(cache) / "environments"
    own = (Path(sys.prefix), Path(sys.base_prefix), _real(_PROBE).parents[2])
    names = {home: "env", tree_folder: "tree", **dict.fromkeys(own, "tools")}
    env = set_up_env(os.environ) | ({} if builds else _WHEELS_ONLY)
    set_up = SetUp(runner=runner, env=env, names=names, writable=(home,), builds=builds)
    try:
        home.mkdir(parents=True, exist_ok=True)
        made, key = await _find_or_make(project, tree_folder, home, set_up)
    except OSError as error:
        mend = "Free some space, or set PYTHON_CODER_CACHE to a folder that you can write to."
        raise EnvironmentLacksError(f"The cache {home} cannot be written: {error.strerror}. {mend}") from error
    environment = ProjectEnvironment(
        python=made.python,
        folder=made.folder,
        python_version=made.python_version,
        digest=key,
        overlay=made.overlay,
        how=made.how,
        bytecode=made.bytecode,
        left_out=made.left_out,
    )
    await check_imports(environment, project, tree_folder, runner, {})
    return environment


def _real(path: Path) -> Path:
    return path.resolve()


async def _find_or_make(project: Project, tree_folder: Path, home: Path, set_up: SetUp) -> tuple[MadeEnvironment, str]:
    lock = locked_python(tree_folder / project.lock) if project.lock and project.manager == "uv" else ""
    chosen = await choose_python(
        (project.requires_python, lock),
        pinned=pinned_version(project.folder(tree_folder), tree_folder),
        set_up=set_up,
        cwd=home,
    )
    key = environment_digest(project, tree_folder, chosen.version)
    async with locked(home / f"{key}.lock"):
        made = await find_made(home / key, set_up)
        if made is None:
            made = await make(home / key, project, tree_folder, chosen, set_up)
    return made, key


def process_env(
    environment: Path,
    project_folder: Path,
    import_roots: Sequence[str],
    *,
    overlay: Path | None = None,
    bytecode: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment block of a process of the project's code, on one tree.

    The tree's own code is found before anything installed; bytecode lying in the tree is never used, none is written.

    Args:
        environment: Folder of the project's environment.
        project_folder: The project root inside the tree.
        import_roots: Relative to `project_folder`, in order.
        overlay: See `ProjectEnvironment.overlay`.
        bytecode: See `ProjectEnvironment.bytecode`; without it every import compiles anew.
        env: The project's variables, and a scratch folder as `HOME` and `TMPDIR`; they cannot change what is set here.
    """
    roots = [os.path.normpath(project_folder / root) for root in import_roots]
    block = {name: value for name, value in (env or {}).items() if name not in _NEVER_FROM_A_PROJECT}
    block |= {
        "PATH": f"{environment / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(environment),
        "PYTHONPATH": os.pathsep.join([*roots, *([str(overlay)] if overlay else [])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": str(bytecode or environment / "no-bytecode"),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
    }
    return {"LANG": "C.UTF-8", **block}


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What a project's interpreter answered; empty texts stand for not found, not installed, no error."""

    found: Mapping[str, str]
    """File or folder that each top-level name would be imported from."""
    versions: Mapping[str, str]
    """Version of each distribution."""
    errors: Mapping[str, str]
    """Why each module cannot be imported, the error's type first."""
    plugins: Mapping[str, str]
    """Module of each installed pytest plugin, by its name."""
    completed: CompletedCommand
    is_whole: bool
    """False when the process ended before it had answered, as when a module ends it while it is imported."""

    @classmethod
    async def ask(cls, command: Command, question: Mapping[str, Sequence[str]], runner: CommandRunner) -> "Probe":
        """Put one question to an interpreter.

        Args:
            command: Its `argv` is the interpreter; all else is used as it stands.
            question: Names to `find`, modules to `load`, distributions whose `versions` are wanted.
            runner: Runs it.
        """
        argv = (*command.argv, str(_PROBE), json.dumps(question))
        completed = await runner.run(replace(command, argv=argv, readable=(*command.readable, _PROBE.parent)))
        answer: dict[str, dict[str, str]] = {}
        try:
            for line in completed.stdout.splitlines():
                answer |= json.loads(line)
        except ValueError:
            answer = {}
        parts = {part: answer.get(part, {}) for part in ("found", "versions", "errors", "plugins")}
        return cls(**parts, completed=completed, is_whole="errors" in answer)


async def check_imports(
    environment: ProjectEnvironment, project: Project, tree_folder: Path, runner: CommandRunner, env: Mapping[str, str]
) -> dict[str, str]:
    """See where the project's own packages would be imported from, without importing them.

    Returns:
        File or folder of each package that was found, by its name.

    Raises:
        EnvironmentLacksError: The interpreter does not start, or a package comes from elsewhere than this tree.
    """
    tree_folder = _real(tree_folder)
    folder = project.folder(tree_folder)
    block = process_env(
        environment.folder,
        folder,
        project.import_roots,
        overlay=environment.overlay,
        bytecode=environment.bytecode,
        env=env,
    )
    command = Command(
        argv=(str(environment.python),), cwd=folder, env=block, readable=(tree_folder, environment.folder)
    )
    probe = await Probe.ask(command, {"find": project.packages}, runner)
    if not probe.is_whole:
        message = f"The interpreter of {environment.folder} does not start:\n{last_lines(probe.completed)}"
        raise EnvironmentLacksError(f"{message}\nDelete that folder and try again.")
    for name, place in probe.found.items():
        if place and not _real(Path(place)).is_relative_to(tree_folder):
            raise EnvironmentLacksError(
                f"Package {name} would be imported from {place}, not from the tree that is judged. "
                f"Something installed in {environment.folder} claims that name: rename it or remove that dependency."
            )
    return {name: place for name, place in probe.found.items() if place}
