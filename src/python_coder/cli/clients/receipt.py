# src/python_coder/cli/clients/receipt.py — what an installation changed, so that it can be taken back to the byte
import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.cli.clients.claude_code import FileEdit
from python_coder.errors import EnvironmentLacksError


@dataclass(frozen=True)
class Receipt:
    """Kept in the user's state folder, since what stood in a configuration may be secret."""

    path: Path
    before: dict[str, str | None] = field(default_factory=dict)
    """Each file's bytes before the first installation, in base64; `None` for a file that was not there."""
    after: dict[str, str] = field(default_factory=dict)
    """Digest of each file as it was left."""
    folders: list[str] = field(default_factory=list)
    """Folders that were made, the deepest first."""

    @classmethod
    def of(cls, state_folder: Path, project: Path, client: str) -> "Receipt":
        """The receipt of a client in a project; an empty one when nothing was installed from this machine."""
        name = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:16]
        path = state_folder / "installed" / f"{client}-{name}.json"
        try:
            known = json.loads(path.read_bytes())
            return cls(path, dict(known["before"]), dict(known["after"]), list(known["folders"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path)

    def with_edits(self, edits: Sequence[FileEdit], folders: Sequence[str]) -> "Receipt":
        """The receipt after these edits. A second installation keeps what stood before the first."""
        before, after = dict(self.before), dict(self.after)
        for edit in edits:
            if edit.after is None:
                continue
            if edit.path not in before or after.get(edit.path) != _digest(edit.before):
                before[edit.path] = None if edit.before is None else base64.b64encode(edit.before).decode()
            after[edit.path] = _digest(edit.after)
        return replace(self, before=before, after=after, folders=list(dict.fromkeys([*self.folders, *folders])))

    def taken_back(self, edit: FileEdit) -> FileEdit:
        """An edit that takes python-coder out; where the file is as it was left, back to what stood there before."""
        if edit.path not in self.before or self.after.get(edit.path) != _digest(edit.before):
            return edit
        kept = self.before[edit.path]
        return replace(edit, after=None if kept is None else base64.b64decode(kept))

    def keep(self) -> None:
        """Write it, private to the user.

        Raises:
            EnvironmentLacksError: The state folder cannot be written.
        """
        text = json.dumps({"before": self.before, "after": self.after, "folders": self.folders})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
        except OSError as error:
            raise EnvironmentLacksError(
                f"{self.path} cannot be written ({error.strerror}). Set PYTHON_CODER_STATE to a folder of yours."
            ) from error

    def drop(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""
