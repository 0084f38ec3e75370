# src/python_coder/settings.py — the one frozen settings object, read at the edges
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import UsageError

LARGE_SEARCH_FILES = 2_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where python-coder keeps its things on this machine. Built at the edge; inner code gets plain values."""

    state_folder: Path
    """Holds `runs/`, one folder a run. `PYTHON_CODER_STATE`, else the user's state folder."""
    cache_folder: Path
    """Holds project environments and tool caches; safe to delete. `PYTHON_CODER_CACHE`, else the user's cache."""

    config_folder: Path | None = None
    """Holds the user's `agents/` and `policy.toml`. `PYTHON_CODER_CONFIG`, else the user's config folder; `None` reads
    neither."""

    large_search_files: int = LARGE_SEARCH_FILES
    """A search over more files closes the tools that write until it ends. `PYTHON_CODER_LARGE_SEARCH_FILES`."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Creates nothing on disk.

        Raises:
            UsageError: A number is none.
        """
        env = os.environ if environ is None else environ
        home = Path(env.get("HOME") or Path.home())
        state = env.get("PYTHON_CODER_STATE") or Path(
            env.get("XDG_STATE_HOME") or home / ".local/state", "python-coder"
        )
        cache = env.get("PYTHON_CODER_CACHE") or Path(env.get("XDG_CACHE_HOME") or home / ".cache", "python-coder")
        config = env.get("PYTHON_CODER_CONFIG") or Path(env.get("XDG_CONFIG_HOME") or home / ".config", "python-coder")
        large = env.get("PYTHON_CODER_LARGE_SEARCH_FILES") or str(LARGE_SEARCH_FILES)
        if not large.isdecimal():
            raise UsageError(f"PYTHON_CODER_LARGE_SEARCH_FILES is {large!r}. Set a number of files, such as 2000.")
        return cls(
            state_folder=Path(state).absolute(),
            cache_folder=Path(cache).absolute(),
            config_folder=Path(config).absolute(),
            large_search_files=int(large),
        )

    @property
    def runs_folder(self) -> Path:
        """One folder a run, named by the run's id."""
        return self.state_folder / "runs"
