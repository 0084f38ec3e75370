# tests/workspace/test_programs.py — interpreters start wherever they are installed, and show nothing else on the way
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from sandboxes import CONFINED, runner_or_skip

from python_coder.workspace.commands import Command
from python_coder.workspace.programs import find_program
from python_coder.workspace.sandbox import SandboxMode
from python_coder.workspace.visible import visible_files


@pytest.mark.parametrize("field", ["readable", "writable"])
def test_planted_interpreter_shows_nothing_outside(tmp_path: Path, field: str) -> None:
    secret = tmp_path / "secret/key"
    secret.parent.mkdir()
    secret.touch(mode=0o700)
    (tmp_path / "secret/pyvenv.cfg").touch()
    tree = tmp_path / "tree"
    (tree / ".venv/bin").mkdir(parents=True)
    (tree / ".venv/pyvenv.cfg").write_text(f"home = {secret.parent}\n")
    (tree / ".venv/bin/python").symlink_to(secret)
    command = Command(argv=(".venv/bin/python",), cwd=tree, **{field: (tree,)})
    assert not [place for place in visible_files(command, find_program(command)).mounts if "secret" in str(place)]


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
