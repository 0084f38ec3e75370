# tests/services/images.py — base images made of this machine's own programs, under the names that services use
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import uv

from services.postgres_server import find_binaries

SMALL, PYTHON, POSTGRES = "busybox:1.37", "python:3.13-slim", "postgres:17-alpine"

_SHELL = "sh cat chmod chown cp date echo env false grep head id ls mkdir mv rm sed sleep sort tail test touch true wc"
_ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/gshadow": "root:*::\n",
    "etc/login.defs": "UID_MAX 60000\nSYS_UID_MIN 100\nSYS_UID_MAX 60000\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_NOT_COPIED = (
    "__pycache__",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "site-packages",
    "config-*",
    "lib2to3",
)
# How this machine reaches its package index; what names a file of the machine means nothing inside an image.
_INDEX_PREFIXES = ("PIP_", "UV_INDEX", "UV_DEFAULT_INDEX", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class BaseImage:
    """One image and how its root folder is made."""

    name: str
    fill: "Callable[[RootFolder], None]"
    changes: tuple[str, ...]
    """Lines of a Dockerfile that say how a container starts."""


@dataclass(frozen=True)
class RootFolder:
    """The file system of an image while it is put together."""

    path: Path

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Write one file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def copy(self, source: Path, name: str = "") -> None:
        """Copy one file to the place where it is on this machine, or to `name`, with the libraries that it loads."""
        self._copy(source, name)
        for library in _libraries(source):
            self._copy(library)

    def copy_tree(self, source: Path, name: str, leave_out: Iterable[str] = ()) -> None:
        """Copy a folder, with the libraries that its extension modules load."""
        shutil.copytree(source, self.path / name, ignore=shutil.ignore_patterns(*leave_out), dirs_exist_ok=True)
        for module in source.rglob("*.so"):
            for library in _libraries(module):
                self._copy(library)

    def copy_programs(self, names: str) -> None:
        """Copy programs that are on the path."""
        for name in names.split():
            found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
            if found:
                self.copy(Path(found).resolve(), f"usr/bin/{name}")

    def _copy(self, source: Path, name: str = "") -> None:
        target = self.path / (name or str(source).lstrip("/"))
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _libraries(file: Path) -> set[Path]:
    done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
    words = [word for line in done.stdout.splitlines() for word in line.split() if word.startswith("/")]
    return {Path(word) for word in words if Path(word) != file}


def _fill_small(root: RootFolder) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):
        (root.path / "usr" / name).mkdir(parents=True)
        (root.path / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "run", "proc", "sys", "dev", "root", "var/tmp"):
        (root.path / name).mkdir(parents=True)
    (root.path / "tmp").chmod(0o1777)
    for name, text in _ACCOUNTS.items():
        root.write(name, text)
    root.copy_programs(_SHELL)


def _fill_python(root: RootFolder) -> None:
    _fill_small(root)
    root.copy_programs("useradd groupadd")
    version = f"python{sysconfig.get_python_version()}"
    root.copy(Path(sys.executable).resolve(), "usr/local/bin/python3")
    for name in ("python", version):
        (root.path / "usr/local/bin" / name).symlink_to("python3")
    root.copy_tree(Path(sysconfig.get_path("stdlib")), f"usr/local/lib/{version}", _NOT_COPIED)
    for library in _known_libraries("libstdc++.so.6", "libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2"):
        root.copy(library)
    site = root.path / f"usr/local/lib/{version}/site-packages"
    argv = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    subprocess.run([*argv, "--target", str(site), "pip"], check=True)
    run_pip = "#!/usr/local/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
    root.write("usr/local/bin/pip", run_pip, 0o755)
    root.write(_CERTIFICATES.lstrip("/"), _certificates())
    if (locale := Path("/usr/lib/locale/C.utf8")).is_dir():
        root.copy_tree(locale, str(locale).lstrip("/"))
    subprocess.run(["/sbin/ldconfig", "-r", str(root.path)], check=True)


def _known_libraries(*names: str) -> list[Path]:
    done = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    found = dict(line.split(" => ") for line in done.stdout.splitlines() if " => " in line)
    known = {line.split()[0]: Path(path) for line, path in found.items()}
    return [known[name] for name in names if name in known]


def _certificates() -> str:
    file = Path(os.environ.get("SSL_CERT_FILE", _CERTIFICATES))
    return file.read_text() if file.is_file() else ""


def _index_settings() -> list[str]:
    told = {name: value for name, value in os.environ.items() if name.upper().startswith(_INDEX_PREFIXES)}
    told = {name: value for name, value in told.items() if not value.startswith(("/", "file:"))}
    if _certificates():
        told |= {"SSL_CERT_FILE": _CERTIFICATES, "PIP_CERT": _CERTIFICATES}
    return [f"ENV {name}={value}" for name, value in sorted(told.items())]


_ENTRY_POINT = """#!/bin/sh
# Stands in for the entry point of the official image: makes the cluster, then starts what it was told to.
set -eu
export PATH={binaries}:$PATH PGDATA="${{PGDATA:-/var/lib/postgresql/data}}"
if [ "${{1:-postgres}}" != postgres ]; then exec "$@"; fi
told() {{
    eval "value=\\${{$1:-}} file=\\${{$1_FILE:-}}"
    if [ -n "$file" ]; then cat "$file"; else printf %s "$value"; fi
}}
as_postgres() {{ setpriv --reuid=70 --regid=70 --clear-groups "$@"; }}
mkdir -p "$PGDATA" /run/postgresql
chown -R 70:70 "$PGDATA" /run/postgresql
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=$(told POSTGRES_USER) password=$(told POSTGRES_PASSWORD) database=$(told POSTGRES_DB)
    user=${{user:-postgres}}
    database=${{database:-$user}}
    if [ -z "$password" ] && [ "${{POSTGRES_HOST_AUTH_METHOD:-}}" != trust ]; then
        echo "Error: Database is uninitialized and superuser password is not specified." >&2
        exit 1
    fi
    printf '%s\\n' "$password" > /run/postgresql/password
    chown 70:70 /run/postgresql/password
    as_postgres initdb -U "$user" --pwfile=/run/postgresql/password --auth-local=trust --auth-host=scram-sha-256 \\
        -E UTF8 --locale=C --no-sync > /run/postgresql/initdb.log 2>&1 || {{ cat /run/postgresql/initdb.log; exit 1; }}
    rm /run/postgresql/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \\"$database\\";" | as_postgres postgres --single -j postgres > /dev/null
    fi
fi
setpriv --reuid=70 --regid=70 --clear-groups postgres -c listen_addresses='*' -c fsync=off &
# Docker's SIGTERM would wait for clients to go; the official image asks for SIGINT instead, which an import cannot.
trap 'kill -INT $!' TERM INT
wait $! || wait $!
"""


def _fill_postgres(root: RootFolder) -> None:
    _fill_small(root)
    binaries = find_binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL's server programs are missing: sudo apt-get install postgresql")
    for name in ("postgres", "initdb", "pg_isready", "psql", "pg_dump"):
        program = binaries / name
        if program.exists():
            root.copy(program.resolve(), str(program).lstrip("/"))
    version = binaries.parent
    root.copy_tree(version / "lib", str(version / "lib").lstrip("/"), ("bitcode", "llvmjit*", "pgxs"))
    share = Path("/usr/share/postgresql") / version.name
    root.copy_tree(share, str(share).lstrip("/"), ("man",))
    root.copy_programs("setpriv")
    (root.path / "var/run").symlink_to("/run")
    for name in ("pg_isready", "psql", "pg_dump"):
        (root.path / "usr/bin" / name).symlink_to(binaries / name)
    timezones = Path("/usr/share/zoneinfo/UTC")
    root.copy(timezones.resolve(), str(timezones).lstrip("/"))
    root.write("etc/passwd", _ACCOUNTS["etc/passwd"] + "postgres:x:70:70::/var/lib/postgresql:/bin/sh\n")
    root.write("etc/group", _ACCOUNTS["etc/group"] + "postgres:x:70:\n")
    root.write("usr/local/bin/docker-entrypoint.sh", _ENTRY_POINT.format(binaries=binaries), 0o755)
    subprocess.run(["/sbin/ldconfig", "-r", str(root.path)], check=True)


def base_images() -> tuple[BaseImage, ...]:
    """The images that tests and written services build on."""
    path = "ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin"
    python = (path, "ENV LANG=C.UTF-8", 'CMD ["python3"]', *_index_settings())
    postgres = ('ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["postgres"]', "EXPOSE 5432")
    return (
        BaseImage(SMALL, _fill_small, (path, 'CMD ["sh"]')),
        BaseImage(PYTHON, _fill_python, python),
        BaseImage(POSTGRES, _fill_postgres, (path, *postgres, "VOLUME /var/lib/postgresql/data")),
    )


def import_image(image: BaseImage, docker: Callable[..., str]) -> None:
    """Make one image in an engine, unless it is there already, made of the very same parts."""
    digest = _digest(image)
    there = docker("images", "--quiet", "--filter", f"label=parts={digest}", image.name)
    if there.strip():
        return
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        root, archive = RootFolder(Path(folder) / "root"), Path(folder) / "root.tar"
        root.path.mkdir()
        image.fill(root)
        with tarfile.open(archive, "w") as tar:
            tar.add(root.path, arcname=".", filter=_as_root)
        changes = [word for change in (*image.changes, f"LABEL parts={digest}") for word in ("--change", change)]
        docker("import", *changes, str(archive), image.name)


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _digest(image: BaseImage) -> str:
    """What the image is made of: this file, the programs of this machine, and how the container starts."""
    programs = [Path("/bin/sh"), Path(sys.executable), *([found / "postgres"] if (found := find_binaries()) else [])]
    stamps = [f"{path.resolve()} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in programs]
    parts = [image.name, Path(__file__).read_text(), _certificates(), *stamps, *image.changes]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
