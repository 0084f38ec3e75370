# tests/agent/test_stack_choice.py — the profile that shows most, and a tree laid out with stand-ins for ignored files
from pathlib import Path
from typing import Any

import pytest

from python_coder.agent.stack_choice import StackChoice, choose_stack
from python_coder.agent.stack_folder import laid_out
from python_coder.workspace.git import open_repository
from python_coder.workspace.trees import TreeStore
from scenarios.pricing_service import write_service

DATABASE: dict[str, Any] = {"image": "postgres:17"}
API: dict[str, Any] = {"build": {"context": "."}, "ports": [{"target": 8000}]}
SUITE: dict[str, Any] = {"build": {"context": "."}}


def _in(profile: str, service: dict[str, Any]) -> dict[str, Any]:
    return {**service, "profiles": [profile]}


CASES: dict[str, tuple[dict[str, Any], StackChoice | None]] = {
    "test-goes-first": (
        {"api": {**API, "profiles": ["dev", "test"]}, "db": _in("test", DATABASE)},
        StackChoice(profile="test", services=("api", "db"), serving="api"),
    ),
    "a-suite-alone-shows-no-health": (
        {"tests": _in("test", SUITE), "api-dev": _in("dev", API)},
        StackChoice(profile="dev", services=("api-dev",), serving="api-dev"),
    ),
    "a-suite-is-better-than-nothing": ({"tests": _in("test", SUITE)}, StackChoice(profile="test", services=("tests",))),
    "services-of-no-profile-belong-to-each": (
        {"db": DATABASE, "api-dev": _in("dev", API)},
        StackChoice(profile="dev", services=("api-dev", "db"), serving="api-dev"),
    ),
    "no-profiles-at-all": (
        {"api": API, "db": DATABASE},
        StackChoice(profile="", services=("api", "db"), serving="api"),
    ),
    "exposed-to-other-services": (
        {"api": {"build": {"context": "."}, "expose": ["8000"]}},
        StackChoice(profile="", services=("api",), serving="api"),
    ),
    "an-image-from-elsewhere-shows-nothing-of-the-tree": (
        {"api": {"image": "api:1", "ports": [{"target": 80}]}},
        StackChoice(profile="", services=("api",)),
    ),
    "neither-profile": ({"api": _in("prod", API)}, None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("services", "expected"), CASES.values(), ids=CASES)
def test_choice(services: dict[str, Any], expected: StackChoice | None) -> None:
    assert choose_stack(services) == expected


def test_examples_stand_in_for_files_that_git_leaves_out(tmp_path: Path) -> None:
    written = {
        ".env.example": "A=1\n",
        "secrets/password.txt.example": "replace-me\n",
        "kept.txt.example": "example\n",
        "kept.txt": "kept\n",
    }
    git = open_repository(write_service(tmp_path / "repository", written))
    trees = TreeStore(git, tmp_path / "trees")
    tree = git.run("write-tree").decode().strip()
    with laid_out(trees, tree, tmp_path / "scratch") as folder:
        seen = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
        (folder / "written-by-a-container").touch()
    assert seen == {**written, ".env": "A=1\n", "secrets/password.txt": "replace-me\n"}
    assert not folder.exists()
    assert trees.damage(tree) == ()
