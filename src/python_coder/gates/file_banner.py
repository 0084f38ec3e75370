# src/python_coder/gates/file_banner.py — gate: new Python files open with their path and purpose
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from python_coder.evidence.verdict import Finding, GateResult, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.ruff_run import covered_files
from python_coder.gates.tool_run import not_applicable
from python_coder.workspace.changes import ChangedFile

_BANNER = re.compile(r"^# (?P<path>\S.*?) — (?P<purpose>\S.*)$")
_CODING = re.compile(r"^#.*?coding[:=]")
_UNFINISHED = re.compile(r"^(TODO|FIXME|XXX|purpose$|<|[\W\d_]*\w?[\W\d_]*$)", re.IGNORECASE)
_LEAST_SHARE = 0.2
"""A base revision where no more files than this carry a banner does not use banners."""


@dataclass(frozen=True)
class FileBannerGate:
    """Demands `# path/to/file.py — purpose` as the first line of new files, and true paths where there was a banner.

    What the project's ruff configuration excludes, such as generated code, is not of the house's style.

    Source: the specification, "File banner".
    """

    name: str = "file-banner"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the first lines of one change's Python files."""
        changed = context.change.python_files
        if not changed:
            return not_applicable(self.name, "no Python file changed")
        house = _house(context)
        if house.total and house.with_banner <= house.total * _LEAST_SHARE:
            share = f"{house.with_banner} of {house.total}"
            return not_applicable(self.name, f"the base revision does not use file banners ({share} files)")
        covered, _ = await covered_files(context, [file.path for file in changed])
        judged = [file for file in changed if file.path in covered and _is_due(context, file, house)]
        if not judged:
            return not_applicable(self.name, "no new Python file of this house's style, and no changed banner")
        findings = tuple(finding for file in judged for finding in _findings(context, file, house))
        result = judge(self.name, findings, f"{len(judged)} Python files open with their path and purpose")
        return replace(result, facts={"files": len(judged)})


@dataclass(frozen=True, kw_only=True)
class _House:
    """How the repository itself writes banners."""

    total: int
    """Python files that have content."""
    with_banner: int
    roots: tuple[str, ...]
    """Folders that banner paths start from, relative to the git root, the most usual first."""
    has_bare_init: bool
    """Whether an empty `__init__.py` is usual."""


def _house(context: GateContext) -> _House:
    whole = context.change.base_tree == EMPTY_TREE
    tree = context.judged_tree if whole else context.change.base_tree
    root = context.known_good.project_root
    counts = {".": 0, root: 0}
    total, inits, bare = 0, 0, 0
    files = [path for path in context.trees.paths(tree) if path.endswith(".py")]
    for path, content in context.trees.read_all(tree, files).items():
        text = content.decode("utf-8-sig", errors="replace")
        is_init = posixpath.basename(path) == "__init__.py"
        inits += is_init
        bare += is_init and not text.strip()
        total += bool(text.strip())
        said = _banner(text)
        for folder in counts:
            counts[folder] += said is not None and said["path"] == posixpath.relpath(path, folder)
    used = tuple(sorted((folder for folder, count in counts.items() if count), key=lambda folder: -counts[folder]))
    most = max(counts.values())
    roots = used or tuple(counts)
    return _House(total=total, with_banner=most, roots=roots, has_bare_init=bool(bare) or not inits)


def _is_due(context: GateContext, file: ChangedFile, house: _House) -> bool:
    text = _text(context, context.judged_tree, file.path)
    if not text.strip() and posixpath.basename(file.path) == "__init__.py" and house.has_bare_init:
        return False
    if file.status == "added":
        return True
    before = _banner(_text(context, context.change.base_tree, file.old_path))
    return before is not None and before["path"] in _paths(file.old_path, house.roots)


def _findings(context: GateContext, file: ChangedFile, house: _House) -> Iterator[Finding]:
    text = _text(context, context.judged_tree, file.path)
    said = _banner(text)
    paths = _paths(file.path, house.roots)
    line = _first(text)[0]
    if said is None:
        yield Finding(path=file.path, line=line, rule="banner-missing", message=f"open with `# {paths[0]} — purpose`")
    elif said["path"] not in paths:
        message = f"the banner says `{said['path']}`; the file is `{paths[0]}`"
        yield Finding(path=file.path, line=line, rule="banner-stale", message=message)
    elif _UNFINISHED.match(said["purpose"]):
        message = f"`{said['purpose']}` is no purpose; say in a few words what the file is for"
        yield Finding(path=file.path, line=line, rule="banner-purpose", message=message)


def _paths(path: str, roots: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(posixpath.relpath(path, root) for root in roots)


def _banner(text: str) -> re.Match[str] | None:
    return _BANNER.match(_first(text)[1])


def _first(text: str) -> tuple[int, str]:
    """The first line that may be a banner, with its number: a shebang and a coding line go before it."""
    lines = text.splitlines() or [""]
    at = 0
    if lines[0].startswith("#!"):
        at = 1
    if at < len(lines) and _CODING.match(lines[at]):
        at += 1
    return (at + 1, lines[at].rstrip()) if at < len(lines) else (1, "")


def _text(context: GateContext, tree: str, path: str) -> str:
    return (context.trees.read(tree, path) or b"").decode("utf-8-sig", errors="replace")
