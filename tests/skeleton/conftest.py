# tests/skeleton/conftest.py — a machine without a package index, and one user's git
from pathlib import Path

import pytest


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """uv finds no package, neither in its cache nor on the network."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty-cache"))


@pytest.fixture
def git_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's git configuration: a file with an identity, which tests may write to."""
    path = tmp_path / "gitconfig"
    path.write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{name}_NAME", raising=False)
        monkeypatch.delenv(f"GIT_{name}_EMAIL", raising=False)
    return path
