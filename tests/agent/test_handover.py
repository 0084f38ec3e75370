# tests/agent/test_handover.py — every run boots and hands off; memories lie in the main checkout, outside of commits
import subprocess
from pathlib import Path

import pytest

from python_coder.agent.handover import Handover
from python_coder.agent.plan import Report
from python_coder.evidence.ledger import Ledger
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.serena_session import open_session
from python_coder.settings import Settings
from python_coder.tools.serena.memory_store import FOLDER, MemoryStore
from python_coder.tools.serena.repository import find_repository
from python_coder.workspace.git import Git

TASK = "Add cursor pagination to GET /items"
REPORT = Report(summary="Pages by id.", rationale="Offsets skip rows.", followups=("index created_at",))
BOOT = ["get_current_config", "activate_project", "check_onboarding_performed"]
MEMORY = f"{FOLDER}/decisions/add-cursor-pagination-to-get-items.md"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run([*git, *args], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("has_memories", "is_proven", "calls", "is_kept"),
    [
        (False, True, [*BOOT, "onboarding", "summarize_changes", "prepare_for_new_conversation"], False),
        (True, True, [*BOOT, "summarize_changes", "write_memory", "prepare_for_new_conversation"], True),
        (True, False, [*BOOT, "summarize_changes", "prepare_for_new_conversation"], False),
    ],
    ids=["never-had-memories", "proven", "unproven"],
)
async def test_boots_and_hands_off(
    checkout: Path, tmp_path: Path, has_memories: bool, is_proven: bool, calls: list[str], is_kept: bool
) -> None:
    memories = MemoryStore(folder=checkout / FOLDER, repository=find_repository(checkout))
    if has_memories:
        memories.write("conventions", "Routers are thin.")
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    opened = await open_session(ServerOptions(project=checkout, is_pinned=True), settings)
    try:
        with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
            tools = {tool.name: tool for tool in opened.tools}
            handover = Handover(tools=tools, ledger=ledger, folder=checkout, memories=memories)
            await handover.boot()
            await handover.hand_off(TASK, REPORT, is_proven=is_proven)
            called = [str(entry.data["tool"]).removeprefix("mcp__serena__") for entry in ledger.entries]
            told = " ".join(str(entry.data["outcome"]) for entry in ledger.entries)
    finally:
        await opened.close()
    assert called == calls
    assert str(checkout) not in told
    assert (checkout / MEMORY).exists() == is_kept
    assert (checkout / ".serena").exists() == has_memories
    if is_kept:
        assert "Offsets skip rows." in (checkout / MEMORY).read_text()
    assert Git(checkout).text("status", "--porcelain") == ""
