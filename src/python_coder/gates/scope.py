# src/python_coder/gates/scope.py — gate `scope`: the change touches what its plan names, and nothing that never belongs
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.scope_rule import WIDEN_TOOL, ScopeRule, in_scope
from python_coder.workspace.changes import ChangedFile
from python_coder.workspace.files import SYMLINK

MOST_BYTES = 1_000_000
_SECRET = re.compile(
    r"(^|/)(\.env(\.(?!example$|sample$|template$|dist$)[\w-]+)?|[^/]*\.(pem|key|p12|pfx|jks|keystore|kdbx)|id_(rsa|dsa|ecdsa|ed25519)"
    r"|\.netrc|\.pypirc|\.htpasswd|credentials(\.json)?|secrets?\.(json|ya?ml|toml)|service[-_]account[^/]*\.json)$"
)
_JUNK = re.compile(
    r"(^|/)(__pycache__|\.venv|venv|node_modules|\.mypy_cache|\.ruff_cache|\.pytest_cache|\.tox|\.nox|htmlcov|\.idea"
    r"|\.hypothesis|site-packages|[^/]+\.egg-info)/|\.(pyc|pyo|so|dll|dylib|exe|whl|orig|rej|swp)$|(^|/)(\.coverage(\.[^/]*)?|\.DS_Store|\.testmondata)$"
)
_LOCKS = {
    "uv.lock": ("pyproject.toml",),
    "poetry.lock": ("pyproject.toml",),
    "pdm.lock": ("pyproject.toml",),
    "Pipfile.lock": ("Pipfile",),
    "package-lock.json": ("package.json",),
}

_OUTSIDE = (
    "the plan does not name this path; put it back as it was or, if the task needs it, have the scope widened with "
    f"{WIDEN_TOOL}"
)


@dataclass(frozen=True)
class ScopeGate:
    """The paths of a change: inside the plan, and free of secrets, junk, huge files and links that lead outside."""

    name: str = "scope"

    async def check(self, context: GateContext) -> GateResult:
        """Look at every path that the change adds, modifies or deletes."""
        added = _added(context)
        findings = tuple(finding for file in context.change.files for finding in _findings(file, context, added))
        planned = "inside the plan" if context.scope is not None else "nobody planned which"
        planned += f", {len(added)} of them added to it later" if added else ""
        return judge(self.name, findings, f"{len(context.change.files)} paths changed, {planned}")


def _added(context: GateContext) -> frozenset[str]:
    """Changed paths that were added to the scope. The rule is asked again, whatever the record says."""
    changed = {path for file in context.change.files for path in (file.path, file.old_path)}
    if context.scope is None or not changed.intersection(context.widened):
        return frozenset()
    rule = ScopeRule(
        trees=context.trees, base_tree=context.change.base_tree, known_good=context.known_good, scope=context.scope
    )
    return frozenset(one.path for one in rule.weigh(context.widened) if one.sort and one.path in changed)


def _findings(file: ChangedFile, context: GateContext, added: frozenset[str]) -> Iterator[Finding]:
    for path in dict.fromkeys((file.path, file.old_path)):
        if context.scope is not None and not in_scope(path, context.scope) and path not in added:
            yield Finding(path=path, rule="out-of-scope", message=_OUTSIDE)
    if file.status == "deleted":
        return
    yield from _names(file)
    content = context.trees.read(context.change.tree, file.path) or b""
    if len(content) > MOST_BYTES and not _is_lock(file.path):
        message = f"it has {len(content):,} bytes; more than {MOST_BYTES:,} do not belong in a change"
        yield Finding(path=file.path, rule="huge-file", message=message)
    yield from _lock(file, context)
    yield from _link(file, context)


def _names(file: ChangedFile) -> Iterator[Finding]:
    """What the name alone gives away. A file that the base tracks under this name is the user's own decision."""
    severity = Severity.BLOCKING if file.status in {"added", "renamed"} else Severity.NOTE
    if _SECRET.search(file.path):
        message = "a file of this name holds secrets; do not track it"
        yield Finding(path=file.path, rule="secret-file", message=message, severity=severity)
    if _JUNK.search(file.path):
        message = "it is generated or vendored; do not track it"
        yield Finding(path=file.path, rule="generated-file", message=message, severity=severity)


def _is_lock(path: str) -> bool:
    return posixpath.basename(path) in _LOCKS


def _lock(file: ChangedFile, context: GateContext) -> Iterator[Finding]:
    folder, name = posixpath.split(file.path)
    manifests = _LOCKS.get(name, ())
    # A lock file may serve a workspace: then the manifests lie in folders below it.
    changed = (posixpath.split(other.path) for other in context.change.files)
    if manifests and not any(
        other in manifests and (not folder or f"{below}/".startswith(f"{folder}/")) for below, other in changed
    ):
        message = f"the lock file changed and no {manifests[0]} did; put the lock file back"
        yield Finding(path=file.path, rule="lock-without-manifest", message=message)


def _link(file: ChangedFile, context: GateContext) -> Iterator[Finding]:
    entry = context.trees.entries(context.change.tree).get(file.path)
    if entry is None or entry.mode != SYMLINK:
        return
    path = context.trees.folder(context.change.tree) / file.path
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), path.readlink().as_posix()))
    if target.startswith(("/", "../")) or target == "..":
        yield Finding(path=file.path, rule="link-outside", message=f"it links to {target}, outside the repository")
    elif file.is_python:
        message = f"it is a link to {target}; gates cannot read code through a link, so write the file itself"
        yield Finding(path=file.path, rule="linked-code", message=message)
    else:
        message = f"it is a link to {target}"
        yield Finding(path=file.path, rule="link", message=message, severity=Severity.NOTE)
