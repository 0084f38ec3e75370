# src/python_coder/workspace/poetry.py — Poetry's dependency tables and locks as plain requirement lines
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import strings, table

_FOREIGN = {"git", "directory", "file", "url"}
"""Sources of a locked package that is no release of an index."""
_CLAUSE = re.compile(r"^(?P<operator>\^|~(?!=)|)(?P<version>\d[\w.+!-]*)$")


def poetry_python(poetry: Mapping[str, object]) -> str:
    """The interpreters that `[tool.poetry.dependencies] python` allows, as PEP 440 says it."""
    dependencies = poetry.get("dependencies")
    python = dependencies.get("python") if isinstance(dependencies, dict) else None
    if not isinstance(python, str):
        return ""
    # A bare "3.11" means every 3.11 here, or no interpreter would ever be allowed.
    return re.sub(r"^==(\d+\.\d+)$", r"==\1.*", pep440(python))


def poetry_lines(dependencies: Mapping[str, object]) -> tuple[str, ...]:
    """One requirement line for each dependency that must be there; optional ones and folders are left out."""
    lines: list[str] = []
    for name, wanted in dependencies.items():
        if name.lower() != "python":
            for choice in wanted if isinstance(wanted, list) else [wanted]:
                lines.extend(_line(name, choice))
    return tuple(lines)


def _line(name: str, wanted: object) -> list[str]:
    if isinstance(wanted, str):
        return [f"{name}{_specifier(wanted)}"]
    if not isinstance(wanted, dict) or wanted.get("optional") or "path" in wanted:
        return []
    extras = f"[{','.join(strings(wanted, 'extras'))}]" if strings(wanted, "extras") else ""
    reference = next((f"@{wanted[key]}" for key in ("rev", "tag", "branch") if isinstance(wanted.get(key), str)), "")
    if isinstance(git := wanted.get("git"), str):
        line = f"{name}{extras} @ git+{git}{reference}"
    elif isinstance(url := wanted.get("url"), str):
        line = f"{name}{extras} @ {url}"
    else:
        line = f"{name}{extras}{_specifier(str(wanted.get('version') or '*'))}"
    markers = [f"({marker})"] if isinstance(marker := wanted.get("markers"), str) else []
    if isinstance(python := wanted.get("python"), str):
        markers += [_python_marker(clause) for clause in pep440(python).split(",") if clause]
    return [f"{line} ; {' and '.join(markers)}"] if markers else [line]


def _python_marker(clause: str) -> str:
    return re.sub(r"^([<>=!~]+)(\d+(?:\.\d+)?).*$", r'python_version \1 "\2"', clause.strip())


def _specifier(text: str) -> str:
    specifier = pep440(text)
    return f" {specifier}" if specifier else ""


def pep440(text: str) -> str:
    """A Poetry version constraint as PEP 440 specifiers; the widest one for an `||` of several.

    `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, a bare `1.2` is `==1.2`, `*` is empty.
    Source: Poetry documentation, "Dependency specification", version constraints.
    """
    choices = [choice for choice in re.split(r"\|\|?", text) if choice.strip()]
    if len(choices) > 1:
        lowest = pep440(choices[0]).split(",")
        return next((clause for clause in lowest if clause.startswith((">=", ">"))), "")
    clauses = re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^])", text.strip())
    return ",".join(filter(None, (_clause(re.sub(r"\s+", "", clause)) for clause in clauses)))


def _clause(clause: str) -> str:
    if clause in {"", "*"}:
        return ""
    match = _CLAUSE.match(clause)
    if match is None:
        return f"=={clause}" if re.match(r"\d[\d.]*\.\*$", clause) else clause
    version = match["version"]
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[a-zA-Z+-]", version)[0])]
    if match["operator"] == "":
        return f"=={version}"
    if match["operator"] == "~":
        keep = min(len(numbers), 2)
    else:
        keep = next((index + 1 for index, number in enumerate(numbers) if number), len(numbers))
    top = [*numbers[: keep - 1], numbers[keep - 1] + 1]
    return f">={version},<{'.'.join(map(str, top))}"


def locked_versions(lock: Path) -> tuple[str, ...]:
    """Constraint lines `name==version` of a `poetry.lock` or `pdm.lock`.

    A package that the lock holds in several versions, for several interpreters, is left to the resolver.
    """
    versions: dict[str, set[str]] = {}
    packages = tomllib.loads(read_text(lock)).get("package", [])
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, dict) and "path" not in package and table(package, "source").get("type") not in _FOREIGN:
            name, version = package.get("name"), package.get("version")
            if isinstance(name, str) and isinstance(version, str):
                versions.setdefault(canonicalize_name(name), set()).add(version)
    return tuple(f"{name}=={found.copy().pop()}" for name, found in sorted(versions.items()) if len(found) == 1)
