# tests/workspace/test_processes.py — commands end in bounded time, leave nothing behind, and are reported as they were
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from sandboxes import ALL, run_python, runner_or_skip, running

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.sandbox import SandboxMode


@pytest.fixture(params=ALL)
def runner(request: pytest.FixtureRequest) -> CommandRunner:
    return runner_or_skip(request.param)


def children() -> list[str]:
    """Status lines of this process's children, ended ones included."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lines.append((folder / "stat").read_text())
    return [line for line in lines if line.rpartition(")")[2].split()[1] == str(os.getpid())]


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


EXITS = {
    "success": ("exit 0", 0),
    "failure": ("exit 7", 7),
    "one-is-no-set-up-failure": ("exit 1", 1),
    "not-found-inside": ("nonexistent-program", 127),
    "killed": ("kill -9 $$", 137),
    "terminated": ("kill -15 $$", 143),
    "no-default-time-out": ("exit 124", 124),
}


@pytest.mark.parametrize(("script", "code"), EXITS.values(), ids=EXITS)
async def test_exit_code_counts_as_the_shell_does(
    runner: CommandRunner, tmp_path: Path, script: str, code: int
) -> None:
    done = await runner.run(Command(argv=("sh", "-c", script), cwd=tmp_path))
    assert (done.exit_code, done.is_timed_out) == (code, False)


async def test_streams_are_kept_apart_and_digested(runner: CommandRunner, tmp_path: Path) -> None:
    done = await runner.run(Command(argv=("sh", "-c", "echo out; echo err >&2; printf '\\377'"), cwd=tmp_path))
    assert (done.stdout, done.stderr) == ("out\n\N{REPLACEMENT CHARACTER}", "err\n")
    other = await runner.run(Command(argv=("sh", "-c", "echo out; echo err2 >&2"), cwd=tmp_path))
    again = await runner.run(Command(argv=("sh", "-c", "echo out; echo err >&2; printf '\\377'"), cwd=tmp_path))
    assert done.output_digest == again.output_digest != other.output_digest


async def test_standard_input_is_empty(runner: CommandRunner, tmp_path: Path) -> None:
    done = await runner.run(Command(argv=("cat",), cwd=tmp_path, timeout_seconds=10))
    assert (done.exit_code, done.output) == (0, "")


async def test_environment_is_what_the_command_says(
    runner: CommandRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-user")
    done = await runner.run(Command(argv=("env",), cwd=tmp_path, env={"MINE": "a b\nc", "LANG": "C"}))
    names = {line.partition("=")[0] for line in done.stdout.splitlines() if "=" in line}
    assert names - {"PWD", "SHLVL", "_"} == {
        *("PATH", "HOME", "TMPDIR", "LANG", "MINE", "GIT_CONFIG_NOSYSTEM"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
    }
    assert "MINE=a b\nc" in done.stdout
    assert "LANG=C\n" in done.stdout


async def test_private_folders_are_writable_and_gone_afterwards(runner: CommandRunner, tmp_path: Path) -> None:
    script = "touch $HOME/a $TMPDIR/b && mkdir -p $XDG_CACHE_HOME/c $TMPDIR/d/e && chmod 0 $TMPDIR/d && echo $HOME"
    done = await runner.run(Command(argv=("sh", "-c", script), cwd=tmp_path))
    assert done.exit_code == 0, done.output
    assert not Path(done.stdout.strip()).parent.exists()


async def test_pipes_break_as_in_a_shell(runner: CommandRunner, tmp_path: Path) -> None:
    done = await runner.run(Command(argv=("bash", "-c", "yes | head -1; echo ${PIPESTATUS[0]}"), cwd=tmp_path))
    assert done.stdout == "y\n141\n"


async def test_flood_is_bounded_but_digested_whole(runner: CommandRunner) -> None:
    code = "import sys; sys.stdout.write('a' * 1000); sys.stdout.write('b' * 5_000_000); sys.stdout.write('c' * 1000)"
    done = await run_python(runner, code, max_output_bytes=3000)
    assert done.stdout == f"{'a' * 1000}{'b' * 500}\n[... 4999000 bytes not kept ...]\n{'b' * 500}{'c' * 1000}"
    assert len(done.output_digest) == 64


STUBBORN = {
    "sleeps": "time.sleep(60)",
    "ignores-sigterm": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    "closes-its-output": "os.close(1); os.close(2); time.sleep(60)",
    "floods": "\nwhile True: os.write(1, b'x' * 65536)",
    "has-a-child": "subprocess.run(['sleep', '60'])",
    "double-forks": "os.fork() or os.fork() or os.setsid(); time.sleep(60)",
    "daemonises": "os.fork() or (os.setsid(), os.fork(), os.close(0), os.close(1), os.close(2)); time.sleep(60)",
    "is-stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "stops-its-launcher": "\ntry: os.kill(os.getppid(), signal.SIGSTOP)\nexcept OSError: pass\ntime.sleep(60)",
}
IMPORTS = "import os, signal, subprocess, sys, time\n"


@pytest.mark.parametrize("code", STUBBORN.values(), ids=STUBBORN)
async def test_time_out_ends_everything(runner: CommandRunner, tmp_path: Path, code: str) -> None:
    started = time.monotonic()
    done = await run_python(runner, f"{IMPORTS}print('up', flush=True); {code}", tmp_path, timeout_seconds=0.5)
    assert (done.exit_code, done.is_timed_out) == (124, True)
    assert done.stdout[:2] == "up"
    assert time.monotonic() - started < 8
    assert not children()
    assert not running(str(tmp_path))


LEFTOVERS = {
    "holds-the-pipe": "subprocess.Popen(['sleep', '61.25'])",
    "new-session": "subprocess.Popen(['sleep', '61.25'], start_new_session=True)",
    "daemon": "os.fork() or (os.setsid(), os.fork() or (os.closerange(1, 3), os.execlp('sleep', 'sleep', '61.25')))",
}


@pytest.mark.parametrize("code", LEFTOVERS.values(), ids=LEFTOVERS)
async def test_command_that_ends_takes_its_background_along(runner: CommandRunner, code: str) -> None:
    started = time.monotonic()
    done = await run_python(runner, f"{IMPORTS}{code}\ntime.sleep(0.2)\nsys.exit(5)")
    assert (done.exit_code, done.is_timed_out) == (5, False)
    assert time.monotonic() - started < 8
    assert not running("sleep 61.25")


async def test_fork_bomb_ends_with_the_time_out(runner: CommandRunner, tmp_path: Path) -> None:
    # 500 at most, so that a failure of this test does not take the machine along.
    code = "\nfor _ in range(500):\n  if os.fork() == 0: os.setsid(); time.sleep(60)\ntime.sleep(60)"
    done = await run_python(runner, IMPORTS + code, tmp_path, timeout_seconds=0.8)
    assert done.is_timed_out
    assert not running(str(tmp_path))


async def test_cancelling_ends_the_tree(runner: CommandRunner, tmp_path: Path) -> None:
    code = f"{IMPORTS}os.fork() or os.setsid(); time.sleep(60)"
    task = asyncio.create_task(run_python(runner, code, tmp_path))
    await asyncio.sleep(0.6)
    assert running(str(tmp_path))
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # an impatient user
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running(str(tmp_path))
    assert not children()


async def test_level_cancellation_ends_the_tree(runner: CommandRunner, tmp_path: Path) -> None:
    with anyio.move_on_after(0.6) as scope:
        await run_python(runner, f"{IMPORTS}os.fork() or os.setsid(); time.sleep(60)", tmp_path)
    assert scope.cancelled_caught
    assert not running(str(tmp_path))


async def test_relative_working_folder(runner: CommandRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    done = await runner.run(Command(argv=("pwd",), cwd=Path("folder")))
    assert done.stdout == f"{tmp_path / 'folder'}\n"


async def test_several_run_at_once(runner: CommandRunner, tmp_path: Path) -> None:
    commands = [Command(argv=("sh", "-c", f"sleep 0.3; echo {n}"), cwd=tmp_path) for n in range(12)]
    done = await asyncio.gather(*map(runner.run, commands))
    assert [one.stdout for one in done] == [f"{n}\n" for n in range(12)]


async def test_no_descriptor_is_left_open(runner: CommandRunner, tmp_path: Path) -> None:
    await runner.run(Command(argv=("true",), cwd=tmp_path))
    before = open_descriptors()
    for _ in range(3):
        await runner.run(Command(argv=("true",), cwd=tmp_path))
    assert open_descriptors() == before


async def test_nothing_of_ours_is_open_inside(runner: CommandRunner) -> None:
    done = await run_python(runner, "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))")
    assert done.stdout.startswith("[0, 1, 2, 3]"), "3 is the listing itself"


MISSING = {
    "program": {"argv": ("no-such-program",)},
    "program-by-path": {"argv": ("/no/such/program",)},
    "not-executable": {"argv": ("/etc/passwd",)},
    "empty": {"argv": ()},
    "working-folder": {"argv": ("true",), "cwd": Path("/no/such/folder")},
    "nul-byte": {"argv": ("true",), "env": {"A": "x\0--bind\0/\0/"}},
}


@pytest.mark.parametrize("fields", MISSING.values(), ids=MISSING)
async def test_what_is_missing_is_named(runner: CommandRunner, tmp_path: Path, fields: dict[str, object]) -> None:
    with pytest.raises(EnvironmentLacksError):
        await runner.run(Command(**{"cwd": tmp_path, **fields}))


async def test_missing_interpreter_of_a_script_is_named(runner: CommandRunner, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    with pytest.raises(EnvironmentLacksError, match="/no/such/python"):
        await runner.run(Command(argv=("./script",), cwd=tmp_path))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("mode", ALL)
def test_nothing_outlives_the_parent(mode: SandboxMode, number: signal.Signals, tmp_path: Path) -> None:
    runner_or_skip(mode)
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, mode, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        assert parent.stdout.readline() == "started\n"
        parent.send_signal(number)
    deadline = time.monotonic() + 8
    while running(str(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


_PARENT = """
import asyncio, sys
from pathlib import Path
from python_coder.workspace.commands import Command
from python_coder.workspace.sandbox import make_runner
async def main():
    folder = Path(sys.argv[2])
    code = "import os, time; os.fork() or (os.setsid(), open('daemon', 'w')); time.sleep(60)"
    command = Command(argv=(sys.executable, "-c", code, str(folder)), cwd=folder, writable=(folder,))
    task = asyncio.create_task(make_runner(sys.argv[1]).run(command))
    while not (folder / "daemon").exists():
        await asyncio.sleep(0.05)
    print("started", flush=True)
    await task
asyncio.run(main())
"""
