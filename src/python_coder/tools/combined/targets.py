# src/python_coder/tools/combined/targets.py — how a target of read_code is written
import re
from dataclasses import dataclass

from python_coder.tools.path_rules import refusal
from python_coder.tools.serena.sources import plain_path

_LINES = re.compile(r"(?P<path>[^:]+):(?P<first>\d+)(?:\s*[-–:]\s*(?P<last>\d*))?")
_NAMED = re.compile(r"(?P<path>[^:]+)::?(?P<name>[^:\d][^:]*)")
_FILE_NAME = re.compile(r"(?:.*/)?[^/]*\.(?:pyi?|md|rst|txt|toml|ya?ml|json|ini|cfg|sql|html|mako|sh|lock|example)")


@dataclass(frozen=True, kw_only=True)
class Target:
    """One piece of code that was asked for."""

    asked: str
    """As it was written."""
    path: str = ""
    """File or folder; empty when a name is looked for everywhere."""
    name: str = ""
    """Name path of a definition; empty for lines."""
    first: int = 1
    """1-based."""
    last: int = -1
    """Included; -1 for the end of the file."""
    is_whole: bool = False
    """Whether neither lines nor a name were given, so that it may be a file, a folder or a name."""

    @property
    def looks_like_a_path(self) -> bool:
        """Whether it can hardly be a name."""
        return "/" in self.path or _FILE_NAME.fullmatch(self.path) is not None or refusal(self.path) is not None


def read_target(text: str) -> Target:
    """What a target means: `path`, `path:10-60`, `path::Class.method`, or a name."""
    asked = text.strip().strip("`'\"")
    if found := _LINES.fullmatch(asked):
        first = int(found["first"])
        last = first if found["last"] is None else int(found["last"] or -1)
        return Target(asked=asked, path=plain_path(found["path"]), first=max(1, first), last=last)
    if found := _NAMED.fullmatch(asked):
        return Target(asked=asked, path=plain_path(found["path"]), name=found["name"].strip())
    return Target(asked=asked, path=plain_path(asked), name=asked, is_whole=True)
