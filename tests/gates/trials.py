# tests/gates/trials.py — small projects tried out in the environment that these tests run in
import subprocess
import sys
import venv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from python_coder.gates.known_good import KnownGood, find_known_good
from python_coder.gates.known_good_bench import TrialBench
from python_coder.workspace import probes
from python_coder.workspace.environment import ProjectEnvironment
from python_coder.workspace.project import find_project
from python_coder.workspace.sandbox import make_runner

RUNNER = make_runner("none")
PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi"]\n'
TEST = "def test_one() -> None:\n    import shop\n"
PROJECT = {"pyproject.toml": PYPROJECT, "shop/__init__.py": "", "tests/test_shop.py": TEST}


def write_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Write each text at its path below `folder`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@cache
def lean_environment(folder: Path) -> ProjectEnvironment:
    """An environment with pytest and nothing else, linked from the one that these tests run in."""
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    ours = Path(pytest.__file__).parents[1]
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py.py"):
        (site / name).symlink_to(ours / name)
    (site / "pytest.dist-info").symlink_to(next(ours.glob("pytest-[0-9]*.dist-info")))
    script = Path(probes.__file__).with_name("compile_bytecode.py")
    python = folder / "bin/python"
    subprocess.run([python, "-I", "-X", f"pycache_prefix={folder / 'bytecode'}", script], check=True)
    return ProjectEnvironment(
        python=python,
        folder=folder,
        python_version=".".join(map(str, sys.version_info[:3])),
        digest="lean",
        overlay=None,
        how=(),
        bytecode=folder / "bytecode",
    )


def lay_out(tree: Path, scratch: Path, environment: ProjectEnvironment) -> TrialBench:
    """A bench on a copy of a tree."""
    return TrialBench.lay_out(find_project(tree), environment, tree, runner=RUNNER, folder=scratch)


async def known_good(
    tree: Path, scratch: Path, environment: ProjectEnvironment, env: Mapping[str, str] | None = None
) -> KnownGood:
    """What works on a tree."""
    return await find_known_good(find_project(tree), environment, tree, runner=RUNNER, scratch=scratch, env=env or {})
