# tests/skeleton/test_lock.py — the lock file of a new service
import os
import tomllib
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.skeleton.lock import write_lock

MANIFEST = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = {dependencies}

[tool.uv]
package = false
"""


def project(folder: Path, *, name: str = "shop", dependencies: str = "[]") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(MANIFEST.format(name=name, dependencies=dependencies))
    return folder


def test_writes_lock_beside_manifest(tmp_path: Path) -> None:
    folder = project(tmp_path, name="My.Shop")
    before = (folder / "pyproject.toml").read_text()
    write_lock(folder, "My.Shop")
    assert [package["name"] for package in tomllib.loads((folder / "uv.lock").read_text())["package"]] == ["my-shop"]
    assert (folder / "pyproject.toml").read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == ["pyproject.toml", "uv.lock"]


@pytest.mark.usefixtures("no_index")
def test_without_index_says_what_uv_said(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop", dependencies='["starlette"]')
    with pytest.raises(EnvironmentLacksError, match=r"uv could not write the lock file: .*starlette"):
        write_lock(folder, "shop")
    assert not (folder / "uv.lock").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("UV_FROZEN", "1"),
        ("UV_LOCKED", "1"),
        ("UV_PROJECT", "/nowhere"),
        ("UV_PYTHON", "2.7"),
        ("VIRTUAL_ENV", "/nowhere"),
    ],
)
def test_users_uv_variables_do_not_get_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    write_lock(project(tmp_path), "shop")
    assert (tmp_path / "uv.lock").is_file()


def test_workspace_around_it_stays_as_it_is(tmp_path: Path) -> None:
    outer = project(tmp_path, name="outer")
    with (outer / "pyproject.toml").open("a") as manifest:
        manifest.write('[tool.uv.workspace]\nmembers = ["services/*"]\n')
    folder = project(tmp_path / "services/shop")
    write_lock(folder, "shop")
    assert (folder / "uv.lock").is_file()
    assert not (outer / "uv.lock").exists()


@pytest.mark.parametrize("name", ["starlette", "Anyio", "typing_extensions"])
def test_name_of_a_dependency_is_refused(tmp_path: Path, name: str) -> None:
    dependencies = '["starlette"]'
    try:
        write_lock(project(tmp_path / "probe", dependencies=dependencies), "shop")
    except EnvironmentLacksError as error:
        reason = f"Packages cannot be resolved here; warm uv's cache with `uv pip compile`: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = project(tmp_path / "clash", name=name, dependencies=dependencies)
    with pytest.raises(UsageError, match=f"a package that is named {name}"):
        write_lock(folder, name)
    assert not (folder / "uv.lock").exists()
