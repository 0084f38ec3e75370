# tests/conventions/test_house_style.py — the rules of the house that no linter knows
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
FILES = [path for path in TRACKED.split("\0") if path and (ROOT / path).is_file()]
PYTHON = [
    path
    for path in FILES
    if path.endswith(".py") and not path.startswith("tests/fixtures/") and "/template/" not in path
]
SOURCE = [path for path in PYTHON if path.startswith("src/")]
MOST_LINES, MOST_TEST_LINES = 400, 500

# Spelled in pieces, so that this file does not hold what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            "/ro" + "ot/",
            "/wo" + "rk/",
            "py" + r"pi\.org",
            "python" + "hosted",
            r"registry\." + "npmjs",
            r"deb\." + "debian",
        ]
    )
)
VAGUE = re.compile(r"^class \w*(Manager|Helper|Utils|Util|Data|Info)\b", re.MULTILINE)


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PYTHON)
def test_file_starts_with_its_banner(path: str) -> None:
    lines = _text(path).splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    assert re.fullmatch(rf"# {re.escape(path)} — \S.*", first), first


def test_files_stay_short() -> None:
    limits = {path: MOST_TEST_LINES if path.startswith("tests/") else MOST_LINES for path in PYTHON}
    assert {
        path: len(_text(path).splitlines()) for path in PYTHON if len(_text(path).splitlines()) > limits[path]
    } == {}


def test_no_class_has_a_vague_name() -> None:
    assert [path for path in SOURCE if VAGUE.search(_text(path))] == []


def test_nothing_names_this_machine_or_a_registry() -> None:
    texts = {path: (ROOT / path).read_bytes().decode("utf-8", "ignore") for path in FILES}
    assert {path: found.group() for path, text in texts.items() if (found := FORBIDDEN.search(text))} == {}
    assert [path for path in FILES if path.endswith("uv.lock")] == []


def test_the_package_imports_nothing() -> None:
    code = [
        line
        for line in _text("src/python_coder/__init__.py").splitlines()
        if "import" in line and not line.startswith("#")
    ]
    assert code == []
