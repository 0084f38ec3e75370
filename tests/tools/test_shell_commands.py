# tests/tools/test_shell_commands.py — what the shell tool runs, how, and what it answers
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from shell_place import git, make_place, make_project, make_shell, sandbox

from python_coder.errors import ToolRefusedError
from python_coder.gates.known_good import KnownGood, ToolFact
from python_coder.tools.serena.command_line import words_of
from python_coder.tools.serena.repository import find_repository
from python_coder.tools.serena.shell import ShellPolicy
from python_coder.tools.serena.workplace import Workplace, environment_of, project_workplace, run_workplace

WORDS = {
    "plain": ("pytest tests -x", ["pytest", "tests", "-x"]),
    "quotes": ("pytest -k 'a or b' \"c d\"", ["pytest", "-k", "a or b", "c d"]),
    "operators-in-quotes": ("pytest -k 'a | b; c > d & e'", ["pytest", "-k", "a | b; c > d & e"]),
    "operators-in-double-quotes": ('git log --grep "a|b;c"', ["git", "log", "--grep", "a|b;c"]),
    "escaped": (r"pytest a\|b c\ d", ["pytest", "a|b", "c d"]),
    "parameters": ("pytest 'tests/test_a.py::test_b[1-(x)]'", ["pytest", "tests/test_a.py::test_b[1-(x)]"]),
    "escaped-quote": (r'uv run python -c "print(\"a;b\")"', ["uv", "run", "python", "-c", 'print("a;b")']),
    "variable": ("pytest $HOME", ["pytest", "$HOME"]),
}
ARGV = {
    "pytest": ("pytest tests", ("{env}/bin/python", "-m", "pytest", "tests")),
    "by-uv": ("uv run pytest tests", ("{env}/bin/python", "-m", "pytest", "tests")),
    "by-uv-frozen": ("uv run --frozen --group dev -- pytest", ("{env}/bin/python", "-m", "pytest")),
    "by-uv-module": ("uv run -m pytest -q", ("{env}/bin/python", "-m", "pytest", "-q")),
    "by-python": ("python -m pytest -q", ("{env}/bin/python", "-m", "pytest", "-q")),
    "by-uv-and-python": ("uv run python -m mypy .", ("{env}/bin/python", "-m", "mypy", ".")),
    "script": ("uv run python --version", ("{env}/bin/python", "--version")),
    "git": ("git --no-pager log -1", ("git", "log", "--no-ext-diff", "--no-textconv", "-1")),
    "git-list": ("git branch -a", ("git", "branch", "-a")),
}
GIT_OPEN = (
    *("status --short", "log --oneline -3 --stat", "diff HEAD --text", "show HEAD:shop.py", "blame shop.py"),
    *("grep -n price", "ls-files --exclude-standard", "branch", "branch --list m*", "tag -l", "remote -v"),
    *("stash list", "worktree list", "rev-parse HEAD", "rev-list --count HEAD", "cat-file -p HEAD", "reflog"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    folder = tmp_path_factory.mktemp("commands")
    (folder / "scratch").mkdir()
    return make_place(make_project(folder), folder / "scratch", sandbox())


@pytest.mark.parametrize(("command", "words"), WORDS.values(), ids=WORDS)
def test_words_are_as_in_a_shell(command: str, words: list[str]) -> None:
    assert words_of(command) == words


@pytest.mark.parametrize(("command", "argv"), ARGV.values(), ids=ARGV)
async def test_each_form_runs_in_the_project_s_environment(
    place: Workplace, command: str, argv: tuple[str, ...]
) -> None:
    tools, seen = make_shell(replace(place, programs={}))
    await tools.execute_shell_command(command)
    assert seen[0].argv == argv


@pytest.mark.parametrize("command", GIT_OPEN)
async def test_git_that_reads_is_open(place: Workplace, command: str) -> None:
    tools, _ = make_shell(place)
    assert (await tools.execute_shell_command(f"git {command}")).startswith("exit status 0\n")


async def test_answer_has_status_output_and_errors(place: Workplace) -> None:
    tools, seen = make_shell(place)
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert await tools.execute_shell_command(f'uv run python -c "{code}"') == "exit status 3\nout\nerr\n"
    alone = await tools.execute_shell_command(f'uv run python -c "{code}"', capture_stderr=False)
    assert alone == "exit status 3\nout\n"
    assert [record.exit_code for record in seen] == [3, 3]


async def test_tests_run_and_the_tree_can_be_written(place: Workplace) -> None:
    tools, _ = make_shell(place)
    answer = await tools.execute_shell_command("pytest tests -p no:cacheprovider")
    assert "1 passed" in answer
    if place.runner.sandbox == "bwrap":
        await tools.execute_shell_command("uv run python -c \"open('made.txt', 'w').write('x')\"", cwd="tests")
        assert (place.root / "tests/made.txt").read_text() == "x"


async def test_more_programs_only_where_the_user_opened_them(place: Workplace) -> None:
    tools, _ = make_shell(place, ShellPolicy(programs=("ls",)))
    assert "shop.py" in await tools.execute_shell_command("ls")
    for command in ("cat shop.py", "/bin/ls", "uv run cat shop.py"):
        with pytest.raises(ToolRefusedError):
            await tools.execute_shell_command(command)


async def test_project_without_environment_says_what_to_do(place: Workplace) -> None:
    tools, _ = make_shell(replace(place, environment=None))
    with pytest.raises(ToolRefusedError, match="uv sync"):
        await tools.execute_shell_command("pytest")
    assert (await tools.execute_shell_command("ruff --version")).startswith("exit status 0\nruff ")


async def test_a_run_s_commands_are_the_ones_that_were_tried(place: Workplace) -> None:
    python = Path(sys.executable)
    ruff = ToolFact(name="ruff", argv=(str(python), "-m", "ruff"), version="1", is_projects_own=False)
    known = KnownGood(
        project_root=".",
        import_roots=(".",),
        packages=("shop",),
        python=python,
        environment=Path(sys.prefix),
        python_version="3",
        ruff=ruff,
    )
    ran = run_workplace(known, place.root, scratch=place.scratch, runner=place.runner, env=place.env)
    tools, seen = make_shell(ran)
    assert "1 passed" in await tools.execute_shell_command("uv run pytest tests")
    assert seen[0].argv == ("{env}/bin/python", "-m", "pytest", "tests")
    await tools.execute_shell_command("ruff --version")
    assert seen[1].argv == ("{env}/bin/python", "-m", "ruff", "--version")
    for command in ("uv run python -c 'print(\"12 passed\")'", "python -m this", "uv run python evil.py"):
        with pytest.raises(ToolRefusedError):
            await tools.execute_shell_command(command)


def test_environment_of_the_main_checkout_serves_its_worktrees(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    for folder in (root / ".venv", root / "linked"):
        folder.mkdir()
    (root / ".venv/pyvenv.cfg").write_text("")
    git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "worktree"))
    worktree = tmp_path / "worktree"
    repository = find_repository(worktree)
    assert environment_of(worktree, repository) == root / ".venv"
    place = project_workplace(worktree, repository, root / ".venv", scratch=tmp_path, runner=sandbox())
    assert place.env["PYTHONPATH"] == str(worktree)
    (root / ".venv").rename(root / "moved")
    (root / ".venv").symlink_to(root / "moved")
    assert environment_of(worktree, repository) is None
