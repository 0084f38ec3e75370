# tests/symbols/test_ignored.py — .gitignore files mean what git takes them for
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from python_coder.symbols.ignored import IgnoreRules, read_rule_file, read_rules

FILES = (
    *("a", "b.py", "src/a", "src/b.py", "src/sub/a.txt", "src/sub/b.py", "build/a", "docs/build/a", "x y/a ", "é/é.py"),
    *(".h/a", "[z]/]a", "-", "a+b/(a)", "!n", "#c", "ab/b/a", "src/keep/b.py", "tr /a", "a\\b", "src/a.pyc"),
)
# Content of `.gitignore`; under a folder's name, of the one in that folder.
RULES: dict[str, dict[str, str]] = {
    "name": {"": "a\n"},
    "folder": {"": "build/\n"},
    "anchored": {"": "/build\n/src/a\n"},
    "middle-slash": {"": "src/sub\n"},
    "suffix": {"": "*.py\n"},
    "negated": {"": "*.py\n!b.py\n"},
    "not-below-an-ignored-folder": {"": "src/\n!src/b.py\n"},
    "all-but": {"": "*\n!*/\n!*.py\n"},
    "all-but-one-folder": {"": "/*\n!/src\n/src/*\n!/src/keep\n"},
    "last-one-counts": {"": "!a\na\n!src/a\n"},
    "any-folders": {"": "**/a\n"},
    "any-folders-between": {"": "src/**/b.py\n"},
    "all-below": {"": "src/**\n"},
    "stars-in-a-name": {"": "a**/b\n"},
    "many-stars": {"": "*b*.*y\n*/*c*/*.p*\n!s*b*/**/*.t*t\n"},
    "question-mark": {"": "?.py\n"},
    "bytes-not-characters": {"": "??.py\n!?.py\n"},
    "class": {"": "[ab]\n[!-~]+*\n"},
    "class-of-brackets": {"": "[[]z[]]\n"},
    "named-class": {"": "[[:alpha:]]\n"},
    "unknown-class": {"": "[[:letter:]]\n"},
    "empty-range": {"": "[b-a]\n"},
    "unclosed-class": {"": "[ab\n"},
    "comment-and-escapes": {"": "#c\n\\#c\n\\!n\n"},
    "escaped-space": {"": "a\\ \ntr\\ /\n"},
    "trailing-spaces": {"": "a   \n"},
    "backslash": {"": "a\\\\b\nb.py\\\n"},
    "windows-line-ends": {"": "a\r\nbuild/\r\n"},
    "mark": {"": "\ufeffa\n"},
    "empty-rules": {"": "\n   \n/\n!\n!/\n//\n"},
    "no-regular-expression": {"": "a+b\n(a)\n.*\n"},
    "deeper-rules-win": {"": "*.py\n", "src": "!*.py\n", "src/sub": "b.py\n"},
    "deeper-rules-are-anchored-there": {"src": "/a\nsub/b.py\n"},
    "deeper-rules-stay-there": {"src": "a\nb.py\n"},
}


def _kept_by_git(root: Path) -> set[str]:
    command = ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    return {os.fsdecode(path) for path in answer.split(b"\0") if path}


def _kept(root: Path) -> set[str]:
    kept = set()
    waiting = [("", IgnoreRules())]
    while waiting:
        folder, outer = waiting.pop()
        rules = outer.within(folder, read_rule_file(str(root / folder / ".gitignore")))
        for entry in os.scandir(root / folder):
            path = f"{folder}/{entry.name}".lstrip("/")
            if entry.name == ".git" or rules.ignores(path, is_folder=entry.is_dir()):
                continue
            if entry.is_dir():
                waiting.append((path, rules))
            else:
                kept.add(path)
    return kept


def _repository(root: Path, rules: dict[str, str]) -> Path:
    subprocess.run(["git", "init", "-q", root], check=True)
    for path in FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    for folder, text in rules.items():
        (root / folder / ".gitignore").write_bytes(text.encode())
    return root


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_ignores_what_git_ignores(tmp_path: Path, rules: dict[str, str]) -> None:
    root = _repository(tmp_path, rules)
    assert _kept(root) == _kept_by_git(root)


def test_random_rules_mean_what_git_takes_them_for(tmp_path: Path) -> None:
    draw = random.Random(20260124)
    lines = sorted({line for rules in RULES.values() for text in rules.values() for line in text.split("\n")})
    root = _repository(tmp_path, {})
    folders = sorted({str(Path(path).parent) for path in FILES} - {"."})
    for _ in range(25):
        chosen = {folder: "\n".join(draw.choices(lines, k=3)) for folder in ("", *draw.sample(folders, 2))}
        for folder, text in chosen.items():
            (root / folder / ".gitignore").write_bytes(text.encode())
        assert _kept(root) == _kept_by_git(root), chosen
        for folder in chosen:
            (root / folder / ".gitignore").unlink()


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "b", "x/" + "*a" * 40 + "b", "**/*a" * 4 + "b", "**/" * 60 + "b", "*" * 500 + "b"]
)
def test_no_rule_takes_long(pattern: str) -> None:
    rules = IgnoreRules().within("", pattern.encode())
    began = time.perf_counter()
    for folder in ("", "x/", "a/" * 40):
        assert not rules.ignores(folder + "a" * 150, is_folder=False)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("name", [".venv", "__pycache__", "node_modules", ".mypy_cache"])
def test_caches_are_left_out_without_a_rule(name: str) -> None:
    assert IgnoreRules().ignores(f"src/{name}", is_folder=True)
    assert not IgnoreRules().ignores(f"src/{name}", is_folder=False)


def test_a_link_is_no_file_of_rules(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a\n")
    (tmp_path / ".gitignore").symlink_to("rules")
    assert read_rule_file(str(tmp_path / ".gitignore")) == b""
    assert read_rule_file(str(tmp_path)) == b""
    assert len(read_rules(read_rule_file(str(tmp_path / "rules")))) == 1
