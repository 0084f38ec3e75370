# src/python_coder/gates/known_good.py — how this repository's tests, linters and types really run, found by trying
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ToolFact:
    """One checking tool as it runs on this repository."""

    name: str
    argv: tuple[str, ...]
    """The command's first words, absolute; a gate appends its own flags and paths."""
    version: str
    is_projects_own: bool
    """True when the project's environment ships it; false when python-coder's own copy is used."""
    config_path: str = ""
    """File that configures it, relative to the git root; empty when the project has none."""


@dataclass(frozen=True, kw_only=True)
class KnownGood:
    """Commands and settings that were tried on the base revision and seen to work."""

    project_root: str
    """Folder of the project's `pyproject.toml` or requirements, relative to the git root; `.` when it is the root."""
    import_roots: tuple[str, ...]
    """Folders put on the import path, relative to the project root, in order: such as `src`, `.`."""
    packages: tuple[str, ...]
    """Top-level packages and modules of the project's own source, such as `app`."""
    python: Path
    """Interpreter of the project's environment, absolute."""
    environment: Path
    """Folder of that environment; read-only for all project code."""
    python_version: str
    test_paths: tuple[str, ...] = ()
    """Folders or files that hold tests, relative to the project root."""
    pytest_version: str = ""
    """Empty when the project has no runnable pytest; then `problems` says why."""
    pytest_options: tuple[str, ...] = ()
    """Extra flags that made the suite run, found by trying."""
    asyncio_mode: str = ""
    warnings_as_errors: bool = False
    ruff: ToolFact | None = None
    mypy: ToolFact | None = None
    bandit: ToolFact | None = None
    alembic_ini: str = ""
    """Path relative to the project root; empty when there are no migrations."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables the project needs, with their working values. Secret: never written anywhere unredacted."""
    app_import_error: str = ""
    """Last line of the error if the project's packages do not import; empty when they do."""
    problems: tuple[str, ...] = ()
    """What could not be found or run, one sentence each, with what to do."""
