# tests/tools/test_shell_escapes.py — attempts to get out of the shell tool; none succeeds
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell_place import CANARY, git, make_place, make_project, make_shell, sandbox

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.shell import ShellPolicy, ShellTools
from python_coder.tools.serena.workplace import Workplace

REFUSED = {
    "pipe": "pytest tests | tee out.txt",
    "pipe-without-spaces": "pytest tests|tee out.txt",
    "chain": "pytest; cat /etc/passwd",
    "chain-and": "ruff check . && cat /etc/passwd",
    "chain-or": "ruff check . || cat /etc/passwd",
    "background": "pytest &",
    "redirection": "git log > /tmp/log",
    "line-break": "git status\ncat /etc/passwd",
    "carriage-return": "git status\rcat /etc/passwd",
    "nul": "git status\0cat /etc/passwd",
    "substitution": "pytest $(cat /etc/passwd)",
    "substitution-in-quotes": 'pytest "$(cat /etc/passwd)"',
    "backticks": "pytest `cat /etc/passwd`",
    "process-substitution": "pytest <(cat /etc/passwd)",
    "assignment": "PYTHONSTARTUP=evil.py pytest",
    "git-variable": "GIT_EXTERNAL_DIFF=evil git diff",
    "env": "env PYTHONPATH=/tmp pytest",
    "shell": "bash -c 'cat /etc/passwd'",
    "shell-by-uv": "uv run bash -c 'cat /etc/passwd'",
    "shell-flag": "sh",
    "absolute-program": "/bin/cat /etc/passwd",
    "absolute-allowed-name": "/tmp/evil/pytest",
    "relative-program": "./evil.sh",
    "program-up": "../evil/ruff check .",
    "absolute-by-uv": "uv run /bin/cat /etc/passwd",
    "python-plain": "python -c 'print(1)'",
    "python-module": "python -m http.server",
    "curl": "curl http://127.0.0.1",
    "sudo": "sudo pytest",
    "empty": "",
    "unbalanced": "pytest 'tests",
    "uv-install": "uv pip install evil",
    "uv-add": "uv add evil",
    "uv-with": "uv run --with evil pytest",
    "uv-python": "uv run --python /tmp/evil pytest",
    "uv-env-file": "uv run --env-file .env pytest",
    "uv-directory": "uv run --directory / pytest",
    "docker": "docker compose run --privileged app sh",
    "git-config": "git -c core.pager='cat /etc/passwd' log",
    "git-alias": "git -c alias.x='!cat /etc/passwd' x",
    "git-folder": "git -C / status",
    "git-dir": "git --git-dir=/tmp/evil status",
    "git-exec-path": "git --exec-path=/tmp/evil status",
    "git-paginate": "git -p log",
    "git-output": "git diff --output=/tmp/out",
    "git-output-shortened": "git diff --outp=.git/hooks/pre-commit",
    "git-ext-diff": "git diff --ext-diff",
    "git-ext-diff-shortened": "git log -p --ext-d",
    "git-textconv": "git show --textconv HEAD:shop.py",
    "git-no-index": "git diff --no-index /etc/passwd shop.py",
    "git-grep-pager": "git grep --open-files-in-pager=sh x",
    "git-grep-pager-short": "git grep -Osh x",
    "git-blame-contents": "git blame --contents /etc/passwd shop.py",
    "git-commit": "git commit -m x",
    "git-fetch": "git fetch --upload-pack=evil origin",
    "git-clone": "git clone --upload-pack evil . x",
    "git-archive": "git archive --remote=. --exec=evil HEAD",
    "git-config-write": "git config core.hooksPath /tmp/evil",
    "git-branch-make": "git branch evil",
    "git-branch-delete": "git branch -D main",
    "git-tag-make": "git tag evil",
    "git-remote-add": "git remote add evil /tmp",
    "git-stash": "git stash",
    "git-worktree-add": "git worktree add /tmp/evil",
    "git-reflog-expire": "git reflog expire --all",
    "git-checkout": "git checkout -f HEAD~1",
    "git-hook": "git hook run pre-commit",
    "git-difftool": "git difftool -x evil",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    folder = tmp_path_factory.mktemp("escapes")
    (folder / "scratch").mkdir()
    return make_place(make_project(folder), folder / "scratch", sandbox())


@pytest.fixture
def tools(place: Workplace) -> ShellTools:
    return make_shell(place)[0]


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who connected to it."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        is_done = threading.Event()

        def accept() -> None:
            while not is_done.is_set():
                try:
                    connection, who = server.accept()
                except TimeoutError:
                    continue
                connection.close()
                came.append(who)

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], came
        is_done.set()
        thread.join()


@pytest.mark.parametrize("command", REFUSED.values(), ids=REFUSED)
async def test_refuses_before_anything_starts(tools: ShellTools, command: str) -> None:
    with pytest.raises(ToolRefusedError, match=r"\.$|…"):
        await tools.execute_shell_command(command)


async def test_shell_is_closed_unless_the_user_opened_it(tools: ShellTools) -> None:
    with pytest.raises(ToolRefusedError, match="--allow-shell"):
        await tools.execute_shell_command("echo hi", shell=True)


@pytest.mark.parametrize(
    "target", ["outside/secret.txt", "home", "shadow", ".env"], ids=["beside", "home", "shadow", "ignored-secrets"]
)
async def test_nothing_secret_can_be_read(tools: ShellTools, place: Workplace, target: str) -> None:
    if place.runner.sandbox == "landlock" and target == ".env":
        pytest.skip("only bubblewrap can hide one file of a folder: apt-get install bubblewrap")
    path = {
        "outside/secret.txt": place.root.parent / "outside" / "secret.txt",
        "home": Path.home() / ".bashrc",
        "shadow": Path("/etc/shadow"),
        ".env": place.root / ".env",
    }[target]
    code = f"print(open({str(path)!r}).read()[::-1], 'was-read')"
    answer = await tools.execute_shell_command(f'uv run python -c "{code}"')
    assert CANARY[::-1] not in answer
    assert "Error" in answer or answer.endswith("\n was-read\n")


async def test_link_to_the_outside_leads_nowhere(tools: ShellTools, place: Workplace) -> None:
    link = place.root / "linked.txt"
    link.symlink_to(place.root.parent / "outside" / "secret.txt")
    try:
        answer = await tools.execute_shell_command("uv run python -c \"print(open('linked.txt').read())\"")
    finally:
        link.unlink()
    assert CANARY not in answer
    assert "Error" in answer


@pytest.mark.parametrize("cwd", ["..", "/", "tests/../..", "linked"])
async def test_working_folder_stays_inside(tools: ShellTools, place: Workplace, cwd: str) -> None:
    (place.root / "linked").symlink_to(place.root.parent / "outside")
    try:
        with pytest.raises(ToolRefusedError, match="no folder of the project"):
            await tools.execute_shell_command("git status", cwd=cwd)
    finally:
        (place.root / "linked").unlink()


async def test_tests_cannot_write_outside_nor_to_git(tools: ShellTools, place: Workplace) -> None:
    evil = place.root / "conftest.py"
    outside = place.root.parent / "outside" / "written"
    hook, config = place.root / ".git/hooks/pre-commit", place.root / ".git/config"
    before = config.read_bytes()
    evil.write_text(
        "import os, pathlib, contextlib\n"
        f"for path in ({str(outside)!r}, {str(hook)!r}, {str(config)!r}, {str(Path.home() / 'written')!r}):\n"
        "    with contextlib.suppress(OSError):\n"
        "        pathlib.Path(path).open('a').write('evil')\n"
        "with contextlib.suppress(OSError):\n"
        f"    os.rename({str(place.root / '.git')!r}, {str(place.root / 'old')!r})\n"
    )
    try:
        answer = await tools.execute_shell_command("pytest tests -q")
    finally:
        evil.unlink()
    assert answer.startswith("exit status 0\n"), answer
    assert not outside.exists()
    assert not hook.exists()
    assert config.read_bytes() == before
    assert not (Path.home() / "written").exists()


async def test_plugin_from_elsewhere_is_not_found(tools: ShellTools, place: Workplace) -> None:
    (place.root.parent / "outside" / "evil_plugin.py").write_text("print('evil-ran')\n")
    answer = await tools.execute_shell_command(f"pytest -p evil_plugin -c {place.root.parent}/outside/x.ini tests")
    assert not answer.startswith("exit status 0")
    assert "evil-ran" not in answer


async def test_ruff_settings_from_elsewhere_are_not_seen(tools: ShellTools, place: Workplace) -> None:
    answer = await tools.execute_shell_command(f"ruff check --config {place.root.parent}/outside/secret.txt .")
    assert CANARY not in answer
    assert not answer.startswith("exit status 0")


async def test_network_is_out_of_reach(tools: ShellTools, listener: tuple[int, list[object]]) -> None:
    port, came = listener
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=3)"
    answer = await tools.execute_shell_command(f'uv run python -c "{code}"')
    assert "Error" in answer
    assert came == []


async def test_environment_of_the_server_stays_out(tools: ShellTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "evil")
    answer = await tools.execute_shell_command('uv run python -c "import os; print(dict(os.environ))"')
    assert CANARY not in answer
    assert "GIT_EXTERNAL_DIFF" not in answer


async def test_a_project_s_git_settings_start_nothing(tools: ShellTools, place: Workplace) -> None:
    marker = place.root / "started"
    for name in ("core.fsmonitor", "diff.external", "core.pager", "diff.evil.textconv", "alias.status"):
        git(place.root, "config", name, f"!touch {marker}" if "alias" in name else f"touch {marker};true")
    (place.root / ".gitattributes").write_text("*.py diff=evil\n")
    (place.root / "shop.py").write_text("def price() -> int:\n    return 4\n")
    try:
        for command in ("git status", "git diff", "git log -p", "git show HEAD", "git blame shop.py"):
            answer = await tools.execute_shell_command(command)
            assert answer.startswith("exit status 0\n"), answer
        assert not marker.exists()
    finally:
        for name in ("core.fsmonitor", "diff.external", "core.pager", "diff.evil.textconv", "alias.status"):
            git(place.root, "config", "--unset", name)
        (place.root / ".gitattributes").unlink()
        git(place.root, "restore", ".")


async def test_worktree_is_seen_by_git_and_its_pointer_kept(tools: ShellTools, place: Workplace) -> None:
    worktree = place.root.parent / "worktree"
    git(place.root, "worktree", "add", "--quiet", "--detach", str(worktree))
    inner, _ = make_shell(make_place(worktree, place.scratch, place.runner))
    answer = await inner.execute_shell_command("git status --short")
    assert answer.startswith("exit status 0\n")
    assert "tests" not in answer
    code = "open('.git', 'w').write('gitdir: evil')"
    await inner.execute_shell_command(f'uv run python -c "{code}"')
    await inner.execute_shell_command("uv run python -c \"import os; os.rename('.git', 'old')\"")
    assert git(worktree, "status", "--short") == ""


async def test_project_below_the_top_cannot_write_above(tools: ShellTools, place: Workplace) -> None:
    below, _ = make_shell(make_place(place.root / "tests", place.scratch, place.runner))
    code = "import os; print(os.listdir('..')); open('../evil', 'w')"
    answer = await below.execute_shell_command(f'uv run python -c "{code}"')
    assert "shop.py" in answer
    assert "Error" in answer
    assert not (place.root / "evil").exists()
    assert (await below.execute_shell_command("git log --oneline")).startswith("exit status 0")


async def test_time_out_ends_the_whole_tree(tools: ShellTools) -> None:
    code = (
        "import subprocess, time; "
        "subprocess.Popen(['sleep', '61.7317'], start_new_session=True); "
        "subprocess.Popen('trap \\\"\\\" TERM HUP; sleep 61.7317', shell=True); time.sleep(60)"
    )
    began = time.monotonic()
    answer = await tools.execute_shell_command(f'uv run python -c "{code}"', timeout_seconds=1)
    assert answer.startswith("exit status 124\ntimed out after 1 s")
    assert time.monotonic() - began < 15
    assert "61.7317" not in _processes()


async def test_what_is_left_in_the_background_is_ended(tools: ShellTools) -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '62.9173'], start_new_session=True)"
    answer = await tools.execute_shell_command(f'uv run python -c "{code}"')
    assert answer.startswith("exit status 0")
    assert "62.9173" not in _processes()


async def test_flood_of_output_is_cut(tools: ShellTools) -> None:
    code = "import sys; [sys.stdout.write('x' * 1_000_000) for _ in range(20)]; print('the end')"
    answer = await tools.execute_shell_command(f'uv run python -c "{code}"', max_answer_chars=5_000)
    assert len(answer) < 5_300
    assert "left out" in answer


@pytest.mark.parametrize(
    ("script", "status"), [("false | true", 1), ("cat /etc/shadow | head -1", 1), ("echo a | cat", 0)]
)
async def test_open_shell_keeps_a_pipeline_s_failure(place: Workplace, script: str, status: int) -> None:
    tools, _ = make_shell(place, ShellPolicy(has_shell=True))
    answer = await tools.execute_shell_command(script, shell=True)
    assert answer.startswith(f"exit status {status}\n")


def _processes() -> str:
    """Command lines of all that runs."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lines.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)
