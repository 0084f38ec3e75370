# tests/workspace/test_interpreters.py — which installed Python a project gets
import sys
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.workspace.interpreters import choose_python, pinned_version
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.set_up import SetUp

OURS = sys.version_info[:2]


@pytest.fixture
def set_up(tmp_path: Path) -> SetUp:
    """Set-up commands in a home with interpreters that pyenv would have installed."""
    for version in ("3.12.9", "3.13.5", "3.15.0", "2.7.18", "3.7.1"):
        (tmp_path / f".pyenv/versions/{version}/bin").mkdir(parents=True)
        (tmp_path / f".pyenv/versions/{version}/bin/python").touch()
    env = {"PATH": "/nowhere", "HOME": str(tmp_path)}
    return SetUp(runner=make_runner("none"), env=env, names={}, writable=(tmp_path,))


CHOICES = {
    "ours-when-allowed": ((">=3.8",), "", OURS),
    "nothing-said": (("",), "", OURS),
    "both-must-allow": ((">=3.8", f"<=3.{OURS[1]}.99"), "", OURS),
    "pinned": ((">=3.8",), "3.15", (3, 15)),
    "pinned-but-not-installed": ((">=3.8",), "3.99", OURS),
    "pinned-but-not-allowed": ((f"==3.{OURS[1]}.*",), "3.15", OURS),
    "newer-than-ours": ((">=3.15,<4.0",), "", (3, 15)),
}


@pytest.mark.parametrize(("requirements", "pinned", "minor"), CHOICES.values(), ids=CHOICES)
async def test_chooses(
    requirements: tuple[str, ...], pinned: str, minor: tuple[int, int], set_up: SetUp, tmp_path: Path
) -> None:
    chosen = await choose_python(requirements, pinned=pinned, set_up=set_up, cwd=tmp_path)
    assert chosen.minor == minor


async def test_says_what_to_install(set_up: SetUp, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match=r"needs Python .*3\.99.*has .*3\.15\.0.*uv python install 3\.99"):
        await choose_python((">=3.99",), pinned="", set_up=set_up, cwd=tmp_path)


async def test_invalid_specifier(set_up: SetUp, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no valid specifier"):
        await choose_python(("three",), pinned="", set_up=set_up, cwd=tmp_path)


PINS = {
    "minor": ("3.12\n", "3.12"),
    "patch": ("3.12.4", "3.12.4"),
    "named": ("cpython-3.13\n", "3.13"),
    "several": ("3.14\n3.12\n", "3.14"),
    "not-a-version": ("system\n", ""),
}


@pytest.mark.parametrize(("text", "version"), PINS.values(), ids=PINS)
def test_pinned_version(text: str, version: str, tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / ".python-version").write_text(text)
    assert pinned_version(tmp_path / "backend", tmp_path) == version
    assert pinned_version(tmp_path / "backend", tmp_path / "backend") == ""
