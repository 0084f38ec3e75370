# src/python_coder/workspace/visible.py — which files a sandboxed process gets to see
import functools
import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command

_MOST_LINKS = 40
_MOST_INTERPRETERS = 5
"""Both as many as the kernel follows."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")

# Not all of /etc: it holds keys, password hashes and mail or registry credentials.
_SYSTEM_FILES = tuple(
    f"/etc/{name}"
    for name in (
        "alternatives",
        "ca-certificates",
        "crypto-policies",
        "debian_version",
        "gai.conf",
        "group",
        "host.conf",
        "hosts",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "localtime",
        "mime.types",
        "nsswitch.conf",
        "os-release",
        "passwd",
        "pki/ca-trust",
        "pki/tls/cert.pem",
        "pki/tls/certs",
        "pki/tls/openssl.cnf",
        "protocols",
        "resolv.conf",
        "services",
        "ssl/cert.pem",
        "ssl/certs",
        "ssl/openssl.cnf",
        "timezone",
    )
)

SANDBOX_TMP = Path("/tmp")  # noqa: S108 - inside a sandbox, a fresh folder of its own
_ALWAYS_THERE = (Path("/"), SANDBOX_TMP)

# Shown whole, each of these would hand over sockets, secrets or everything.
_NEVER_WHOLE = {SANDBOX_TMP, *map(Path, ("/", "/dev", "/etc", "/home", "/proc", "/run", "/sys", "/var", "/var/run"))}


@dataclass
class Visible:
    """A view of the file system: folders and files by real path, and the symbolic links that lead to them."""

    mounts: dict[Path, Path] = field(default_factory=dict)
    """Where something is seen, to the real path of what is seen there."""
    writable: set[Path] = field(default_factory=set)
    """Those of `mounts` that may be written to."""
    links: dict[Path, str] = field(default_factory=dict)
    """Symbolic links outside of all mounts, to their targets as written."""

    def cover(self, path: Path) -> Path | None:
        """The innermost mount that shows `path`, a real path."""
        return next((place for place in (path, *path.parents) if place in self.mounts), None)

    def show(self, path: Path, *, is_writable: bool = False) -> None:
        """Make `path` and every link on the way to it visible, unless a mount shows it with the same right."""
        real, links = _trace(path)
        self.links.update(links)
        place = self.cover(real)
        if place is None or (place in self.writable) is not is_writable:
            self.mounts[real] = real
        if is_writable:
            self.writable.add(real)

    def show_if_hidden(self, path: Path) -> None:
        """Make `path` visible read-only, unless a mount shows it already, with whatever right."""
        real, links = _trace(path)
        self.links.update(links)
        if self.cover(real) is None:
            self.mounts[real] = real

    def outermost_first(self) -> list[tuple[Path, Path]]:
        """Place and source of each mount, in the order in which inner ones win over outer ones."""
        return sorted(self.mounts.items(), key=lambda mount: (len(mount[0].parts), mount[0]))

    def missing_links(self) -> list[tuple[Path, str]]:
        """The links that no mount brings along."""
        return sorted((link, target) for link, target in self.links.items() if self.cover(link) is None)


@functools.cache
def _system_files() -> Visible:
    """What every sandboxed process sees: programs, libraries, certificates, names. No home, no `/run`, no `/var`."""
    visible = Visible()
    for folder in map(Path, _SYSTEM_FOLDERS):
        if folder.exists():
            visible.show(folder)
    for file in map(Path, _SYSTEM_FILES):
        if file.exists():
            real, links = _trace(file)
            if visible.cover(real) is not None:
                visible.links.update(links)
            else:  # such as resolv.conf, which often points into /run
                visible.mounts[file.parent.resolve() / file.name] = real
    return visible


def visible_files(command: Command, program: Path) -> Visible:
    """What one command sees: the system, its own paths, and the installation of its interpreter.

    Args:
        command: What is to run.
        program: Absolute path of its program, as `find_program` gives it.

    Raises:
        EnvironmentLacksError: A writable folder or the working folder is not there, or a path is too broad to show.
    """
    visible = Visible(dict(_system_files().mounts), set(), dict(_system_files().links))
    wanted = [(_checked(path, "readable path", command), False) for path in command.readable if path.exists()]
    wanted += [(_checked(path, "writable folder", command), True) for path in command.writable]
    # Outer before inner, so that the inner one decides; a path that is named twice is writable.
    for path, is_writable in sorted(wanted, key=lambda entry: (len(entry[0].resolve().parts), entry[1])):
        visible.show(path, is_writable=is_writable)
    if command.cwd.resolve() not in _ALWAYS_THERE:
        visible.show_if_hidden(_checked(command.cwd, "working folder", command))
    show_program(visible, program)
    folders = [path / "bin" for path, _ in wanted] + [Path(part) for part in command.env.get("PATH", "").split(":")]
    for folder in folders:
        if folder.is_absolute() and visible.cover(folder.resolve()) is not None:
            show_program(visible, folder / "python")
    return visible


def show_program(visible: Visible, program: Path) -> None:
    """Make a program startable: itself, its virtual environment, its interpreter, and what they are installed in.

    A program inside a writable folder may have been planted there by an earlier command, as may the links and settings
    it consists of. So of what lies outside, it gets to see Python installations only.
    """
    for _ in range(_MOST_INTERPRETERS):
        if not program.is_file():
            return
        folder = program.parent.resolve()
        is_planted = not visible.writable.isdisjoint((folder, *folder.parents))
        if is_planted:
            visible.links.update(_trace(program)[1])
        else:
            visible.show_if_hidden(program)
        for environment in {hop.parent.parent for hop in _hops(program)}:
            if not is_planted and (environment / "pyvenv.cfg").is_file():
                visible.show_if_hidden(environment)
            for base in _bases(environment):
                visible.links.update(_trace(base)[1])
                _show_installation(visible, base.resolve())
        _show_installation(visible, program.resolve())
        interpreter = _shebang(program)
        if interpreter is None or is_planted:
            return
        program = interpreter


def find_program(command: Command) -> Path:
    """Absolute path of the command's program, looked up in the command's own PATH and folder.

    Raises:
        EnvironmentLacksError: The working folder, the program or the interpreter in its first line is not there.
    """
    _refuse_nul(command)
    name = command.argv[0] if command.argv else ""
    cwd = command.cwd.absolute()
    if not cwd.is_dir():
        raise EnvironmentLacksError(f"The working folder {cwd} is not there. Make it, or set the workspace up again.")
    if "/" in name:
        found = shutil.which(cwd / name)
    else:
        folders = command.env.get("PATH", SYSTEM_PATH).split(":")
        found = shutil.which(name, path=":".join(folder for folder in folders if folder.startswith("/")))
    if not name or found is None:
        raise EnvironmentLacksError(f"There is no program {name!r} to run in {cwd}. Install it, or name its full path.")
    interpreter = _shebang(Path(found))
    if interpreter is not None and not interpreter.exists():
        raise EnvironmentLacksError(
            f"{found} cannot start: the interpreter {interpreter} in its first line is not there. "
            "Make its environment again."
        )
    return Path(found)


def _refuse_nul(command: Command) -> None:
    """No word may hold the byte that separates the words of a sandbox's options: it could add some."""
    paths = (command.cwd, *command.readable, *command.writable, *command.relays.values())
    for word in (*command.argv, *command.env, *command.env.values(), *map(str, paths)):
        if "\0" in word:
            raise EnvironmentLacksError(f"A NUL byte in {word!r} cannot be handed to a process. Take it out.")


def _checked(path: Path, role: str, command: Command) -> Path:
    real = path.resolve()
    if not real.exists():
        raise EnvironmentLacksError(f"The {role} {path} is not there. Make it first, or set the workspace up again.")
    if real in _NEVER_WHOLE or _holds_home(real):
        raise EnvironmentLacksError(
            f"The {role} {path} is too broad for a sandbox: it would show the system's or your own secrets. "
            "Name a folder inside it."
        )
    # An earlier command may have put a link there.
    for folder in command.writable:
        if path.absolute().is_relative_to(folder.absolute()) and not real.is_relative_to(folder.resolve()):
            raise EnvironmentLacksError(f"The {role} {path} leads out of the writable {folder}, to {real}. Remove it.")
    return path


def _holds_home(path: Path) -> bool:
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    except KeyError:
        return False
    return home.exists() and home.is_relative_to(path)


def _trace(path: Path) -> tuple[Path, dict[Path, str]]:
    """Real path, and each symbolic link met on the way to it; a link's own folder is a real path."""
    links: dict[Path, str] = {}
    real = Path("/")
    ahead = list(reversed(path.absolute().parts))
    while ahead:
        part = ahead.pop()
        here = real.parent if part == ".." else real / part  # an absolute target starts again with its "/"
        if not here.is_symlink():
            real = here
        elif len(links) < _MOST_LINKS:
            links[here] = str(here.readlink())
            ahead.extend(reversed(here.readlink().parts))
        else:
            break
    return real, links


def _hops(program: Path) -> Iterator[Path]:
    """The program, and each file it points to through links, ending with the real one."""
    for _ in range(_MOST_LINKS):
        yield program
        if not program.is_symlink():
            return
        program = program.parent.resolve() / program.readlink()


def _bases(environment: Path) -> Iterator[Path]:
    """The interpreters of a virtual environment, if `environment` is one: its own, and the one it is made from."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    for base in (environment / "bin" / "python", Path(settings.get("home", "")) / "python3"):
        if base.is_absolute() and base.is_file():
            yield base


def _show_installation(visible: Visible, program: Path) -> None:
    """Show the folder that a Python interpreter is installed in, if `program` (a real path) is one."""
    prefix = program.parent.parent
    if visible.cover(prefix) is not None or not any(prefix.glob("lib*/python3*/os.py")):
        return
    parts = (program, *prefix.glob("lib*")) if prefix in _NEVER_WHOLE or _holds_home(prefix) else (prefix,)
    for part in parts:
        visible.show_if_hidden(part)


def _shebang(program: Path) -> Path | None:
    """The interpreter in the first line of a script."""
    with program.open("rb") as file:
        first = file.readline(512)
    words = first[2:].split()
    if not first.startswith(b"#!") or not words:
        return None
    return Path(os.fsdecode(words[0]))
