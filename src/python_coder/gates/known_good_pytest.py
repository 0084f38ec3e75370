# src/python_coder/gates/known_good_pytest.py — how the project's own pytest can be made to collect its tests
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.gates.error_signs import ErrorSigns, advice, last_error, read_signs
from python_coder.gates.known_good_bench import Collected, TrialBench
from python_coder.workspace.commands import CompletedCommand
from python_coder.workspace.layout import python_files

_MOST_ATTEMPTS = 8
_NO_TESTS = 5


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The settings under which pytest collects, and what had to be done for it."""

    options: tuple[str, ...] = ()
    import_roots: tuple[str, ...]
    problems: tuple[str, ...] = ()
    is_working: bool = False


async def find_collection(
    bench: TrialBench, ini: Mapping[str, str], plugins: Mapping[str, str], env: Mapping[str, str]
) -> Collection:
    """Collect the tests, with a little more help each time, until it works or nothing more helps.

    Args:
        bench: Where to try.
        ini: The project's pytest settings.
        plugins: Module of each installed pytest plugin, by its name.
        env: The project's variables.
    """
    trial = Collection(import_roots=bench.project.import_roots)
    paths = [path for path in bench.project.test_paths if (bench.root / path).exists()]
    for _ in range(_MOST_ATTEMPTS):
        collected = await bench.collect(*trial.options, *paths, env=env, import_roots=trial.import_roots)
        completed = collected.completed
        if completed.exit_code == 0 and collected.count:
            return replace(trial, is_working=True)
        if completed.exit_code == _NO_TESTS:
            message = (
                "The project has no tests: pytest collects none. Write one that runs, such as tests/test_health.py."
            )
            return replace(trial, is_working=True, problems=(*trial.problems, message))
        helped = _help(trial, collected, bench, ini, plugins)
        if helped is None:
            return _given_up(trial, completed, bench)
        trial = helped
    return _given_up(trial, completed, bench)


def _help(
    trial: Collection,
    collected: Collected,
    bench: TrialBench,
    ini: Mapping[str, str],
    plugins: Mapping[str, str],
) -> Collection | None:
    """The trial with one more remedy, or `None` when none is known that was not tried."""
    completed = collected.completed
    signs = read_signs(completed.output)
    candidates = (
        _without_options(trial, signs, ini),
        _with_import_root(trial, signs, bench.root),
        _by_importlib(trial, completed),
        _without_warning(trial, signs),
        _without_plugin(trial, completed, signs, plugins),
        _past_broken_files(trial, collected, signs),
    )
    return next((candidate for candidate in candidates if candidate not in (None, trial)), None)


def _without_options(trial: Collection, signs: ErrorSigns, ini: Mapping[str, str]) -> Collection | None:
    """Drop from `addopts` what a plugin that is not installed would understand."""
    unknown = {option.partition("=")[0] for option in signs.unknown_options}
    words = shlex.split(ini.get("addopts", ""))
    strict = {"--strict-config"} & set(words) if signs.unknown_settings else set()
    if not unknown | strict or any(option.startswith("addopts=") for option in trial.options):
        return None
    kept = [
        word for word in words if word.partition("=")[0] not in unknown | strict and word not in signs.unknown_options
    ]
    told = ", ".join(sorted({*signs.unknown_options, *signs.unknown_settings}))
    problem = (
        f"pytest's settings name {told}, which no installed plugin knows: the tests run without it. "
        "Add the plugin to the project's development dependencies."
    )
    return _more(trial, "-o", f"addopts={shlex.join(kept)}", problem=problem)


def _with_import_root(trial: Collection, signs: ErrorSigns, root: Path) -> Collection | None:
    """Put the folder on the import path that holds a module which was not found."""
    for name in signs.missing_modules:
        top = name.partition(".")[0]
        folders = {path.parent if path.stem == top else path.parent.parent for path in _homes(root, top)}
        for folder in sorted(folders, key=lambda place: len(place.parts)):
            relative = folder.relative_to(root).as_posix()
            if relative not in trial.import_roots and _may_be_root(folder, root):
                return replace(trial, import_roots=(*trial.import_roots, relative))
    return None


def _may_be_root(folder: Path, root: Path) -> bool:
    """Neither inside a package, where `redis.py` is not what `import redis` means, nor hiding the standard library."""
    if folder != root and (folder / "__init__.py").exists():
        return False
    return sys.stdlib_module_names.isdisjoint(path.stem for path in folder.iterdir())


def _homes(root: Path, name: str) -> list[Path]:
    files = python_files(root)
    return [path for path in files if path.stem == name or (path.parent.name == name and path.parent != root)]


def _by_importlib(trial: Collection, completed: CompletedCommand) -> Collection | None:
    """Test files of one name in several folders without `__init__.py` clash in pytest's default import mode."""
    if "import file mismatch" not in completed.output or "--import-mode=importlib" in trial.options:
        return None
    return _more(trial, "--import-mode=importlib")


def _without_warning(trial: Collection, signs: ErrorSigns) -> Collection | None:
    """Let one warning that is raised as an error be a warning again."""
    text = re.split(r"[:\"'\\]", signs.warning)[0].strip()
    if not text or f"default:{text}" in trial.options:
        return None
    problem = (
        f"The project turns warnings into errors, and collecting its tests gives one ({signs.warning[:120]}): "
        "it is shown as a warning here. Mend its cause, or add it to filterwarnings."
    )
    return _more(trial, "-W", f"default:{text}", problem=problem)


def _without_plugin(
    trial: Collection, completed: CompletedCommand, signs: ErrorSigns, plugins: Mapping[str, str]
) -> Collection | None:
    """Switch off the plugin whose code the error comes from."""
    frame = next((name for name in signs.installed_frames if name not in {"_pytest", "pluggy", "pytest"}), "")
    for plugin, module in plugins.items():
        if module.partition(".")[0] == frame and f"no:{plugin}" not in trial.options:
            problem = (
                f"The pytest plugin {plugin} breaks the collection of tests ({last_error(completed.output)}): it is "
                f"switched off. Update it, or add `-p no:{plugin}` to addopts."
            )
            return _more(trial, "-p", f"no:{plugin}", problem=problem)
    return None


def _past_broken_files(trial: Collection, collected: Collected, signs: ErrorSigns) -> Collection | None:
    """Run what can be collected when single files cannot."""
    option = "--continue-on-collection-errors"
    if option in trial.options or not signs.broken_files or not collected.count:
        return None
    files = ", ".join(signs.broken_files[:5])
    reason = last_error(collected.completed.output)
    problem = f"Tests in {files} cannot be collected ({reason}): mend them to have them judged."
    return replace(
        _more(trial, option, problem=problem),
        is_working=True,
        problems=(*trial.problems, problem, *advice(signs, "They")),
    )


def _more(trial: Collection, *options: str, problem: str = "") -> Collection:
    problems = (*trial.problems, *([problem] if problem else []))
    return replace(trial, options=(*trial.options, *options), problems=problems)


def _given_up(trial: Collection, completed: CompletedCommand, bench: TrialBench) -> Collection:
    if trial.is_working:
        return trial
    output = completed.output
    if completed.is_timed_out:
        message = "Collecting the tests took longer than 5 minutes: find out what hangs with `pytest --collect-only`."
        return _failed(bench, *trial.problems, message)
    told = advice(read_signs(output), "Collecting the tests", bench.environment.left_out or ())
    if not told:
        told = (f"pytest cannot collect the tests ({last_error(output)}): mend `pytest --collect-only` first.",)
    return _failed(bench, *trial.problems, *told)


def _failed(bench: TrialBench, *problems: str) -> Collection:
    """Nothing worked, so nothing that was tried is kept but what it told."""
    return Collection(import_roots=bench.project.import_roots, problems=problems)
