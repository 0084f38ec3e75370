# src/python_coder/gates/known_good_facts.py — the project's variables, imports and test settings, as they were seen
import re
import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from python_coder.gates.error_signs import advice, last_error, read_signs
from python_coder.gates.known_good_bench import TrialBench
from python_coder.workspace.env_file import parse_env_file
from python_coder.workspace.environment import Probe
from python_coder.workspace.layout import is_searched, python_files
from python_coder.workspace.manifest import read_pyproject
from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import table

_DISTRIBUTIONS = ("pytest", "pytest-asyncio", "anyio", "mypy", "ruff", "bandit", "alembic")
_APP = re.compile(r"\bFastAPI\(")
_MOST_APPS = 5
_NEVER = 1_000_000


async def find_env(bench: TrialBench, tree_folder: Path, given: Mapping[str, str]) -> tuple[dict[str, str], Probe]:
    """The first block of variables under which the project imports, else the one under which most of it does.

    What the user gives wins over `[tool.python-coder.env]`; `.env.example` is used only where it helps, since it often
    names servers that the tests do not need.
    """
    declared = {**bench.project.declared_env, **given}
    blocks = [declared]
    if bench.project.env_example:
        example = parse_env_file(read_text(tree_folder / bench.project.env_example), declared)
        # An empty value there means "fill in", and would hide the default of a number or an address.
        blocks.append({**{name: value for name, value in example.items() if value}, **declared})
    question = {"find": bench.project.packages, "load": _modules(bench), "versions": _DISTRIBUTIONS}
    tried: list[tuple[int, dict[str, str], Probe]] = []
    for block in blocks:
        probe = await bench.ask(question, block)
        count = len(_errors(probe)) if probe.is_whole else _NEVER
        tried.append((count, block, probe))
        if count == 0:
            break
    _, block, probe = min(tried, key=lambda trial: trial[0])
    return block, probe


def import_error(probe: Probe) -> str:
    """Last line of the first error that stands in the way of importing the project; empty when it imports."""
    if not probe.is_whole:
        return last_error(probe.completed.stderr) or "the interpreter ended while it imported the project"
    return next(map(last_error, _errors(probe).values()), "")


def import_problems(bench: TrialBench, probe: Probe) -> tuple[str, ...]:
    """What stands in the way of importing and testing the project, one sentence each."""
    told = [
        f"{name} could not be installed on this machine ({reason}), so what needs it cannot run: "
        f"mend that, delete {bench.environment.folder.parent} and try again."
        for name, reason in (bench.environment.left_out or {}).items()
    ]
    if not probe.is_whole:
        reason = "it took too long" if probe.completed.is_timed_out else import_error(probe)
        told.append(f"Importing the project ended its interpreter ({reason}): mend what runs while it is imported.")
    for module, error in _errors(probe).items():
        reasons = advice(read_signs(error), f"Importing {module}", bench.environment.left_out or ())
        told += reasons or (
            f"{module} does not import ({last_error(error)}): mend it, or give what it lacks with --env-file FILE.",
        )
    if not probe.versions.get("pytest"):
        told.append(
            "pytest is not in the project's environment, so no test can run: add it to the project's development "
            "dependencies, such as with `uv add --dev pytest`."
        )
    if not bench.project.packages:
        told.append("No Python package or module of the project was found: look at its layout, or give --project DIR.")
    return tuple(told)


def _errors(probe: Probe) -> dict[str, str]:
    return {module: error for module, error in probe.errors.items() if error}


def _modules(bench: TrialBench) -> list[str]:
    """The project's packages, and the modules that make the application."""
    modules = list(bench.project.packages)
    apps: list[str] = []
    for root in bench.project.import_roots:
        place = (bench.root / root).resolve()
        for path in python_files(place):
            parts = path.relative_to(place).with_suffix("").parts
            if parts[0] in bench.project.packages and _APP.search(read_text(path)):
                apps.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    plain = [name for name in apps if not re.search(r"(?:^|[._])(?:tests?|conftest)(?:[._]|$)", name)]
    return list(dict.fromkeys([*modules, *plain[:_MOST_APPS]]))


def asyncio_mode(ini: Mapping[str, str], probe: Probe) -> str:
    """`auto` or `strict` where pytest-asyncio is installed, `anyio` where that alone is, else empty."""
    if probe.versions.get("pytest-asyncio"):
        option = re.search(r"--asyncio-mode[= ](\w+)", ini.get("addopts", ""))
        return option[1] if option else ini.get("asyncio_mode", "strict")
    return "anyio" if probe.versions.get("anyio") else ""


def turns_warnings_into_errors(ini: Mapping[str, str]) -> bool:
    """Whether the project's pytest settings raise warnings as errors."""
    filters = [line.strip() for line in ini.get("filterwarnings", "").splitlines()]
    words = shlex.split(ini.get("addopts", ""))
    given = [after for word, after in pairwise(words) if word in {"-W", "--pythonwarnings"}]
    given += [word[2:] for word in words if word.startswith("-W") and len(word) > 2]  # noqa: PLR2004 - the option itself
    return any(text == "error" or text.startswith("error:") for text in (*filters, *given))


def alembic_ini(root: Path) -> str:
    """Path of Alembic's settings relative to the project root; empty when the project has no migrations."""
    found = sorted(
        path for path in root.glob("**/alembic.ini") if all(map(is_searched, path.relative_to(root).parts[:-1]))
    )
    if found:
        return min(found, key=lambda path: len(path.parts)).relative_to(root).as_posix()
    return "pyproject.toml" if table(table(read_pyproject(root), "tool"), "alembic") else ""
