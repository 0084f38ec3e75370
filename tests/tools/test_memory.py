# tests/tools/test_memory.py — memories: names, bounds, worktrees, and that no commit takes them in
import os
from dataclasses import replace
from pathlib import Path

import pytest
from shell_place import git, make_project

from python_coder.errors import ToolRefusedError
from python_coder.evidence.redaction import REDACTED
from python_coder.tools.schema import checked_arguments
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.memory import MemoryTools, memory_tools
from python_coder.tools.serena.memory_store import FOLDER, MAX_CHARS, MemoryStore
from python_coder.tools.serena.repository import find_repository

BAD_NAMES = {
    "up": "../evil",
    "up-inside": "topic/../../evil",
    "absolute": "/etc/passwd",
    "home": "~/evil",
    "hidden": ".hidden",
    "git": ".git/config",
    "empty": "",
    "dot": ".",
    "suffix-alone": ".md",
    "empty-part": "a//b",
    "end-slash": "a/",
    "backslash": "a\\b",
    "nul": "a\0b",
    "line-break": "a\nb",
    "drive": "C:evil",
    "long": "a" * 81,
    "deep": "a/b/c/d/e/f",
    "glob": "*",
    "option": "-rf",
}


def context_of(root: Path, read_only: tuple[str, ...] = ()) -> SerenaContext:
    repository = find_repository(root)
    memories = (repository.main if repository else root) / FOLDER
    project = OpenProject(root=root, memories=memories, store=root.parent / "store", repository=repository)
    return SerenaContext(project=replace(project, read_only_memories=read_only))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("memories"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "plain").mkdir()
    return tmp_path / "plain"


@pytest.fixture
def tools(root: Path) -> MemoryTools:
    return MemoryTools(context_of(root))


async def test_written_is_read_listed_edited_renamed_and_deleted(tools: MemoryTools, root: Path) -> None:
    assert await tools.list_memories() == "There are no memories yet."
    await tools.write_memory("decisions/pagination", "Cursor, since pages shift.\n")
    await tools.write_memory("commands.md", "uv run pytest")
    assert await tools.list_memories() == "commands\ndecisions/pagination"
    assert await tools.list_memories("decisions") == "decisions/pagination"
    assert (root / FOLDER / "commands.md").read_text() == "uv run pytest\n"
    await tools.edit_memory("decisions/pagination", "Cursor", "Keyset")
    await tools.edit_memory("decisions/pagination", r"pages (\w+)", r"rows \1", mode="regex")
    assert await tools.read_memory("decisions/pagination.md") == "Keyset, since rows shift.\n"
    await tools.rename_memory("decisions/pagination", "api/paging")
    assert await tools.list_memories() == "api/paging\ncommands"
    await tools.delete_memory("commands")
    assert await tools.list_memories() == "api/paging"


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
async def test_names_lead_nowhere_else(tools: MemoryTools, root: Path, name: str) -> None:
    before = sorted(root.parent.rglob("*"))
    for call in (
        tools.read_memory(name),
        tools.write_memory(name, "x"),
        tools.edit_memory(name, "a", "b"),
        tools.delete_memory(name),
        tools.rename_memory("a", name),
        tools.rename_memory(name, "a"),
    ):
        with pytest.raises(ToolRefusedError):
            await call
    assert sorted(root.parent.rglob("*")) == before


@pytest.mark.parametrize("place", [".serena", FOLDER, f"{FOLDER}/topic", f"{FOLDER}/topic/a.md"])
async def test_links_are_not_followed(tools: MemoryTools, root: Path, tmp_path: Path, place: str) -> None:
    is_file = place.endswith(".md")
    outside = tmp_path / "outside"
    target = outside / ("a.md" if is_file else Path(f"{FOLDER}/topic/a.md").relative_to(place))
    target.parent.mkdir(parents=True)
    target.write_text("secret")
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).symlink_to(target if is_file else outside)
    for call in (
        tools.read_memory("topic/a"),
        tools.write_memory("topic/a", "x"),
        tools.edit_memory("topic/a", "secret", "x"),
        tools.delete_memory("topic/a"),
        *(() if is_file else (tools.write_memory("topic/b", "x"),)),
    ):
        with pytest.raises(ToolRefusedError):
            await call
    assert await tools.list_memories() == "There are no memories yet."
    assert {path: path.read_text() for path in outside.rglob("*.md")} == {target: "secret"}


async def test_bounds_and_marks(tools: MemoryTools) -> None:
    with pytest.raises(ToolRefusedError, match="at most"):
        await tools.write_memory("long", "x" * (MAX_CHARS + 1))
    with pytest.raises(ToolRefusedError, match="redaction mark"):
        await tools.write_memory("marked", f"password is {REDACTED}")
    await tools.write_memory("text", "one two two")
    for needle, mode in (("two", "literal"), ("", "literal"), ("three", "literal"), ("(", "regex")):
        with pytest.raises(ToolRefusedError):
            await tools.edit_memory("text", needle, "x", mode=mode)
    await tools.edit_memory("text", "one", r"\1")
    assert await tools.read_memory("text") == "\\1 two two\n"
    assert await tools.read_memory("text", max_answer_chars=4) == "\\1 t\n… 7 more characters; raise max_answer_chars"


async def test_missing_one_names_near_ones(tools: MemoryTools) -> None:
    await tools.write_memory("conventions", "x")
    with pytest.raises(ToolRefusedError, match="Near it: conventions"):
        await tools.read_memory("convention")
    await tools.write_memory("b", "y")
    with pytest.raises(ToolRefusedError, match="already"):
        await tools.rename_memory("b", "conventions")


async def test_read_only_patterns_hold_every_way(root: Path) -> None:
    await MemoryTools(context_of(root)).write_memory("decisions/db", "PostgreSQL")
    tools = MemoryTools(context_of(root, ("decisions/*",)))
    for call in (
        tools.write_memory("decisions/db", "x"),
        tools.write_memory("decisions/new", "x"),
        tools.edit_memory("decisions/db", "Postgre", "My"),
        tools.delete_memory("decisions/db"),
        tools.rename_memory("decisions/db", "free"),
    ):
        with pytest.raises(ToolRefusedError, match="read-only"):
            await call
    assert await tools.list_memories() == "decisions/db"


@pytest.mark.parametrize("given", ["memory_name", "memory_file_name"])
@pytest.mark.parametrize("tool", ["read_memory", "delete_memory", "write_memory", "edit_memory"])
def test_both_names_of_the_parameter_are_taken(root: Path, tool: str, given: str) -> None:
    found = next(item for item in memory_tools(context_of(root)) if item.name.endswith(f"__{tool}"))
    rest = {"write_memory": {"content": "x"}, "edit_memory": {"needle": "a", "repl": "b"}}.get(tool, {})
    arguments = checked_arguments(found, {given: "name", **rest})
    assert arguments.get("memory_name", arguments.get("memory_file_name")) == "name"


async def test_worktree_shares_the_main_checkout_s_and_no_commit_takes_them(repository: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    git(repository, "worktree", "add", "--quiet", "--detach", str(worktree))
    tools = MemoryTools(context_of(worktree))
    assert "info/exclude" in await tools.write_memory("decisions/a", "kept")
    assert "info/exclude" not in await tools.write_memory("decisions/b", "kept")
    assert (repository / FOLDER / "decisions/a.md").read_text() == "kept\n"
    assert not (worktree / ".serena").exists()
    for place in (repository, worktree):
        (place / FOLDER).mkdir(parents=True, exist_ok=True)
        (place / FOLDER / "x.md").write_text("x")
        assert git(place, "status", "--porcelain") == ""
    assert git(repository, "ls-files", ".gitignore", "--modified") == ""
    assert await MemoryTools(context_of(repository)).list_memories() == "decisions/a\ndecisions/b\nx"


async def test_project_that_tracks_its_memories_goes_on_doing_so(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / "old.md").write_text("old")
    git(root, "add", ".serena")
    await MemoryTools(context_of(root)).write_memory("new", "new")
    assert ".serena" in git(root, "status", "--porcelain")


def test_files_that_cannot_be_memories_are_not_listed(root: Path) -> None:
    folder = root / FOLDER
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("x")
    os.mkfifo(folder / "pipe.md")
    assert MemoryStore(folder=folder).names() == []
