# src/python_coder/postgres/embedded_template.py — an empty cluster, made once by initdb and then only copied
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.postgres.embedded_binaries import Identity, ServerPrograms, move_into_place

ADMIN = "python_coder_admin"
_LOCALES = ("C.UTF-8", "C")
_SHAPE = "1"
"""To be counted up when what is made here changes."""
_PASSWORD_FILE = "python_coder_password"  # noqa: S105 - the name of a file  # nosec B105


def copy_cluster(data: Path, *, programs: ServerPrograms, identity: Identity, cache: Path) -> str:
    """Lay out an empty cluster that only its administrator can enter.

    Args:
        data: The new data folder.
        programs: Whose cluster it is.
        identity: Who owns it.
        cache: python-coder's cache folder; keeps the template.

    Returns:
        The password of the role `ADMIN`.

    Raises:
        EnvironmentLacksError: The cluster cannot be made, or the disk is full.
    """
    template = cache / "postgres" / f"cluster-{_SHAPE}-{programs.key}"
    try:
        if not (template / "PG_VERSION").is_file():
            template.parent.mkdir(parents=True, exist_ok=True)
            _make(template, programs, identity)
        # Without the owner, since the template is the user's and the cluster the server's.
        shutil.copytree(template, data, copy_function=shutil.copyfile, symlinks=True)
        data.chmod(0o700)
        if identity.is_other:
            for folder, _, files in os.walk(data):
                for path in (folder, *(f"{folder}/{name}" for name in files)):
                    os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
        password = data / _PASSWORD_FILE
        word = password.read_text(encoding="ascii")
        password.unlink()
    except OSError as error:
        raise EnvironmentLacksError(
            f"An empty PostgreSQL cluster cannot be made: {error}. Free some space, or set PYTHON_CODER_CACHE."
        ) from error
    return word


def _make(template: Path, programs: ServerPrograms, identity: Identity) -> None:
    """Run initdb in a folder that the server's user can get to, and keep what it made."""
    with tempfile.TemporaryDirectory(prefix="pc-pg-", dir=short_folder(), ignore_cleanup_errors=True) as name:
        folder, word = Path(name), secrets.token_hex(24)
        (folder / "word").write_text(word, encoding="ascii")
        for path in (folder, folder / "word"):
            os.chown(path, identity.uid, identity.gid)
        for locale in _LOCALES:
            error = _initdb(folder, programs, identity, locale)
            if not error:
                break
        else:
            raise EnvironmentLacksError(f"initdb of PostgreSQL {programs.version} failed: {error}. Install it again.")
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=template.parent))
        shutil.copytree(folder / "data", draft / "data", symlinks=True)
        (draft / "data" / _PASSWORD_FILE).write_text(word, encoding="ascii")
        (draft / "data").chmod(0o700)
        move_into_place(draft / "data", template)


def _initdb(folder: Path, programs: ServerPrograms, identity: Identity, locale: str) -> str:
    """Make a cluster. Answers what went wrong; empty when nothing did."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    words = ("-A", "scram-sha-256", "-U", ADMIN, f"--pwfile={folder}/word", "-E", "UTF8", f"--locale={locale}")
    done = subprocess.run(
        # A small log, since it is copied each time.
        (programs.folder / "initdb", "-D", folder / "data", *words, "--no-sync", "--wal-segsize=1"),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        user=identity.uid if identity.is_other else None,
        group=identity.gid if identity.is_other else None,
        extra_groups=[] if identity.is_other else None,
    )
    last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
    return "" if done.returncode == 0 else (last or [f"exit code {done.returncode}"])[0]


def short_folder() -> str:
    """Where sockets can lie: their paths have at most 107 bytes, and the server's user must be able to get there."""
    own = tempfile.gettempdir()
    shared = "/tmp"  # noqa: S108 - only for folders of random names that nobody else can enter  # nosec B108
    is_fit = os.geteuid() != 0 and len(own) < 60  # noqa: PLR2004 - what the random name leaves of 107, with room
    return own if is_fit else shared
