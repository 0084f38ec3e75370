# tests/services/postgres_server.py — a throwaway PostgreSQL server from the binaries of this machine
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=50",
)
_ATTEMPTS = 5


@dataclass(frozen=True)
class PostgresServer:
    """A running server that trusts everybody who reaches it on this machine."""

    binaries: Path
    folder: Path
    """Holds the Unix socket."""
    port: int

    @property
    def dsn(self) -> str:
        """Address over loopback TCP, of the superuser's own database."""
        return self._address("postgres")

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.folder / f".s.PGSQL.{self.port}"

    def new_database(self, name: str) -> str:
        """Make an empty database. Returns its address."""
        _run(self.binaries / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


def find_binaries() -> Path | None:
    """Folder with `initdb` and `pg_ctl`: on PATH, else the newest one that Debian's packages install."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *debian]
    return next((path for path in candidates if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


@contextmanager
def running_postgres(binaries: Path) -> Iterator[PostgresServer]:
    """Start a server with an empty cluster, and end it. Root runs it as `nobody`, since PostgreSQL refuses root."""
    # Short, since the path of a socket may have 107 bytes only; /tmp, since `nobody` must be able to get there.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
        data = folder / "data"
        _run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        server = _start(binaries, data, folder)
        try:
            yield server
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(binaries: Path, data: Path, folder: Path) -> PostgresServer:
    settings = [*_SETTINGS, f"unix_socket_directories={folder}"]
    for attempt in range(_ATTEMPTS):
        port = _free_port()
        options = " ".join(f"-c {setting}" for setting in [*settings, f"port={port}"])
        try:
            _run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "-t", "60", "start")
        except subprocess.CalledProcessError:
            # Somebody else may have taken the port between our look and the start.
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return PostgresServer(binaries, folder, port)
    raise AssertionError("unreachable")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _run(*argv: str | Path) -> None:
    is_root = os.geteuid() == 0
    nobody = pwd.getpwnam("nobody") if is_root else None
    subprocess.run(
        [str(word) for word in argv],
        check=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=nobody.pw_uid if nobody else None,
        group=nobody.pw_gid if nobody else None,
        extra_groups=[] if nobody else None,
    )
