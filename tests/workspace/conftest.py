# tests/workspace/conftest.py — real git repositories in temporary folders
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from python_coder.workspace.git import open_repository
from python_coder.workspace.trees import TreeStore
from python_coder.workspace.worktree import Workspace


@dataclass(frozen=True)
class Repository:
    """A user's repository, driven as a user would."""

    folder: Path

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.folder, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str, content: str | bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def commit(self, message: str = "a commit") -> str:
        """Commit all there is. Returns the tree id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD^{tree}")

    def state(self) -> dict[str, str | bytes]:
        """All that a run must leave as it is: index bytes, files with their times, refs, stash, configuration."""
        files = {
            str(path): f"{path.lstat().st_mtime_ns} {path.lstat().st_mode}"
            for path in sorted(self.folder.rglob("*"))
            if ".git" not in path.relative_to(self.folder).parts
        }
        git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        common = Path(self.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
        kept = {str(path): path.read_bytes() for path in (git_dir / "index", git_dir / "HEAD", common / "config")}
        return files | kept | {"refs": self.git("for-each-ref"), "worktrees": self.git("worktree", "list")}


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's git configuration out, and a hook's variables too."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[str], Repository]:
    def make(name: str) -> Repository:
        repository = Repository(tmp_path / name)
        repository.folder.mkdir(parents=True)
        repository.git("init", "-q", "-b", "main")
        repository.git("config", "user.name", "A User")
        repository.git("config", "user.email", "user@example.org")
        return repository

    return make


@pytest.fixture
def repository(make_repository: Callable[[str], Repository]) -> Repository:
    """A small service with one commit."""
    repository = make_repository("the service")
    repository.write("app/main.py", "def main() -> int:\n    return 1\n")
    repository.write("app/models.py", "class Item:\n    pass\n")
    repository.write("tests/test_main.py", "def test_main() -> None:\n    assert True\n")
    repository.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    (repository.folder / "link.py").symlink_to("app/main.py")
    repository.write(".gitignore", "*.log\n/build/\n.env\n")
    repository.commit()
    return repository


@pytest.fixture
def store(repository: Repository, tmp_path: Path) -> TreeStore:
    return TreeStore(open_repository(repository.folder), tmp_path / "trees")


@pytest.fixture
def workspace(repository: Repository, tmp_path: Path) -> Workspace:
    return Workspace.create(repository.folder, tmp_path / "run", run_id="run-1")
