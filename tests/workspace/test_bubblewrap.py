# tests/workspace/test_bubblewrap.py — what a command in bubblewrap sees, and that its interpreter is part of it
import asyncio
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from sandboxes import ALL, CONFINED, run_python, runner_or_skip, running

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.sandbox import SandboxMode
from python_coder.workspace.visible import find_program, visible_files


@pytest.fixture
def bwrap() -> CommandRunner:
    return runner_or_skip("bwrap")


async def shell(runner: CommandRunner, script: str, **fields: object) -> str:
    fields.setdefault("cwd", Path("/"))
    done = await runner.run(Command(argv=("sh", "-c", script), timeout_seconds=10, **fields))
    return done.output


async def test_sees_the_system_and_nothing_else(bwrap: CommandRunner) -> None:
    listed = (await shell(bwrap, "echo $(ls -A /); echo $(ls -A /dev /etc); echo $(ls -A /tmp)")).splitlines()
    assert not {"root", "home", "run", "var", "sys", "mnt", "opt", "srv"} & set(listed[0].split())
    assert not {"shadow", "ssh", "kmsg", "sda", "vda", "mem"} & set(listed[1].split())
    assert listed[2] == ".sandbox"


async def test_network_is_a_loopback_of_its_own(bwrap: CommandRunner) -> None:
    code = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
print([name for _, name in socket.if_nameindex() if name == "lo"])
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.strerror)
"""
    assert (await run_python(bwrap, code)).stdout == "['lo']\nNetwork is unreachable\n"


async def test_network_of_the_host_only_when_asked(bwrap: CommandRunner) -> None:
    code = "import os; print(os.readlink('/proc/self/ns/net'))"
    host = (await run_python(runner_or_skip("none"), code)).stdout
    assert (await run_python(bwrap, code)).stdout != host
    assert (await run_python(bwrap, code, has_network=True)).stdout == host


async def test_inner_rights_win(bwrap: CommandRunner, tmp_path: Path) -> None:
    for name in ("a/b/c/d", "e"):
        (tmp_path / name).mkdir(parents=True)
    paths = {"readable": (tmp_path / "a", tmp_path / "a/b/c"), "writable": (tmp_path / "a/b/c/d", tmp_path / "a/b")}
    script = "for f in a a/b a/b/c a/b/c/d; do touch $f/new 2>/dev/null && echo $f; done"
    assert await shell(bwrap, script, cwd=tmp_path / "e", **paths) == ""
    assert await shell(bwrap, f"cd {tmp_path}; {script}", **paths) == "a/b\na/b/c/d\n"
    assert await shell(bwrap, f"ls -A {tmp_path}", **paths) == "a\n", "a sibling shows"


async def test_folder_named_twice_is_writable(bwrap: CommandRunner, tmp_path: Path) -> None:
    assert await shell(bwrap, "touch new && echo yes", cwd=tmp_path, readable=(tmp_path,), writable=(tmp_path,)) == (
        "yes\n"
    )


async def test_working_folder_shows_but_is_not_writable(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert await shell(bwrap, "ls; touch new 2>/dev/null || echo no", cwd=tmp_path) == "file\nno\n"


async def test_links_work_by_both_names(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "real/folder").mkdir(parents=True)
    (tmp_path / "real/folder/file").write_text("content")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/first").symlink_to("../links/second")
    (tmp_path / "links/second").symlink_to(tmp_path / "real")
    link = tmp_path / "links/first/folder"
    script = f"cat {link}/file; cat {tmp_path}/real/folder/file; readlink {tmp_path}/links/first"
    expected = "contentcontent../links/second\n"
    assert await shell(bwrap, script, readable=(link,)) == expected
    assert await shell(bwrap, f"{script}; touch {link}/new", writable=(link,)) == expected
    assert (tmp_path / "real/folder/new").exists()
    assert await shell(bwrap, "pwd", cwd=link) == f"{link}\n"


async def test_file_alone_can_be_shown(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "shown").write_text("shown")
    (tmp_path / "hidden").write_text("hidden")
    output = await shell(bwrap, f"cat {tmp_path}/shown; ls {tmp_path}", readable=(tmp_path / "shown",))
    assert output == "shownshown\n"


async def test_readable_that_is_not_there_is_left_out(bwrap: CommandRunner, tmp_path: Path) -> None:
    assert await shell(bwrap, "echo fine", readable=(tmp_path / "missing",)) == "fine\n"


async def test_names_may_be_odd(bwrap: CommandRunner, tmp_path: Path) -> None:
    folder = tmp_path / "a b\n--bind \\ é\udcff"
    folder.mkdir()
    assert await shell(bwrap, "touch 'x y' && ls", cwd=folder, writable=(folder,)) == "x y\n"


BROAD = {name: Path(name) for name in ("/", "/etc", "/run", "/var/run", "/home", "/proc", "~")}


@pytest.mark.parametrize("path", BROAD.values(), ids=BROAD)
@pytest.mark.parametrize("field", ["readable", "writable"])
def test_what_is_too_broad_is_refused(path: Path, field: str) -> None:
    path = path.expanduser()
    if not path.exists():
        pytest.skip(f"{path} is not on this machine; make it to try")
    command = Command(argv=("true",), cwd=Path("/"), **{field: (path,)})
    with pytest.raises(EnvironmentLacksError, match="too broad"):
        visible_files(command, find_program(command))


def test_missing_writable_folder_is_named(tmp_path: Path) -> None:
    command = Command(argv=("true",), cwd=Path("/"), writable=(tmp_path / "missing",))
    with pytest.raises(EnvironmentLacksError, match="missing is not there"):
        visible_files(command, find_program(command))


PLANTED = {
    "writable": {"writable": ("tree", "tree/cache")},
    "readable": {"writable": ("tree",), "readable": ("tree/cache",)},
    "working-folder": {"writable": ("tree",), "cwd": "tree/cache"},
}


@pytest.mark.parametrize("fields", PLANTED.values(), ids=PLANTED)
def test_planted_link_does_not_lead_out(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/cache").symlink_to(tmp_path / "secret")
    absolute = {
        name: tmp_path / value if isinstance(value, str) else tuple(tmp_path / part for part in value)
        for name, value in fields.items()
    }
    command = Command(argv=("true",), **{"cwd": Path("/"), **absolute})
    with pytest.raises(EnvironmentLacksError, match="leads out of the writable"):
        visible_files(command, find_program(command))


def test_planted_interpreter_shows_nothing_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret/key"
    secret.parent.mkdir()
    secret.touch(mode=0o700)
    (tmp_path / "secret/pyvenv.cfg").touch()
    tree = tmp_path / "tree"
    (tree / ".venv/bin").mkdir(parents=True)
    (tree / ".venv/pyvenv.cfg").write_text(f"home = {secret.parent}\n")
    (tree / ".venv/bin/python").symlink_to(secret)
    command = Command(argv=(".venv/bin/python",), cwd=tree, writable=(tree,), readable=(tree / ".venv",))
    assert not [place for place in visible_files(command, find_program(command)).mounts if "secret" in str(place)]


@pytest.mark.parametrize("mode", ALL)
async def test_environment_is_not_on_a_command_line(mode: SandboxMode, tmp_path: Path) -> None:
    command = Command(argv=("sleep", "0.51"), cwd=tmp_path, env={"DATABASE_URL": "postgres://u:pass-word@h"})
    task = asyncio.create_task(runner_or_skip(mode).run(command))
    await asyncio.sleep(0.3)
    assert running("sleep 0.51")
    assert not running("pass-word")
    assert (await task).exit_code == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with an interpreter as uv installs it: a versioned folder, and links to it and its program."""
    home = tmp_path_factory.mktemp("home")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    installation = home / ".local/share/uv/python/cpython-3.99.1"
    (installation / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), installation / "bin" / version)
    (installation / "bin/python3").symlink_to(version)
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        installation / "lib" / version,
        ignore=shutil.ignore_patterns("test", "site-packages", "dist-packages", "config-*", "idlelib", "__pycache__"),
    )
    for library in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
        shutil.copy(library, installation / "lib")
    installation.with_name("cpython-3.99").symlink_to(installation.name)
    (home / ".local/bin").mkdir()
    (home / ".local/bin/python3.99").symlink_to(installation.with_name("cpython-3.99") / "bin/python3")
    (home / ".local/lib" / version / "site-packages").mkdir(parents=True)
    (home / ".secret").write_text("secret")
    for name, base in (("direct", installation / "bin/python3"), ("linked", home / ".local/bin/python3.99")):
        environment = home / "envs" / name
        (environment / "bin").mkdir(parents=True)
        (environment / "bin/python").symlink_to(base)
        (environment / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
        script = environment / "bin/tool"
        script.write_text(f"#!{environment}/bin/python\nimport sys, json\nprint(sys.prefix)\n")
        script.chmod(0o755)
    (home / "envs/copied/bin").mkdir(parents=True)
    shutil.copy(installation / "bin/python3", home / "envs/copied/bin/python")
    (home / "envs/copied/pyvenv.cfg").write_text(f"home = {installation}/bin\n")
    return home


_PREFIX = "import sys, json; print(sys.prefix)"
INTERPRETERS = {
    "installation": ((".local/share/uv/python/cpython-3.99.1/bin/python3", "-c", _PREFIX), {}, None),
    "linked-folder": ((".local/share/uv/python/cpython-3.99/bin/python3", "-c", _PREFIX), {}, None),
    "linked-program": ((".local/bin/python3.99", "-c", _PREFIX), {}, None),
    "environment": (("envs/direct/bin/python", "-c", _PREFIX), {}, "envs/direct"),
    "environment-over-links": (("envs/linked/bin/python", "-c", _PREFIX), {}, "envs/linked"),
    "copied-environment": (("envs/copied/bin/python", "-c", _PREFIX), {}, "envs/copied"),
    "script": (("envs/linked/bin/tool",), {}, "envs/linked"),
    "shell-and-path": (("/bin/sh", "-c", "exec tool"), {"readable": ("envs/linked",)}, "envs/linked"),
    "shell-in-writable": (("/bin/sh", "-c", "exec tool"), {"writable": ("envs/linked",)}, "envs/linked"),
}


@pytest.mark.parametrize("mode", CONFINED)
@pytest.mark.parametrize(("argv", "fields", "prefix"), INTERPRETERS.values(), ids=INTERPRETERS)
async def test_interpreters_outside_of_the_system_start(
    mode: SandboxMode, home: Path, argv: tuple[str, ...], fields: dict[str, tuple[str, ...]], prefix: str | None
) -> None:
    runner = runner_or_skip(mode)
    paths = {name: tuple(home / path for path in value) for name, value in fields.items()}
    done = await runner.run(
        Command(
            argv=(str(home / argv[0]), *argv[1:]),
            cwd=Path("/"),
            env={"PATH": f"{home}/envs/linked/bin:/usr/bin:/bin"},
            **paths,
        )
    )
    assert done.exit_code == 0, done.output
    if prefix is not None:
        assert done.stdout == f"{home / prefix}\n"
    hidden = await runner.run(Command(argv=("/bin/sh", "-c", f"cat {home}/.secret"), cwd=Path("/"), **paths))
    assert "secret\n" not in hidden.stdout
    assert hidden.exit_code == 1
