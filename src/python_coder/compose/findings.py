# src/python_coder/compose/findings.py — what the guard collects while it goes over a stack
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_coder.compose.naming import FOLDER_LABEL, OWNER_LABEL, folder_digest


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack is to run."""

    root: Path
    """The project's folder; mounts, build contexts and files come from inside it."""
    project: str
    """The Compose project's name; names of what the stack makes start with it."""
    is_local: bool = True
    """Whether the engine's folders are this machine's."""
    has_fixed_ports: bool = False
    """Whether the host ports that the file names are kept, on loopback all the same."""

    @property
    def labels(self) -> dict[str, str]:
        """What marks everything that is made there as ours."""
        return {OWNER_LABEL: self.project, FOLDER_LABEL: folder_digest(self.root)}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What must not run, and what was changed so that it may."""

    refusals: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def refuse(self, where: str, why: str) -> None:
        """Note what must not run."""
        self.refusals.append(f"{where}: {why}")

    def change(self, where: str, what: str) -> None:
        """Note what was rewritten."""
        self.changes.append(f"{where}: {what}")

    def keep_known(self, where: str, settings: dict[str, Any], known: frozenset[str]) -> None:
        """Refuse settings that are not known to be harmless; `x-…` means nothing to Compose and goes."""
        for key in [key for key in settings if key.startswith("x-")]:
            del settings[key]
        for key in sorted(settings.keys() - known):
            if settings[key] not in (None, "", False, [], {}):
                self.refuse(f"{where}.{key}", "not known to be harmless here. Leave it out")


def own_labels(written: Mapping[str, Any] | None, place: Place) -> dict[str, Any]:
    """Labels with ours, and without those by which Docker's own programs tell whose a thing is."""
    kept = {name: value for name, value in (written or {}).items() if not name.startswith("com.docker.")}
    return {**kept, **place.labels}


def plain(value: Any) -> str:
    """A text of the resolved model as it is meant: Compose writes one `$` as two."""
    return str(value).replace("$$", "$")
