# src/python_coder/compose/naming.py — names and labels by which our own containers are told from all others
import hashlib
import re
from pathlib import Path

OWNER_LABEL = "python-coder.owner"
"""On every container, network, volume and built image of ours; its value is the stack's project name."""
FOLDER_LABEL = "python-coder.folder"
"""Beside it; its value is a digest of the project's folder, so that a session sees what belongs to its own."""
PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
PREFIX = "python-coder-"

_MOST_NAME_CHARS = 24
_DIGEST_CHARS = 8


def project_name(root: Path, *, key: str = "", suffix: str = "") -> str:
    """The Compose project of a folder: always the same for the same folder, key and suffix, and nobody else's.

    Args:
        root: The project's folder.
        key: Tells runs on one folder apart, such as a run's id; empty for a server's session.
        suffix: What the caller calls this stack, if there are to be several.
    """
    told = f"{root.resolve()}\0{key}\0{suffix}".encode(errors="surrogateescape")
    digest = hashlib.sha256(told).hexdigest()[:_DIGEST_CHARS]
    parts = (_plain(root.resolve().name), _plain(suffix), digest)
    return PREFIX + "-".join(part for part in parts if part)


def folder_digest(root: Path) -> str:
    """What stands for a project's folder in labels."""
    return hashlib.sha256(str(root.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]


def _plain(name: str) -> str:
    """What of a name may stand in a Compose project's name."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")[:_MOST_NAME_CHARS].rstrip("-_")
