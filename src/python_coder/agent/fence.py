# src/python_coder/agent/fence.py — marks around text that others wrote, which the text itself cannot close
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError

_TAG_CHARS = 10
_ODD = re.compile(r"[^\w./@ '-]")
_FENCED = re.compile(r"\A<data-(\w+)(?: from=\"[^\"]*\")?>\n(.*)\n</data-\1>", re.DOTALL)


def new_tag() -> str:
    """A tag that nobody could know before."""
    return secrets.token_hex(_TAG_CHARS // 2)


def tag_for(key: bytes, text: str) -> str:
    """A tag that is the same for the same text, so that a provider's cache hits, and that its author cannot know.

    Args:
        key: The machine's own; see `machine_key`.
        text: What will stand inside.
    """
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:_TAG_CHARS]


def machine_key(state_folder: Path) -> bytes:
    """A secret of this machine, made once and private to the user.

    Raises:
        EnvironmentLacksError: It cannot be kept.
    """
    path = state_folder / "fence.key"
    try:
        return _kept_key(path)
    except OSError as error:
        raise EnvironmentLacksError(
            f"{path} cannot be written or read ({error.strerror}). Set PYTHON_CODER_STATE to a folder of yours."
        ) from error


@dataclass(frozen=True)
class Fence:
    """Puts text between marks with one tag."""

    tag: str

    def around(self, text: str, source: str = "") -> str:
        """The text between marks; the tag itself is taken out of it, so that nothing in it can close the fence.

        Args:
            text: Written by others: files, rows, logs, answers of tools.
            source: Where it is from, such as a file's name.
        """
        plain = _ODD.sub("_", source)
        told = f' from="{plain}"' if source else ""
        return f"<data-{self.tag}{told}>\n{text.replace(self.tag, '…')}\n</data-{self.tag}>"


def unfenced(text: str) -> str:
    """What stands between the marks; a text without marks as it is."""
    found = _FENCED.match(text)
    return found.group(2) if found else text


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
    return key
