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
        place: Folder to make the copy in. The copy is there exactly while its stack may be up.
    """
    folder = place / "stacks" / tree[:12]
    remove_folder(folder)
    shutil.copytree(trees.folder(tree), folder, symlinks=True)
    try:
        for example in sorted(folder.rglob(f"*{_EXAMPLE}")):
            copy = example.with_name(example.name.removesuffix(_EXAMPLE))
            if example.is_file() and not example.is_symlink() and not copy.exists() and not copy.is_symlink():
                shutil.copyfile(example, copy)
        yield folder
    finally:
        # A container may have written as root what an ordinary user cannot remove.
        with contextlib.suppress(PermissionError):
            remove_folder(folder)


def left_behind(place: Path) -> list[Path]:
    """Copies that a killed run left: their stacks may still stand."""
    return sorted(path for path in (place / "stacks").glob("*") if path.is_dir())
