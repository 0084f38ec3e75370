# src/python_coder/tools/serena/importers.py — files that may import others, found by their text
import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

_MOST_FILES = 3_000
_MOST_IMPORTERS = 40


def importers(edited: Sequence[str], paths: Sequence[str], read: Callable[[str], bytes | None]) -> Sequence[str]:
    """Files that name the module of an edited file, the nearest ones first, at most 40.

    It only says where it is worth looking for trouble: a name may mean another module, or come in by a detour.

    Args:
        edited: Paths of the edited files.
        paths: Python files of the project.
        read: Content of a file, or `None`.
    """
    names = {name for path in edited if (name := _module_name(path))}
    if not names or len(paths) > _MOST_FILES:
        return []
    mention = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(name.encode()) for name in sorted(names)))
    found = [
        path
        for path in paths
        if path not in edited and (data := read(path)) is not None and b"import" in data and mention.search(data)
    ]
    return sorted(found, key=lambda path: (-max(_shared(path, other) for other in edited), path))[:_MOST_IMPORTERS]


def _module_name(path: str) -> str:
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _shared(path: str, other: str) -> int:
    """How many folders two files have in common."""
    pairs = zip(PurePosixPath(path).parts[:-1], PurePosixPath(other).parts[:-1], strict=False)
    return sum(1 for one, two in pairs if one == two)
