# tests/compose/test_cli.py — which Compose CLI is taken
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from python_coder.compose import cli
from python_coder.errors import EnvironmentLacksError


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Plugin folders of the test's own; nothing of this machine is found but by the package."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(cli, "_PLUGIN_FOLDERS", (str(tmp_path / "system"),))
    cli.find_compose.cache_clear()
    yield tmp_path
    cli.find_compose.cache_clear()


def _plugin(folder: Path, script: str, mode: int = 0o755) -> Path:
    folder.mkdir(parents=True)
    program = folder / "docker-compose"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(mode)
    return program


def test_the_users_plugin_comes_first(folders: Path) -> None:
    mine = _plugin(folders / "config/cli-plugins", "echo 5.1.0")
    _plugin(folders / "system", "echo v2.40.3")
    assert cli.find_compose() == (str(mine),)


@pytest.mark.parametrize(
    ("script", "mode"),
    [("echo 1.29.2", 0o755), ("echo 2.1.0; exit 1", 0o755), ("echo nonsense", 0o755), ("echo 2.1.0", 0o644)],
    ids=["version-1", "fails", "no-version", "not-executable"],
)
def test_what_does_not_work_is_passed_over(folders: Path, script: str, mode: int) -> None:
    _plugin(folders / "config/cli-plugins", script, mode)
    system = _plugin(folders / "system", "echo v2.40.3")
    assert cli.find_compose() == (str(system),)


def test_the_package_is_the_last_resort() -> None:
    found = cli.find_compose()
    assert found is not None
    assert found[0].endswith("compose/docker-compose")


def test_none_names_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(EnvironmentLacksError, match="pip install"):
        cli.require_compose()
