# tests/tools/test_project_tools.py — boot and hand-off: facts of the project at hand, and what may be activated
from pathlib import Path

import pytest
from shell_place import git, make_project

from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.memory import MemoryTools
from python_coder.tools.serena.memory_store import FOLDER
from python_coder.tools.serena.modes import MODES
from python_coder.tools.serena.project import ProjectSession, ProjectTools
from python_coder.tools.serena.project_changes import changes_from_here
from python_coder.tools.serena.project_facts import project_facts
from python_coder.tools.serena.repository import find_repository


def opened(root: Path) -> OpenProject:
    return OpenProject(root=root, memories=root / FOLDER, store=root.parent / "store", repository=find_repository(root))


class Bench:
    """The project tools on one project, and what they started."""

    def __init__(self, root: Path, *, is_pinned: bool = False) -> None:
        self.warmed: list[Path] = []
        self.context = SerenaContext(project=opened(root))
        self.session = ProjectSession(
            open_project=opened,
            warm_up=lambda: self.warmed.append(self.context.root),
            is_pinned=is_pinned,
            changes=changes_from_here(find_repository(root), root),
        )
        self.tools = ProjectTools(self.context, self.session)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path)


async def test_boot_tells_what_is_there(root: Path) -> None:
    bench = Bench(root)
    config = await bench.tools.get_current_config()
    assert f"active project: shop at {root}" in config
    assert "modes: interactive, editing" in config
    assert all(mode in config for mode in MODES)
    assert (await bench.tools.check_onboarding_performed()).startswith("false")
    onboarding = await bench.tools.onboarding()
    assert "packages: shop" in onboarding
    assert "command: pytest" in onboarding
    await MemoryTools(bench.context).write_memory("commands", "pytest")
    assert (await bench.tools.check_onboarding_performed()).startswith("true: memories: commands")
    assert "memories: commands" in await bench.tools.initial_instructions()


async def test_activation_warms_up_the_new_project(root: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path / "other")
    bench = Bench(root)
    answer = await bench.tools.activate_project(str(other))
    assert f"root: {other}" in answer
    assert bench.context.root == other
    assert bench.warmed == [other]
    await bench.tools.activate_project("../../shop")
    assert bench.context.root == root


@pytest.mark.parametrize("given", ["shop", ".", "{root}", "{root}/tests/..", "{root}/"])
async def test_active_project_is_known_by_name_and_path(root: Path, given: str) -> None:
    bench = Bench(root, is_pinned=True)
    assert (await bench.tools.activate_project(given.format(root=root))).startswith("Active: shop")
    assert bench.context.root == root


@pytest.mark.parametrize("given", ["..", "/", "tests", "{parent}/other", "no-such-name", "~"])
async def test_pinned_project_stays(root: Path, given: str) -> None:
    (root.parent / "other").mkdir()
    bench = Bench(root, is_pinned=True)
    with pytest.raises(ToolRefusedError, match="--project"):
        await bench.tools.activate_project(given.format(parent=root.parent))
    assert (bench.context.root, bench.warmed) == (root, [])


async def test_unknown_project_is_refused(root: Path) -> None:
    with pytest.raises(ToolRefusedError, match="no project 'elsewhere'"):
        await Bench(root).tools.activate_project("elsewhere")


async def test_hand_off_tells_what_changed_and_ran(root: Path) -> None:
    bench = Bench(root)
    assert "changes: none" in await bench.tools.summarize_changes()
    (root / "shop.py").write_text("def price() -> int:\n    return 4\n")
    (root / "new.py").write_text("x = 1\n")
    git(root, "mv", "tests/test_shop.py", "tests/test_prices.py")
    git(root, "commit", "--quiet", "--message", "Name tests by what they test")
    ran = CommandRecord(argv=("pytest", "-x"), exit_code=1, seconds=1.0, output_digest="", tree="")
    bench.session.commands.append(ran)
    for answer in (await bench.tools.summarize_changes(), await bench.tools.prepare_for_new_conversation()):
        assert "Name tests by what they test" in answer
        assert "changed: shop.py (+1 -1)" in answer
        assert "new, untracked: new.py" in answer
        assert "ran: pytest -x (exit status 1)" in answer


def test_changes_without_git_are_unknown(tmp_path: Path) -> None:
    assert changes_from_here(None, tmp_path)() == ["changes: unknown, since there is no git history to compare with"]


def test_facts_of_what_is_no_python_project(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test: x\n\tpytest\nX := 1\n.PHONY: test\n")
    (tmp_path / "compose.yaml").write_text("")
    facts = project_facts(tmp_path)
    assert any(fact.startswith("Python project: none found") for fact in facts)
    assert {"command: make test", "containers: compose.yaml"} <= set(facts)


def test_a_git_folder_made_later_changes_nothing(root: Path) -> None:
    below = root / "tests"
    changes = changes_from_here(find_repository(below), below)
    marker = root / "ran"
    git(below, "init", "--quiet")
    git(below, "config", "filter.evil.clean", f"touch {marker}; cat")
    git(below, "config", "core.fsmonitor", f"touch {marker}")
    (below / ".gitattributes").write_text("* filter=evil\n")
    (below / "test_shop.py").write_text("x = 1\n")
    assert any("tests/test_shop.py" in line for line in changes())
    assert not marker.exists()
