# src/python_coder/gates/known_good_tools.py — which ruff, mypy and bandit judge this repository
import asyncio
import configparser
import importlib.util
import re
import sys
import sysconfig
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.gates.known_good_bench import TrialBench
from python_coder.workspace.commands import Command
from python_coder.workspace.environment import Probe
from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import strings, table

_SETTINGS = {
    "ruff": (("ruff.toml", ""), (".ruff.toml", ""), ("pyproject.toml", "tool.ruff")),
    "mypy": (("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("pyproject.toml", "tool.mypy"), ("setup.cfg", "mypy")),
    "bandit": (("bandit.yaml", ""), (".bandit", ""), ("pyproject.toml", "tool.bandit")),
}
"""Files that configure each tool, in its own order, with the section that must be there."""
_OLDEST_RUFF = (0, 1, 6)


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
class Tools:
    """The checking tools of one repository; `None` for one that cannot run, and then `problems` says why."""

    ruff: ToolFact | None
    mypy: ToolFact | None
    bandit: ToolFact | None
    problems: tuple[str, ...]


async def find_tools(bench: TrialBench, probe: Probe) -> Tools:
    """Take the project's own tools where its environment has them and they can judge, else ours; start each once."""
    before = len(bench.commands)
    found = await asyncio.gather(*(_find_tool(name, bench, probe) for name in _SETTINGS))
    # They end in any order; on record they stand in one, so that two runs tell the same.
    bench.commands[before:] = sorted(bench.commands[before:], key=lambda record: record.argv)
    facts = {fact.name: fact for fact, _ in found if fact}
    problems = tuple(problem for _, problem in found if problem)
    return Tools(ruff=facts.get("ruff"), mypy=facts.get("mypy"), bandit=facts.get("bandit"), problems=problems)


async def _find_tool(name: str, bench: TrialBench, probe: Probe) -> tuple[ToolFact | None, str]:
    own = bench.environment.folder / "bin" / name
    is_own = _can_judge(name, probe.versions.get(name) or "") and own.exists()
    program = own if is_own else _ours(name)
    path, settings = _settings(name, bench.root, bench.folder / "tree")
    if name == "mypy" and (problem := await _missing_plugin(settings, bench, is_own=is_own)):
        return None, problem
    readable = (bench.environment.folder,) if is_own else (Path(sys.prefix), Path(sys.base_prefix))
    env = {"PATH": "/usr/bin:/bin", "HOME": str(bench.folder / "home"), "LANG": "C.UTF-8"}
    started = await bench.run(
        Command(argv=(str(program), "--version"), cwd=bench.folder, env=env, readable=readable, timeout_seconds=60)
    )
    version = re.search(r"\d+\.\d+[\w.]*", started.stdout)
    if started.exit_code != 0 or version is None:
        whose = "the project's environment" if is_own else "python-coder's installation"
        return None, f"{name} of {whose} does not start: install it anew."
    options = ("--python-executable", str(bench.environment.python)) if name == "mypy" and not is_own else ()
    return (
        ToolFact(
            name=name,
            argv=(str(program), *options),
            version=version[0],
            is_projects_own=is_own,
            config_path=path.relative_to(bench.folder / "tree").as_posix() if path else "",
        ),
        "",
    )


def _can_judge(name: str, version: str) -> bool:
    """Whether a version is there and knows what the gates ask it; an old ruff may format nothing at all."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    return bool(version) and not (name == "ruff" and numbers < _OLDEST_RUFF)


def _ours(name: str) -> Path:
    return Path(sysconfig.get_path("scripts"), name)


async def _missing_plugin(settings: Mapping[str, object], bench: TrialBench, *, is_own: bool) -> str:
    """Why mypy would stop at its start: it imports its plugins in the environment that it runs in itself."""
    plugins = settings.get("plugins")
    names = re.split(r"[,\s]+", plugins) if isinstance(plugins, str) else strings(settings, "plugins")
    tops = [
        name.partition(":")[0].partition(".")[0]
        for name in names
        if name and not name.partition(":")[0].endswith(".py")
    ]
    if not tops:
        return ""
    if is_own:
        probe = await bench.ask({"find": tops}, {})
        missing = [top for top in tops if not probe.found.get(top)]
    else:
        missing = [top for top in tops if importlib.util.find_spec(top) is None]
    if not missing:
        return ""
    where = "the project's environment" if is_own else "python-coder's mypy, as the project's environment has none"
    return (
        f"mypy's settings name the plugin {', '.join(missing)}, which is not there for {where}: "
        "add mypy and the plugin to the project's development dependencies."
    )


def mypy_targets(bench: TrialBench) -> tuple[str, ...]:
    """Where the project's own source lies, relative to the project root; empty when mypy's settings name targets."""
    _, settings = _settings("mypy", bench.root, bench.folder / "tree")
    if not {"files", "packages", "modules"}.isdisjoint(settings):
        return ()
    found: dict[str, None] = {}
    for root in bench.project.import_roots:
        for package in bench.project.packages:
            place = bench.root / root / package
            source = place if place.is_dir() else place.with_suffix(".py")
            if source.exists() and source.resolve().is_relative_to(bench.root.resolve()):
                found[source.relative_to(bench.root).as_posix()] = None
    return tuple(found)


def _settings(name: str, root: Path, top: Path) -> tuple[Path | None, Mapping[str, object]]:
    """The file that configures a tool, from the project's folder up to the git root, and what it says."""
    for folder in (root, *root.parents):
        if not folder.is_relative_to(top):
            break
        for file, section in _SETTINGS[name]:
            path = folder / file
            if path.is_file():
                values = _section(path, section)
                if values is not None:
                    return path, values
    return None, {}


def _section(path: Path, section: str) -> Mapping[str, object] | None:
    if not section:
        return {}
    text = read_text(path)
    try:
        if path.suffix == ".toml":
            values: Mapping[str, object] = tomllib.loads(text)
            for key in section.split("."):
                values = table(values, key)
            return values or None
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
    except (tomllib.TOMLDecodeError, configparser.Error):
        return None
    return dict(parser.items(section)) if parser.has_section(section) else None
