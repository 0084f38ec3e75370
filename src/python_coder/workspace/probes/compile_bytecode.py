# src/python_coder/workspace/probes/compile_bytecode.py — run by a project's Python: compile what is installed, once
"""Fills the folder of `-X pycache_prefix` with the bytecode of the environment and of the standard library.

Processes of the project's code read bytecode there and nowhere else, and write none. So what lies in a tree's own
`__pycache__` is never used, and importing the dependencies stays quick. Runs on Python 3.8 and newer, alone.
"""

import compileall
import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

_LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "site-packages", "tkinter"}


def take_over(folder: Path) -> None:
    """Copy the bytecode that the standard library was installed with; compile what it lacks."""
    prefix = sys.pycache_prefix
    for source in folder.glob("**/*.py"):
        if _LEFT_OUT.isdisjoint(source.relative_to(folder).parts):
            sys.pycache_prefix = None
            present = Path(importlib.util.cache_from_source(str(source)))
            sys.pycache_prefix = prefix
            wanted = Path(importlib.util.cache_from_source(str(source)))
            if present.exists():
                wanted.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(present), str(wanted))
            else:
                compileall.compile_file(str(source), quiet=2)


if __name__ == "__main__":
    take_over(Path(sysconfig.get_path("stdlib")))
    for installed in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        compileall.compile_dir(installed, quiet=2, workers=0)
