# src/python_coder/gates/judge_files.py — files whose mere name gives them power over the judges
import posixpath
import re
import sys
from functools import cache
from pathlib import Path

from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import from_git_root

_CI = re.compile(
    r"^(\.github/(workflows|actions)/|\.gitlab-ci|\.circleci/|\.buildkite/|\.travis\.yml|azure-pipelines|Jenkinsfile"
    r"|bitbucket-pipelines|\.drone\.yml|\.woodpecker|\.ci/|appveyor\.yml|\.appveyor)"
)
_JUDGES = {
    *(
        ".pre-commit-config.yaml",
        ".pre-commit-config.yml",
        ".pre-commit-hooks.yaml",
        "noxfile.py",
        ".flake8",
        ".pylintrc",
    ),
    *("pylintrc", "pyrightconfig.json", ".isort.cfg", ".pydocstyle", ".importlinter", "codecov.yml", ".codecov.yml"),
    *("sonar-project.properties", "lefthook.yml", ".yamllint", ".hadolint.yaml", ".semgrepignore", ".coveragerc.toml"),
    *(
        ".gitattributes",
        "ty.toml",
        "pyrefly.toml",
        ".betterleaks.toml",
        ".gitleaks.toml",
        ".gitleaksignore",
        "tach.toml",
    ),
}
_RUNNERS = {"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml", "tasks.py"}
_STARTUP = {"sitecustomize.py", "usercustomize.py"}
_TOOL_NAMES = (
    "pytest _pytest py coverage mypy ruff bandit pluggy iniconfig hypothesis xdist pytest_asyncio pytest_cov anyio"
)
_TOOLS = frozenset(_TOOL_NAMES.split())
_TEST_WORDS = re.compile(
    r"^[+-]-?include\b|pytest|ruff|mypy|coverage|bandit|pip-audit|pre-commit|tox|nox|\btests?\b|\blint\b|\bcheck\b"
)

_CHECKERS = re.compile(r"\b(pytest|ruff|mypy|coverage|bandit|pip-audit|pre-commit|tox|nox|alembic check)\b")
_JUDGE_VARIABLE = re.compile(
    r"\b(PYTEST_(ADDOPTS|PLUGINS|DISABLE_PLUGIN_AUTOLOAD)|COVERAGE_(PROCESS_START|RCFILE|FILE)|MYPYPATH"
    r"|RUFF_\w+|PYTHONOPTIMIZE|PYTHONSTARTUP|PYTHONWARNINGS)\b\W{0,3}[=:]"
)


def is_ci(path: str) -> bool:
    """Whether a file tells a CI service what to run."""
    return bool(_CI.match(path))


def is_judge(path: str) -> bool:
    """Whether a file of this name configures a checker beside those that gates read."""
    return posixpath.basename(path) in _JUDGES


def is_runner(path: str) -> bool:
    """Whether a file holds commands that people run, tests among them."""
    return posixpath.basename(path) in _RUNNERS


def is_check_script(path: str) -> bool:
    """Whether a file is a script of commands, in which tests may be started."""
    folder, name = posixpath.split(path)
    is_plain = "." not in name and posixpath.basename(folder) in {"scripts", "bin", "script", "ci", "hooks"}
    return is_plain or name.endswith((".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd", ".mk"))


def starts_checks(patch: str) -> bool:
    """Whether the changed lines of a patch name a checker as a command."""
    return any(_CHECKERS.search(line) for line in _changed_lines(patch))


def sets_judges(path: str, patch: str) -> bool:
    """Whether a patch sets a variable by which checkers take options; words about them in documents do not count."""
    if path.endswith((".py", ".md", ".rst", ".adoc", ".html")):
        return False
    return any(line.startswith("+") and _JUDGE_VARIABLE.search(line) for line in _changed_lines(patch))


def hides_source(path: str, context: GateContext) -> bool:
    """Whether a file is a stub that a type checker would read in place of the source beside it."""
    return path.endswith(".pyi") and path.removesuffix("i") in context.trees.paths(context.judged_tree)


def speaks_of_tests(patch: str) -> bool:
    """Whether the changed lines of a patch speak of tests or checkers."""
    return any(_TEST_WORDS.search(line) for line in _changed_lines(patch))


def _changed_lines(patch: str) -> list[str]:
    return [line for line in patch.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]


def runs_at_start(path: str) -> bool:
    """Whether Python or pytest would load a file of this name by itself."""
    name = posixpath.basename(path)
    return name in _STARTUP or name.endswith(".pth") or ".egg-info/" in path or ".dist-info/" in path


def shadowed(path: str, context: GateContext) -> str:
    """The tool, standard module or installed package whose place a new file takes; empty when there is none."""
    if not path.endswith(".py"):
        return ""
    roots = [from_git_root(context.known_good, root) for root in context.known_good.import_roots]
    for root in roots:
        inside = path if root == "." else path.removeprefix(root + "/") if path.startswith(root + "/") else ""
        top = inside.split("/")[0].removesuffix(".py")
        if top and _is_taken(top, context) and not _was_there(root, top, context):
            return top
    # A test's own folder comes first on its import path.
    name = posixpath.basename(path).removesuffix(".py")
    return name if name in _TOOLS else ""


def _is_taken(name: str, context: GateContext) -> bool:
    return name in sys.stdlib_module_names or name in _TOOLS or name in _installed(context.known_good.environment)


def _was_there(root: str, top: str, context: GateContext) -> bool:
    start = top if root == "." else f"{root}/{top}"
    paths = context.trees.paths(context.change.base_tree)
    return any(path == f"{start}.py" or path.startswith(f"{start}/") for path in paths)


@cache
def _installed(environment: Path) -> frozenset[str]:
    folders = environment.glob("lib/python3*/site-packages")
    return frozenset(
        item.name.removesuffix(".py")
        for folder in folders
        for item in folder.iterdir()
        if item.suffix == ".py" or (item.is_dir() and (item / "__init__.py").exists())
    )
