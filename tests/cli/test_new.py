# tests/cli/test_new.py — `python-coder new`: what it says, asks and exits with
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "python_coder.cli.main", "new"]


@pytest.fixture(autouse=True)
def _quick_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Without an index the lock file is a problem that is told; tests/services has the whole way.
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty-cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def new(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *args], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_writes_and_says_what_is_next() -> None:
    done = new("shop", "--defaults")
    assert done.returncode == 3
    assert "uv could not write the lock file" in done.stderr
    assert "  cd shop\n  uv sync" in done.stdout
    assert Path("shop/app/main.py").is_file()


def test_json_is_all_there_is_on_standard_output() -> None:
    done = new("nested/shop", "--json")
    document = json.loads(done.stdout)
    assert document["folder"] == str(Path("nested/shop").absolute())
    assert "app/main.py" in document["files"]
    assert len(document["commit"]) == 40
    assert len(document["problems"]) == 1
    assert done.returncode == 3


def test_current_folder() -> None:
    done = new(".")
    assert Path("app/main.py").is_file()
    assert 'name = "here"' in Path("pyproject.toml").read_text()
    assert "  cd " not in done.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(["class"], "keyword", id="keyword"),
        pytest.param(["a b"], "is no name for a service", id="bad-name"),
        pytest.param(["/"], "is no name for a service", id="root"),
        pytest.param(["taken"], "is not empty", id="taken"),
        pytest.param([], "NAME", id="no-name"),
        pytest.param(["shop", "--frob"], "--frob", id="unknown-option"),
    ],
)
def test_bad_usage(args: list[str], words: str) -> None:
    Path("taken").mkdir()
    Path("taken/file").touch()
    done = new(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in Path().iterdir()] == ["taken"]


def test_inside_a_repository_it_says_so() -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    done = new("shop")
    assert f"No repository was made, since it lies inside {Path().absolute()}" in done.stdout
    assert not Path("shop/.git").exists()


def test_asks_on_a_terminal() -> None:
    terminal, child = pty.openpty()
    env = {**os.environ, "TERM": "dumb", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen([*PROGRAM, "shop"], stdin=child, stdout=child, stderr=child, env=env)
    os.close(child)
    shown = _converse(terminal, [("What it is for", b"Sells desks\r"), ("Python version", b"\r")])
    assert process.wait(timeout=30) == 3, shown
    assert 'description = "Sells desks"' in Path("shop/pyproject.toml").read_text()


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.2])
def test_ctrl_c_leaves_all_or_nothing(seconds: float) -> None:
    process = subprocess.Popen([*PROGRAM, "shop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    left = sorted(path.name for path in Path().iterdir())
    assert left in ([], ["shop"])
    if left:
        assert Path("shop/.git").is_dir()


def _converse(terminal: int, exchange: list[tuple[str, bytes]]) -> str:
    shown = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            # Linux says so when the other end is closed.
            break
        if exchange and exchange[0][0] in shown:
            os.write(terminal, exchange.pop(0)[1])
    os.close(terminal)
    return shown
