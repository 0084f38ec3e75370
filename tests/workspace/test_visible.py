# tests/workspace/test_visible.py — what is asked for too much, or leads elsewhere, is refused before anything starts
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command
from python_coder.workspace.programs import find_program
from python_coder.workspace.visible import visible_files

BROAD = {name: Path(name) for name in ("/", "/etc", "/run", "/var/run", "/home", "/proc", "~")}


@pytest.mark.parametrize("path", BROAD.values(), ids=BROAD)
@pytest.mark.parametrize("field", ["readable", "writable"])
def test_what_is_too_broad_is_refused(path: Path, field: str) -> None:
    path = path.expanduser()
    if not path.exists():
        pytest.skip(f"{path} is not on this machine; make it to try")
    command = Command(argv=("true",), cwd=Path("/"), **{field: (path,)})
    with pytest.raises(EnvironmentLacksError, match="too broad"):
        visible_files(command, find_program(command))


def test_missing_writable_folder_is_named(tmp_path: Path) -> None:
    command = Command(argv=("true",), cwd=Path("/"), writable=(tmp_path / "missing",))
    with pytest.raises(EnvironmentLacksError, match="missing is not there"):
        visible_files(command, find_program(command))


PLANTED = {
    "writable": {"writable": ("tree", "tree/cache")},
    "readable": {"writable": ("tree",), "readable": ("tree/cache",)},
    "working-folder": {"writable": ("tree",), "cwd": "tree/cache"},
    "working-folder-in-a-tree-of-the-change": {"readable": ("tree",), "cwd": "tree/cache"},
    "writable-in-a-tree-of-the-change": {"readable": ("tree",), "writable": ("tree/cache",)},
}


@pytest.mark.parametrize("fields", PLANTED.values(), ids=PLANTED)
def test_planted_link_does_not_lead_out(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/cache").symlink_to(tmp_path / "secret")
    absolute = {
        name: tmp_path / value if isinstance(value, str) else tuple(tmp_path / part for part in value)
        for name, value in fields.items()
    }
    command = Command(argv=("true",), **{"cwd": Path("/"), **absolute})
    with pytest.raises(EnvironmentLacksError, match="leads out of"):
        visible_files(command, find_program(command))


def test_link_between_named_folders_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/cache").symlink_to(tmp_path / "real")
    paths = (tmp_path / "tree", tmp_path / "real", tmp_path / "tree/cache")
    command = Command(argv=("true",), cwd=Path("/"), readable=paths)
    assert tmp_path / "real" in visible_files(command, find_program(command)).mounts
