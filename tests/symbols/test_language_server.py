# tests/symbols/test_language_server.py — what ty answers about a small project, also after edits, crashes and cuts
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from python_coder.errors import LanguageServerError, ToolRefusedError
from python_coder.symbols.language_server import LanguageServer
from python_coder.symbols.locations import Location, TextEdit
from python_coder.symbols.ty_server import ty_environment

FILES = {
    "pkg/__init__.py": "",
    "pkg/base.py": (
        "class Base:\n    def run(self) -> int:\n        return 1\n\n\n"
        "class Kid(Base):\n    def run(self) -> int:\n        return 2\n\n\n"
        "def unused() -> None: ...\n"
    ),
    "pkg/odd.py": (
        "from pkg.base import Base\nif True:\n\tw = '€😀😀'; v = Base()  # tab\n"
        "s = f'{Base()}😀{Base()}'\r\nt = Base()\n"
    ),
    "pkg/marked.py": "\ufefffrom pkg.base import Kid; k = Kid()\nk.run()\n",
    "main.py": "from pkg.base import Base, Kid as Child\n\n\ndef use(b: Base) -> int:\n    return b.run()\n",
}


def _write(root: Path, name: str, text: str) -> str:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8", newline="")
    return name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        _write(tmp_path, name, text)
    return tmp_path


@pytest.fixture
async def server(root: Path) -> AsyncIterator[LanguageServer]:
    server = LanguageServer(root, timeout_seconds=30)
    yield server
    await server.aclose()


def _places(found: Sequence[Location]) -> list[tuple[str, int, int]]:
    return [(each.path, each.line, each.column) for each in found]


def _pid(server: LanguageServer) -> int:
    match = re.search(r"process (\d+)", server.status)
    assert match, server.status
    return int(match[1])


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - it is a process that makes it so
            await asyncio.sleep(0.01)


def _is_gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


def _named(root: Path, found: Sequence[Location | TextEdit]) -> set[str]:
    """What stands at the places, by our own count of lines and columns."""
    texts = set()
    for each in found:
        text = (root / each.path).read_text(encoding="utf-8-sig", errors="strict")
        texts.add(text.splitlines()[each.line - 1][each.column : each.end_column])
    return texts


async def test_references_count_lines_and_columns_as_we_do(server: LanguageServer, root: Path) -> None:
    assert server.status.startswith("not started")
    found = await server.references("pkg/base.py", 1, 6)
    assert _places(found) == [
        ("main.py", 4, 11),
        ("pkg/base.py", 6, 10),
        ("pkg/odd.py", 3, 16),
        ("pkg/odd.py", 4, 7),
        ("pkg/odd.py", 4, 16),
        ("pkg/odd.py", 5, 4),
    ]
    everything = await server.references("pkg/base.py", 1, 6, include_declaration=True)
    assert _named(root, everything) == {"Base"}
    assert set(found) < set(everything)
    assert server.status.startswith("ready: ty 0.")


async def test_a_byte_order_mark_shifts_nothing(server: LanguageServer, root: Path) -> None:
    column = FILES["pkg/marked.py"].removeprefix("\ufeff").index("k = ")
    found = await server.references("pkg/marked.py", 1, column, include_declaration=True)
    assert _places(found) == [("pkg/marked.py", 1, column), ("pkg/marked.py", 2, 0)]
    assert _named(root, found) == {"k"}


@pytest.mark.parametrize("place", [("pkg/base.py", 11, 4), ("pkg/base.py", 3, 0), ("pkg/base.py", 900, 0)])
async def test_where_nothing_is_used_there_is_no_reference(server: LanguageServer, place: tuple[str, int, int]) -> None:
    assert await server.references(*place) == ()


async def test_declarations_lead_to_sources_and_stubs(server: LanguageServer, root: Path) -> None:
    run = [("pkg/base.py", 7, 8)]
    assert _places(await server.declaration("pkg/marked.py", 2, 3)) == run
    assert _places(await server.definition("pkg/marked.py", 2, 3)) == run
    (builtin,) = await server.declaration("pkg/base.py", 2, 22)
    assert Path(builtin.path).is_absolute()
    assert builtin.path.endswith("builtins.pyi")


async def test_implementations_are_subclasses_and_overrides(server: LanguageServer) -> None:
    assert _places(await server.implementations("pkg/base.py", 1, 6)) == [("pkg/base.py", 1, 6), ("pkg/base.py", 6, 6)]
    assert _places(await server.implementations("pkg/base.py", 2, 8)) == [("pkg/base.py", 2, 8), ("pkg/base.py", 7, 8)]


async def test_a_rename_covers_the_project_and_only_names(server: LanguageServer, root: Path) -> None:
    edits = await server.rename("pkg/base.py", 1, 6, "Größe")
    assert _named(root, edits) == {"Base"}
    assert {edit.path for edit in edits} == {"main.py", "pkg/base.py", "pkg/odd.py"}
    assert {edit.new_text for edit in edits} == {"Größe"}
    assert list(edits) == sorted(edits)


REFUSED = {
    "builtin": (("pkg/base.py", 2, 22), "whole", "cannot be renamed"),
    "keyword-place": (("pkg/base.py", 3, 9), "whole", "cannot be renamed"),
    "keyword": (("pkg/base.py", 1, 6), "class", "no name"),
    "two-words": (("pkg/base.py", 1, 6), "a b", "no name"),
    "empty": (("pkg/base.py", 1, 6), "", "no name"),
    "no-file": (("pkg/none.py", 1, 6), "whole", "no file"),
}


@pytest.mark.parametrize(("place", "new_name", "reason"), REFUSED.values(), ids=REFUSED)
async def test_renames_are_refused_with_a_reason(
    server: LanguageServer, place: tuple[str, int, int], new_name: str, reason: str
) -> None:
    with pytest.raises(ToolRefusedError, match=reason) as refusal:
        await server.rename(*place, new_name)
    assert "\n" not in str(refusal.value)


async def test_findings_of_what_is_on_disk_and_of_proposals(server: LanguageServer, root: Path) -> None:
    assert await server.diagnostics("pkg/base.py") == ()
    proposal = FILES["pkg/base.py"] + "s = '😀'; n: int = Base()\n"
    (found,) = await server.diagnostics("pkg/base.py", proposal)
    assert (found.path, found.line, found.column, found.severity) == ("pkg/base.py", 12, 18, "error")
    assert (found.code, "\n" in found.message) == ("invalid-assignment", False)
    assert await server.diagnostics("pkg/base.py") == ()
    (marked,) = await server.diagnostics("pkg/marked.py", "\ufeffn: int = ''\n")
    assert (marked.line, marked.column) == (1, 9)
    _write(root, "pkg/base.py", proposal)
    assert await server.diagnostics("pkg/base.py") == (found,)


async def test_a_proposed_file_leaves_no_trace(server: LanguageServer, root: Path) -> None:
    before = await server.references("pkg/base.py", 1, 6)
    (found,) = await server.diagnostics("pkg/new.py", "from pkg.base import Base\nn: int = Base()\n")
    assert found.code == "invalid-assignment"
    assert not (root / "pkg/new.py").exists()
    assert await server.references("pkg/base.py", 1, 6) == before


async def test_a_file_that_is_not_there_has_no_findings(server: LanguageServer) -> None:
    with pytest.raises(ToolRefusedError, match=r"no file 'pkg/none\.py'"):
        await server.diagnostics("pkg/none.py")


async def test_proposals_do_not_show_in_answers_to_others(server: LanguageServer) -> None:
    questions = [server.references("pkg/base.py", 1, 6) for _ in range(30)]
    proposals = [server.diagnostics("main.py", f"x: int = ''  # {n}\n") for n in range(10)]
    answers = await asyncio.gather(*questions, *proposals, *[server.diagnostics("main.py") for _ in range(10)])
    assert {len(each) for each in answers[:30]} == {6}
    assert {len(each) for each in answers[30:40]} == {1}
    assert {len(each) for each in answers[40:]} == {0}


async def _uses(server: LanguageServer) -> int:
    return len(await server.references("pkg/base.py", 1, 6)) - 6


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "unnoticed"])
async def test_answers_are_right_after_every_edit(server: LanguageServer, root: Path, is_told: bool) -> None:
    async def tell(*paths: str | Path) -> None:
        if is_told:
            await server.changed(paths)

    await tell("main.py")  # before it runs
    assert await _uses(server) == 0
    for count in [*range(10), 3, 0, 5]:  # quicker than the clock of the file system ticks
        await tell(_write(root, "pkg/more.py", "from pkg.base import Base\n" + "Base()\n" * count))
        assert await _uses(server) == count
    (root / "pkg/more.py").rename(root / "pkg/other.py")
    await tell("pkg/more.py", root / "pkg/other.py")
    assert await _uses(server) == 5
    (root / "pkg/other.py").unlink()
    await tell("pkg/other.py")
    assert await _uses(server) == 0
    for number in range(100):
        await tell(_write(root, f"many/m{number}.py", "from pkg.base import Base\nBase()\n"))
    assert await _uses(server) == 100
    shutil.rmtree(root / "many")
    await tell("many")
    assert await _uses(server) == 0


async def test_a_write_that_keeps_the_times_is_noticed(server: LanguageServer, root: Path) -> None:
    text = "from pkg.base import Base\nBase()\nint ()\n"
    _write(root, "pkg/more.py", text)
    times = (root / "pkg/more.py").stat()
    assert await _uses(server) == 1
    _write(root, "pkg/more.py", text.replace("int ", "Base"))
    os.utime(root / "pkg/more.py", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert await _uses(server) == 2


async def test_a_checkout_of_another_branch_is_noticed(server: LanguageServer, root: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "two")
    for number in range(80):
        _write(root, f"pkg/m{number}.py", "from pkg.base import Base\nBase()\n")
    (root / "main.py").unlink()
    git("add", ".")
    git("commit", "-m", "two")
    assert await _uses(server) == 79
    for branch, uses in (("main", 0), ("two", 79), ("main", 0)):
        git("checkout", branch)
        assert await _uses(server) == uses


async def test_a_crash_is_mended_and_the_question_asked_again(server: LanguageServer) -> None:
    await server.references("pkg/base.py", 1, 6)
    first = _pid(server)
    os.kill(first, signal.SIGSTOP)  # so that the question is open when it ends
    await asyncio.sleep(0.05)
    question = asyncio.create_task(server.references("pkg/base.py", 1, 6))
    await asyncio.sleep(0.05)
    os.kill(first, signal.SIGKILL)
    assert len(await question) == 6
    assert _pid(server) != first


KEPT = """
import asyncio, sys, time
from pathlib import Path
from python_coder.symbols.language_server import LanguageServer

async def main():
    server = LanguageServer(Path(sys.argv[1]))
    await server.diagnostics("main.py")
    print(server.status, flush=True)
    time.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
async def test_kill_9_leaves_no_ty_behind(root: Path) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", KEPT, str(root), stdout=subprocess.PIPE)
    assert owner.stdout
    pid = int(re.findall(rb"process (\d+)", await owner.stdout.readline())[0])
    os.kill(pid, signal.SIGSTOP)  # it cannot even see the end of its input
    owner.kill()
    await owner.wait()
    await _until(lambda: _is_gone(pid))


async def test_crashes_without_end_are_told(server: LanguageServer) -> None:
    for _ in range(4):
        await server.references("pkg/base.py", 1, 6)
        os.kill(_pid(server), signal.SIGKILL)
        await _until(lambda: not server.status.startswith("ready"))
    for _ in range(2):
        with pytest.raises(LanguageServerError, match=r"ended 4 times .* still work"):
            await server.references("pkg/base.py", 1, 6)
    assert "ended 4 times" in server.status
    await server.restart()
    assert len(await server.references("pkg/base.py", 1, 6)) == 6


async def test_a_server_that_is_stuck_is_started_anew(root: Path) -> None:
    server = LanguageServer(root, timeout_seconds=0.3)
    try:
        await server.diagnostics("main.py")
        stuck = _pid(server)
        os.kill(stuck, signal.SIGSTOP)
        await asyncio.sleep(0.05)  # its threads do not stop all at once
        for _ in range(2):
            with pytest.raises(LanguageServerError, match=r"did not answer diagnostic within 0\.3 seconds"):
                await server.diagnostics("main.py")
        assert _is_gone(stuck)
        await server.diagnostics("main.py")
        assert _pid(server) != stuck
    finally:
        await server.aclose()


async def test_cancelled_callers_hurt_nobody(server: LanguageServer) -> None:
    first = [asyncio.create_task(server.references("pkg/base.py", 1, 6)) for _ in range(5)]
    await asyncio.sleep(0.01)
    for task in first[:3]:
        task.cancel()  # while it starts
    assert {len(found) for found in await asyncio.gather(*first[3:])} == {6}
    for _ in range(5):
        tasks = [asyncio.create_task(server.diagnostics("main.py", "x: int = ''\n")) for _ in range(4)]
        tasks += [asyncio.create_task(server.references("pkg/base.py", 1, 6)) for _ in range(4)]
        await asyncio.sleep(0.002)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert len(await server.references("pkg/base.py", 1, 6)) == 6
    assert await server.diagnostics("main.py") == ()


async def test_warming_up_returns_at_once_and_the_first_question_finds_it_running(server: LanguageServer) -> None:
    started = time.perf_counter()
    server.warm_up()
    server.warm_up()
    assert time.perf_counter() - started < 0.05
    await _until(lambda: server.status.startswith("ready"))
    assert len(await server.references("pkg/base.py", 1, 6)) == 6


async def test_after_its_end_it_says_so(server: LanguageServer) -> None:
    server.warm_up()
    await server.references("pkg/base.py", 1, 6)
    pid = _pid(server)
    await server.aclose()
    await server.aclose()
    assert server.status == "closed"
    assert _is_gone(pid)
    with pytest.raises(LanguageServerError, match="closed"):
        await server.references("pkg/base.py", 1, 6)
    await server.changed(["main.py"])


async def test_no_folder_is_one_line(root: Path) -> None:
    server = LanguageServer(root / "none")
    with pytest.raises(LanguageServerError, match=r"cannot be started in .*none") as error:
        await server.diagnostics("main.py", "")
    assert "\n" not in str(error.value)
    assert "not running" in server.status
    server.warm_up()
    await server.aclose()


async def test_no_ty_is_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(root / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(root))
    server = LanguageServer(root)
    with pytest.raises(LanguageServerError, match=r"`ty` is not installed .* `pip install ty`; .* still work") as error:
        await server.references("pkg/base.py", 1, 6)
    assert "\n" not in str(error.value)
    await server.aclose()


def _environment(folder: Path) -> Path:
    """A virtual environment with one library in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    _write(packages, "third/__init__.py", "class Thing: ...\n")
    _write(packages, "third/py.typed", "")
    return folder


@pytest.mark.parametrize("where", [".venv", "venv", "given", "given-python"])
async def test_imports_resolve_in_the_projects_environment(
    root: Path, tmp_path_factory: pytest.TempPathFactory, where: str
) -> None:
    _write(root, "thirds.py", "from third import Thing\nclass Own(Thing): ...\nn: int = Thing()\n")
    is_given = where.startswith("given")
    folder = _environment(tmp_path_factory.mktemp("env") / "e" if is_given else root / where)
    python = folder / "bin" / "python" if where == "given-python" else folder
    server = LanguageServer(root, python=python if is_given else None)
    try:
        assert [found.code for found in await server.diagnostics("thirds.py")] == ["invalid-assignment"]
        (thing,) = await server.definition("thirds.py", 1, 19)
        assert thing.path.endswith("site-packages/third/__init__.py")
        assert _places(await server.references("thirds.py", 1, 19)) == [("thirds.py", 2, 10), ("thirds.py", 3, 9)]
        with pytest.raises(ToolRefusedError, match="cannot be renamed"):
            await server.rename("thirds.py", 2, 10, "Other")
    finally:
        await server.aclose()


async def test_a_package_that_is_installed_meanwhile_is_noticed(root: Path) -> None:
    folder = _environment(root / ".venv")
    server = LanguageServer(root)
    try:
        _write(root, "later.py", "import third, later_one\n")
        assert [found.code for found in await server.diagnostics("later.py")] == ["import-not-found"]
        (packages,) = folder.glob("lib/python*/site-packages")
        _write(packages, "later_one/__init__.py", "")
        assert await server.diagnostics("later.py") == ()
        shutil.rmtree(packages / "third")
        assert [found.column for found in await server.diagnostics("later.py")] == [7]
    finally:
        await server.aclose()


async def test_settings_that_ty_cannot_read_show_and_heal(server: LanguageServer, root: Path) -> None:
    _write(root, "pyproject.toml", "[tool.ty\n")
    assert await _uses(server) == 0
    assert "complains: Failed to load project" in server.status
    assert "pyproject.toml" in server.status
    assert "\n" not in server.status
    _write(root, "pyproject.toml", "[tool.ty.src]\nexclude = ['pkg/odd.py']\n")
    assert await _uses(server) == -4
    assert "complains" not in server.status


def test_the_environment_holds_no_secrets() -> None:
    environ = {"HOME": "/home/a", "TOKEN": "s", "AWS_SECRET": "s", "VIRTUAL_ENV": "/v", "PATH": "/p", "TY_UV": "1"}
    seen = ty_environment(environ)
    assert seen.keys() == {"PATH", "LANG", "HOME"}
    assert "/p" not in seen["PATH"].split(":")


async def test_two_projects_do_not_mix(
    server: LanguageServer, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other_root = tmp_path_factory.mktemp("other")
    link = other_root / "link"
    link.symlink_to(root)
    other = LanguageServer(link)
    try:
        _write(other_root, "pkg/base.py", "class Base: ...\nBase()\n")
        third = LanguageServer(other_root)
        assert len(await third.references("pkg/base.py", 1, 6)) == 1
        await third.aclose()
        assert await other.references("pkg/base.py", 1, 6) == await server.references("pkg/base.py", 1, 6)
    finally:
        await other.aclose()
