# tests/workspace/test_requirement_files.py — pip requirement files found, followed and cleaned
from pathlib import Path

import pytest
from small_projects import write_tree

from python_coder.workspace.requirement_files import (
    is_for_development,
    local_requirement,
    read_text,
    requirement_files,
    requirement_name,
    with_includes,
    without_local_projects,
)

FOUND = {
    "main-and-dev": (["requirements.txt", "requirements-dev.txt"], ["requirements.txt", "requirements-dev.txt"]),
    "dev-first-in-name": (["dev-requirements.txt", "requirements.txt"], ["requirements.txt", "dev-requirements.txt"]),
    "folder": (["requirements/base.txt", "requirements/test.txt"], ["requirements/base.txt", "requirements/test.txt"]),
    "purposes-left-out": (["requirements.txt", "requirements-docs.txt"], ["requirements.txt"]),
    "compiled-wins": (["requirements.in", "requirements.txt"], ["requirements.txt"]),
    "only-source": (["requirements.in"], ["requirements.in"]),
    "only-prod": (["requirements/prod.txt", "requirements/dev.txt"], ["requirements/prod.txt", "requirements/dev.txt"]),
    "other-texts": (["notes.txt", "constraints.txt"], []),
}


@pytest.mark.parametrize(("names", "expected"), FOUND.values(), ids=FOUND)
def test_finds_files(names: list[str], expected: list[str], tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(names, ""))
    assert [str(path.relative_to(tmp_path)) for path in requirement_files(tmp_path)] == expected


def test_includes_are_followed_once_and_never_out_of_the_tree(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.txt": "-r b.txt\n--constraint=../secret.txt\n", "b.txt": "-r a.txt\n"})
    (tmp_path / "secret.txt").write_text("x\n")
    assert with_includes((tree / "a.txt",), tree) == (tree / "a.txt", tree / "b.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_reads_as_people_save(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes("fastapi  # für\n".encode(encoding))
    assert read_text(path) == "fastapi  # für\n"


NAMES = {
    "fastapi[all]>=0.1 ; python_version > '3'": "fastapi",
    "Foo_Bar==1.0  # why": "foo-bar",
    "x==1 --hash=sha256:abc": "x",
    "x==1 \\": "x",
    "x @ git+https://example.com/x": "x",
    "-r base.txt": "",
    "# no": "",
    "./libs/core": "",
}


@pytest.mark.parametrize(("line", "name"), NAMES.items(), ids=NAMES)
def test_requirement_name(line: str, name: str) -> None:
    assert requirement_name(line) == name


PLACES = {
    "-e .": ("/tree/api", ()),
    "-e .[dev,test]": ("/tree/api", ("dev", "test")),
    "--editable=./libs/core": ("/tree/api/libs/core", ()),
    "../core": ("/tree/core", ()),
    "libs/core": ("/tree/api/libs/core", ()),
    ".": ("/tree/api", ()),
    "./wheels/x-1.whl": None,
    "-e git+https://example.com/x#egg=x": None,
    "fastapi==1": None,
    "x @ file:///somewhere/x": None,
    "--find-links ./wheels": None,
}


@pytest.mark.parametrize(("line", "expected"), PLACES.items(), ids=PLACES)
def test_local_projects(line: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    found = local_requirement(line, Path("/tree/api"))
    assert (found and (str(found.folder), found.extras)) == expected


def test_local_projects_are_taken_out() -> None:
    assert without_local_projects("fastapi\n-e .\n-r dev.txt\n", Path("/tree")) == "fastapi\n-r dev.txt\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dev", True), ("requirements-test", True), ("ci", True), ("typing", True), ("docs", False), ("contest", False)],
)
def test_development_names(name: str, expected: bool) -> None:
    assert is_for_development(name) is expected
