# src/python_coder/agent/stack_folder.py — a tree as a folder of its own that a stack may be built from and mounted
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from python_coder.workspace.files import remove_folder
from python_coder.workspace.trees import TreeStore

_EXAMPLE = ".example"


@contextlib.contextmanager
def laid_out(trees: TreeStore, tree: str, place: Path) -> Iterator[Path]:
    """A copy of a tree that containers may write into, with stand-ins for what git leaves out.

    A developer copies `.env.example` to `.env` and `password.txt.example` to `password.txt` before the stack comes up;
    so does this, wherever the copy is missing.

    Args:
        trees: Store of the tree.
        tree: Git tree id.
        place: Folder to make the copy in; the same for the same tree, so that a killed run's stack is found again.
    """
    folder = stack_place(place, tree)
    remove_folder(folder)
    shutil.copytree(trees.folder(tree), folder, symlinks=True)
    try:
        for example in sorted(folder.rglob(f"*{_EXAMPLE}")):
            copy = example.with_name(example.name.removesuffix(_EXAMPLE))
            if example.is_file() and not example.is_symlink() and not copy.exists() and not copy.is_symlink():
                shutil.copyfile(example, copy)
        yield folder
    finally:
        remove_folder(folder)


def stack_place(place: Path, tree: str) -> Path:
    """Where `laid_out` puts a tree."""
    return place / "stacks" / tree[:12]
