# src/python_coder/settings.py — the one frozen settings object, read at the edges
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where python-coder keeps its things on this machine. Built at the edge; inner code gets plain values."""

    state_folder: Path
    """Holds `runs/`, one folder a run. `PYTHON_CODER_STATE`, else the user's state folder."""
    cache_folder: Path
    """Holds project environments and tool caches; safe to delete. `PYTHON_CODER_CACHE`, else the user's cache."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Creates nothing on disk."""
        env = os.environ if environ is None else environ
        home = Path(env.get("HOME") or Path.home())
        state = env.get("PYTHON_CODER_STATE") or Path(
            env.get("XDG_STATE_HOME") or home / ".local/state", "python-coder"
        )
        cache = env.get("PYTHON_CODER_CACHE") or Path(env.get("XDG_CACHE_HOME") or home / ".cache", "python-coder")
        return cls(state_folder=Path(state).absolute(), cache_folder=Path(cache).absolute())

    @property
    def runs_folder(self) -> Path:
        """One folder a run, named by the run's id."""
        return self.state_folder / "runs"
