# src/python_coder/tools/files.py — the only door from a tool to the work tree's files
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from python_coder.errors import ToolRefusedError
from python_coder.evidence.redaction import contains_mark

MAX_FILE_BYTES = 1_000_000
"""Largest file a tool reads or writes, in bytes."""

_SECRET_NAMES = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pgpass", ".npmrc", ".pypirc")
_SECRET_SUFFIXES = (".pem", ".key", ".p12", ".pfx", ".keystore")
_SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


def refusal(path: str) -> str | None:
    """Why a tool may not touch `path`, or `None` when it may. Judges the text of the path only."""
    pure = PurePosixPath(path)
    name = pure.name
    if not path or "\0" in path or "\\" in path:
        return "is not a plain relative path"
    if pure.is_absolute() or ".." in pure.parts or (pure.parts and pure.parts[0].startswith("~")):
        return "lies outside the project"
    if any(part.lower() == ".git" for part in pure.parts):
        return "belongs to git"
    if name == ".env" or (name.startswith(".env.") and name not in {".env.example", ".env.sample", ".env.template"}):
        return "holds secrets; use .env.example for the names"
    if name in _SECRET_NAMES or name.lower().endswith(_SECRET_SUFFIXES):
        return "looks like a secret"
    return None


@dataclass(frozen=True)
class ProjectFiles:
    """Files below one folder. Symbolic links are never followed, so nothing outside can be reached."""

    root: Path

    def paths(self) -> Sequence[str]:
        """All regular files, relative, sorted; caches, environments and git's own folder left out."""
        return sorted(self._walk(self.root, ""))

    def read(self, path: str) -> str | None:
        """Text of a file, or `None` when there is none or it is not UTF-8 text.

        Raises:
            ToolRefusedError: The path is not the agent's to read, or the file is too large.
        """
        target = self._resolve(path)
        try:
            descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            if status.st_size > MAX_FILE_BYTES:
                raise ToolRefusedError(f"{path} has {status.st_size} bytes; a tool reads at most {MAX_FILE_BYTES}.")
            data = file.read()
        try:
            return data.decode()
        except UnicodeDecodeError:
            return None

    def write(self, path: str, text: str) -> None:
        """Replace or create a file, all or nothing; its mode is kept.

        Raises:
            ToolRefusedError: The path is not the agent's to write, or the text holds a redaction mark.
        """
        if contains_mark(text):
            raise ToolRefusedError(
                f"The new text of {path} holds a redaction mark, so it would destroy a value that was hidden from you. "
                "Edit only the lines around it."
            )
        data = text.encode()
        if len(data) > MAX_FILE_BYTES:
            raise ToolRefusedError(f"{path} would have {len(data)} bytes; a tool writes at most {MAX_FILE_BYTES}.")
        target = self._resolve(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._resolve(path)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".python-coder-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def delete(self, path: str) -> None:
        """Remove a file; nothing happens when there is none."""
        self._resolve(path).unlink(missing_ok=True)

    def _resolve(self, path: str) -> Path:
        if why := refusal(path):
            raise ToolRefusedError(f"{path!r} {why}. Paths are relative to the project, such as 'app/main.py'.")
        target = self.root / path
        for part in (target, *target.parents):
            if part == self.root:
                return target
            if part.is_symlink():
                raise ToolRefusedError(f"{path!r} goes through a symbolic link. Name the real file.")
        raise ToolRefusedError(f"{path!r} lies outside the project.")

    def _walk(self, folder: Path, prefix: str) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED_FOLDERS:
                        yield from self._walk(Path(entry.path), f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False) and not refusal(f"{prefix}{entry.name}"):
                    yield f"{prefix}{entry.name}"
