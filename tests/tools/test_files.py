# tests/tools/test_files.py — the path guard: nothing outside the project, no secrets, nothing half written
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.tools.files import MAX_FILE_BYTES, ProjectFiles, refusal

REFUSED = {
    "empty": "",
    "parent": "../secret",
    "parent-inside": "app/../../secret",
    "absolute": "/etc/passwd",
    "home": "~/.ssh/id_rsa",
    "git": ".git/config",
    "git-nested": "vendor/.GIT/hooks/pre-commit",
    "env": ".env",
    "env-nested": "backend/.env.production",
    "key": "certs/server.key",
    "ssh": "id_ed25519",
    "nul": "app/\0main.py",
    "backslash": "..\\secret",
    "link-file": "link.txt",
    "link-folder": "outside/secret",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "app").mkdir(parents=True)
    (root / "app" / "main.py").write_text("x = 1\n")
    (tmp_path / "secret").write_text("token")
    (root / "link.txt").symlink_to(tmp_path / "secret")
    (root / "outside").symlink_to(tmp_path)
    return root


@pytest.mark.parametrize("path", REFUSED.values(), ids=REFUSED)
def test_refuses_to_read_write_and_delete(project: Path, path: str) -> None:
    files = ProjectFiles(project)
    for attempt in (lambda: files.read(path), lambda: files.write(path, "x"), lambda: files.delete(path)):
        with pytest.raises(ToolRefusedError):
            attempt()
    assert (project.parent / "secret").read_text() == "token"


def test_lists_real_files_only(project: Path) -> None:
    (project / ".env").write_text("A=1")
    (project / "__pycache__").mkdir()
    (project / "__pycache__" / "x.pyc").write_bytes(b"")
    assert ProjectFiles(project).paths() == ["app/main.py"]


@given(path=st.text(alphabet="ab./\\~\0.git env", max_size=30))
def test_an_allowed_path_stays_inside(path: str) -> None:
    if refusal(path) is None:
        assert os.path.normpath(f"/inside/{path}").startswith("/inside")


def test_keeps_the_mode_of_a_replaced_file(project: Path) -> None:
    script = project / "run.sh"
    script.write_text("old")
    script.chmod(0o755)
    ProjectFiles(project).write("run.sh", "new")
    assert (script.read_text(), script.stat().st_mode & 0o777) == ("new", 0o755)


WRITES_REFUSED = {"redacted": "password = '[redacted]'\n", "huge": "x" * (MAX_FILE_BYTES + 1)}


@pytest.mark.parametrize("text", WRITES_REFUSED.values(), ids=WRITES_REFUSED)
def test_a_refused_text_leaves_the_file_alone(project: Path, text: str) -> None:
    with pytest.raises(ToolRefusedError):
        ProjectFiles(project).write("app/main.py", text)
    assert (project / "app" / "main.py").read_text() == "x = 1\n"
    assert [path.name for path in (project / "app").iterdir()] == ["main.py"]


def test_a_pipe_is_no_file(project: Path) -> None:
    os.mkfifo(project / "pipe")
    assert ProjectFiles(project).read("pipe") is None
