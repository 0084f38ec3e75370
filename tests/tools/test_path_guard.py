# tests/tools/test_path_guard.py — attempts to read or write outside the project, or what is secret in it: none succeeds
import os
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.tools.files import ABSENT, ProjectFiles, digest_of, refusal

SECRET = "token = 'of another project'\n"
HARMLESS = "x = 1\n"
TOP = "root"
"""What `/proc` calls the top of the file system."""

# Path, and what a refusal says. `{outside}` is a real folder beside the project.
ATTEMPTS = {
    "parent": "../outside/secret.txt",
    "parent-of-folder": "app/../../outside/secret.txt",
    "parent-deep": "app/inner/../../../outside/secret.txt",
    "parent-behind-dots": "./././../outside/secret.txt",
    "parent-behind-slashes": "app//..//..//outside/secret.txt",
    "parent-that-stays-inside": "app/../app/main.py",
    "parent-at-the-end": "app/..",
    "absolute": "{outside}/secret.txt",
    "absolute-inside": "{root}/app/main.py",
    "absolute-two-slashes": "//{outside}/secret.txt",
    "proc-root": f"/proc/self/{TOP}{{outside}}/secret.txt",
    "proc-cwd": "/proc/self/cwd/../outside/secret.txt",
    "device": "/dev/stdin",
    "home": "~/secret.txt",
    "home-of-another": "~someone/.bashrc",
    "backslash": "..\\outside\\secret.txt",
    "backslash-one": "app\\..\\..\\outside\\secret.txt",
    "drive-with-backslash": "C:\\outside\\secret.txt",
    "nul": "app/main.py\0.txt",
    "nul-before-parent": "app\0/../../outside/secret.txt",
    "newline": "app/main.py\n",
    "fullwidth-dots": "\uff0e\uff0e/outside/secret.txt",
    "one-dot-leader": "\u2024\u2024/outside/secret.txt",
    "two-dot-leader": "\u2025/outside/secret.txt",
    "fullwidth-home": "\uff5e/secret.txt",
    "zero-width-in-parent": ".\u200b./outside/secret.txt",
    "right-to-left": "app/\u202eyp.niam",
    "surrogate": "app/\udce9.py",
    "link-to-file": "link.txt",
    "link-to-folder": "out/secret.txt",
    "link-to-link": "out2/secret.txt",
    "link-in-a-folder": "app/up/outside/secret.txt",
    "link-to-a-new-file": "dangling.txt",
    "link-that-stays-inside": "alias.py",
    "link-into-git": "gitlink/config",
    "link-to-proc": f"self/{TOP}/etc/passwd",
    "hard-link-to-outside": "hard.txt",
    "hard-link-to-env": "settings.txt",
    "git": ".git/config",
    "git-hook": ".git/hooks/pre-commit",
    "git-itself": ".git",
    "git-upper": ".GIT/config",
    "git-mixed": "vendor/.Git/config",
    "git-dot": ".git./config",
    "git-blank": ".git /config",
    "git-stream": ".git::$INDEX_ALLOCATION/config",
    "git-short": "GIT~1/config",
    "git-zero-width": ".g\u200cit/config",
    "git-fullwidth": "\uff0egit/config",
    "git-long-s-like": ".\uff47\uff49\uff54/config",
    "git-behind-dots": "./.git/config",
    "git-of-a-worktree": "tree/.git",
    "env": ".env",
    "env-upper": ".ENV",
    "env-dot": ".env.",
    "env-stream": ".env:x",
    "env-local": "backend/.env.local",
    "env-production": ".env.production",
    "envrc": ".envrc",
    "env-folder": ".envs/production/app",
    "env-below-example": ".env.example.local",
    "env-by-suffix": "docker/prod.env",
    "env-ligature": ".e\uff4ev",
    "ssh-key": "deploy/id_ed25519",
    "ssh-folder": ".ssh/config",
    "key": "certs/server.key",
    "key-upper": "certs/SERVER.KEY",
    "pem": "ca.pem",
    "netrc": ".netrc",
    "npmrc": "web/.npmrc",
    "aws": ".aws/credentials",
    "git-credentials": ".git-credentials",
    "service-account": "service-account-prod.json",
    "empty": "",
    "dot": ".",
    "slash": "/",
    "folder-too-deep": "a/" * 3000 + "x.py",
    "name-too-long": "a" * 256 + ".py",
    "name-too-long-in-bytes": "\u00e9" * 130,
    "through-a-file": "app/main.py/x.py",
    "pipe": "pipe",
    "socket": "socket",
    "folder": "app",
}

READ_AS_NONE = {"through-a-file", "pipe", "socket", "folder"}
"""Where there simply is no file to read; writing is refused."""


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("guard")
    root, outside = base / "project", base / "outside"
    (root / "app" / "inner").mkdir(parents=True)
    (root / "app" / "main.py").write_text(HARMLESS)
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    (outside / "second.txt").write_text(SECRET)
    for path in (".git/config", ".git/hooks/pre-commit", ".env", "tree/.git", "certs/server.key"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(SECRET)
    links = {
        "link.txt": outside / "secret.txt",
        "out": outside,
        "out2": Path("out"),
        "app/up": Path("../.."),
        "dangling.txt": outside / "new.txt",
        "alias.py": Path("app/main.py"),
        "gitlink": Path(".git"),
        "self": Path("/proc/self"),
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.link(outside / "second.txt", root / "hard.txt")
    os.link(root / ".env", root / "settings.txt")
    os.mkfifo(root / "pipe")
    # The address of a socket may have at most 108 bytes.
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(root, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
        yield root


def everything(base: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of all that is there, links not followed."""
    found: dict[str, tuple[int, bytes]] = {}
    for folder, folders, files in os.walk(base):
        for name in [*folders, *files]:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                content = os.fsencode(path.readlink())
            else:
                content = path.read_bytes() if stat.S_ISREG(mode) else b""
            found[str(path)] = (mode, content)
    return found


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_gets_nothing_and_changes_nothing(project: Path, name: str) -> None:
    path = ATTEMPTS[name].format(root=project, outside=project.parent / "outside")
    files, before = ProjectFiles(project), everything(project.parent)
    if name in READ_AS_NONE:
        assert files.read(path) is None
        assert files.read_bytes(path) is None
    else:
        with pytest.raises(ToolRefusedError):
            files.read(path)
    attempts: list[Callable[[], object]] = [
        lambda: files.open_text(path),
        lambda: files.write(path, "stolen = 1\n"),
        lambda: files.write(path, b"stolen", expected_digest=ABSENT),
        lambda: files.write(path, b"stolen", expected_digest=digest_of(SECRET.encode())),
    ]
    for attempt in attempts:
        with pytest.raises(ToolRefusedError):
            attempt()
    if name not in {"through-a-file", "hard-link-to-outside", "hard-link-to-env"}:
        with pytest.raises(ToolRefusedError):
            files.delete(path)
    assert everything(project.parent) == before


def test_the_list_of_files_shows_only_what_may_be_read(project: Path) -> None:
    assert ProjectFiles(project).paths() == ["app/main.py"]


ALLOWED = (
    *(".env.example", "backend/.env.sample", ".env.template", "example.env", "env.py", "alembic/env.py"),
    *("app/secrets.py", "app/keys.py", ".gitignore", ".github/workflows/ci.yml", ".gitattributes", "git/x.py"),
    *("docs/...", "a..b/c..d", "app/~x", "caf\u00e9/\u6f22\u5b57.py", "x y/z.py", "id_rsa.pub", ".secrets.baseline"),
    *("./app/new.py", "app//new.py", "a" * 252 + ".py", "-rf", "$HOME/x", "%2e%2e/x", "CON", "app/key", "...", "..a"),
)


@pytest.mark.parametrize("path", ALLOWED)
def test_honest_paths_are_open(tmp_path: Path, path: str) -> None:
    files = ProjectFiles(tmp_path)
    files.write(path, HARMLESS, expected_digest=ABSENT)
    assert files.read(path) == HARMLESS
    files.delete(path)
    assert files.read(path) is None


PARTS = st.sampled_from(
    [
        *(
            "..",
            ".",
            "",
            "app",
            "out",
            ".git",
            ".GIT.",
            ".env",
            "~",
            "main.py",
            "link.txt",
            "pipe",
            "\uff0e\uff0e",
            "a\0b",
        )
    ]
)


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("maze")
    (base / "project" / "app").mkdir(parents=True)
    (base / "project" / "app" / "main.py").write_text(HARMLESS)
    (base / "project" / ".git").mkdir()
    (base / "outside").mkdir()
    (base / "outside" / "main.py").write_text(SECRET)
    for folder in ("project", "project/app"):
        (base / folder / "out").symlink_to(base / "outside")
        (base / folder / "link.txt").symlink_to(base / "outside" / "main.py")
        os.mkfifo(base / folder / "pipe")
    return base


@settings(deadline=None, max_examples=300)
@example(path="app/../../outside/main.py")
@example(path="out/main.py")
@example(path="app/link.txt")
@given(
    path=st.one_of(st.lists(PARTS, max_size=6).map("/".join), st.text(max_size=40), st.text("./\\~\0ab", max_size=12))
)
def test_no_path_leads_outside(maze: Path, path: str) -> None:
    files = ProjectFiles(maze / "project")
    outside, git = everything(maze / "outside"), everything(maze / "project" / ".git")
    beside = {entry.name for entry in maze.iterdir()}
    try:
        assert files.read(path) in {None, HARMLESS}
        files.write(path, HARMLESS)
        assert files.read(path) == HARMLESS
        assert (maze / "project" / path).resolve().is_relative_to(maze / "project")
        if not path.endswith("main.py"):
            files.delete(path)
    except ToolRefusedError:
        pass
    assert everything(maze / "outside") == outside
    assert everything(maze / "project" / ".git") == git
    assert {entry.name for entry in maze.iterdir()} == beside


@given(path=st.text(alphabet="ab./\\~\0.git env\uff0e\u200b", max_size=30))
def test_an_allowed_text_stays_inside(path: str) -> None:
    if refusal(path) is None:
        assert os.path.normpath(f"/inside/{path}").startswith("/inside/")
        assert not {".git", ".env", ".."} & {part.lower().rstrip(". ") or part for part in path.split("/")}


class Swapping:
    """Swaps a folder, or a file, with a link to the outside as fast as it can, until it is left."""

    def __init__(self, root: Path, name: str, target: Path) -> None:
        self.real, self.aside, self.link = root / name, root / "aside", root / "linked"
        self.link.symlink_to(target)
        self.rounds, self.is_over = 0, threading.Event()
        self.thread = threading.Thread(target=self.swap)

    def swap(self) -> None:
        while not self.is_over.is_set():
            self.real.rename(self.aside)
            self.take_place(self.link)
            self.real.rename(self.link)
            self.take_place(self.aside)
            self.rounds += 1

    def take_place(self, newcomer: Path) -> None:
        """Put something in the place, which a tool may have filled meanwhile."""
        while True:
            try:
                newcomer.rename(self.real)
            except OSError:
                shutil.rmtree(self.real, ignore_errors=True)
            else:
                return

    def __enter__(self) -> "Swapping":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.thread.join()


RACES: dict[str, Callable[[ProjectFiles], object]] = {
    "read": lambda files: files.read("app/secret.txt"),
    "write": lambda files: files.write("app/secret.txt", HARMLESS),
    "create": lambda files: files.write("app/inner/new.txt", HARMLESS),
    "delete": lambda files: files.delete("app/secret.txt"),
    "list": lambda files: [path for path in files.paths() if "only-outside" in path],
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("race", RACES)
def test_a_link_made_after_the_check_is_not_followed(tmp_path: Path, race: str) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / "app").mkdir(parents=True)
    outside.mkdir()
    for name in ("secret.txt", "only-outside.txt"):
        (outside / name).write_text(SECRET)
    files, before = ProjectFiles(root), everything(outside)
    seen: set[object] = set()
    with Swapping(root, "app", outside) as swapping:
        while swapping.rounds < 1500:
            try:
                seen.add(repr(RACES[race](files)))
            except ToolRefusedError:
                seen.add("refused")
    assert everything(outside) == before
    assert not {repr(SECRET), repr(["app/only-outside.txt"])} & seen
    assert len(seen) > 1 or race in {"list", "delete"}


@pytest.mark.timeout(60)
def test_a_file_swapped_for_a_link_is_neither_read_nor_written(tmp_path: Path) -> None:
    root, secret = tmp_path / "project", tmp_path / "secret.txt"
    root.mkdir()
    secret.write_text(SECRET)
    (root / "notes.txt").write_text(HARMLESS)
    files, seen = ProjectFiles(root), set()
    with Swapping(root, "notes.txt", secret) as swapping:
        while swapping.rounds < 1500:
            try:
                seen.add(files.read("notes.txt"))
            except ToolRefusedError:
                seen.add("refused")
    assert SECRET not in seen
    assert secret.read_text() == SECRET


def test_many_writers_leave_whole_files(tmp_path: Path) -> None:
    files = ProjectFiles(tmp_path)
    texts = [f"{letter * 50_000}\n" for letter in "abcd"]
    threads = [
        threading.Thread(target=lambda text=text: [files.write("x.txt", text) for _ in range(10)]) for text in texts
    ]
    for thread in threads:
        thread.start()
    seen = {files.read("x.txt") for _ in range(100)}
    for thread in threads:
        thread.join()
    assert seen <= {None, *texts}
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_only_one_of_many_stale_writers_wins_in_turn(tmp_path: Path) -> None:
    files = ProjectFiles(tmp_path)
    files.write("x.txt", "first\n", expected_digest=ABSENT)
    one, two = files.open_text("x.txt"), files.open_text("x.txt")
    files.save(one, "second\n")
    for late in (
        lambda: files.save(two, "third\n"),
        lambda: files.write("x.txt", "third\n", expected_digest=two.digest),
        lambda: files.write("x.txt", "third\n", expected_digest=ABSENT),
        lambda: files.delete("x.txt", expected_digest=two.digest),
    ):
        with pytest.raises(ToolRefusedError, match="since it was read"):
            late()
    assert (tmp_path / "x.txt").read_text() == "second\n"


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o444, 0o664])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    (tmp_path / "run.sh").write_text("old")
    (tmp_path / "run.sh").chmod(mode)
    if mode & 0o200:
        ProjectFiles(tmp_path).write("run.sh", "new")
        assert (tmp_path / "run.sh").read_text() == "new"
    assert (tmp_path / "run.sh").stat().st_mode & 0o7777 == mode


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    ProjectFiles(tmp_path).write("made/new.txt", "x")
    assert (tmp_path / "made" / "new.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


BROKEN = {
    "new": (None, "def f(:\n    pass\n"),
    "changed": (b"x = 1\n", "x = (\n"),
    "stub": (b"x: int\n", "x: int = = 1\n"),
    "still-broken": (b"x = (\n", "x = [\n"),
}


@pytest.mark.parametrize(("before", "text"), BROKEN.values(), ids=BROKEN)
def test_python_that_does_not_parse_is_not_written(tmp_path: Path, before: bytes | None, text: str) -> None:
    path = tmp_path / ("a.pyi" if "int" in text else "a.py")
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(ToolRefusedError, match=r"line 1(.|\n)*\^"):
        ProjectFiles(tmp_path).write(path.name, text)
    assert (path.read_bytes() if path.exists() else None) == before


def test_syntax_is_judged_by_the_version_that_the_project_supports(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.9"\n')
    files, text = ProjectFiles(tmp_path), "match 1:\n    case 1:\n        pass\n"
    files.write("tool.py", text)
    with pytest.raises(ToolRefusedError, match=r"on Python 3\.9"):
        files.write("backend/app.py", text)


def test_dress_of_the_replaced_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    (tmp_path / "b.py").write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    files = ProjectFiles(tmp_path)
    files.write("a.py", "x = 2\ny = 3\n")
    files.write("b.py", "# coding: latin-1\nx = '\xe8'\n")
    assert (tmp_path / "a.py").read_bytes() == b"\xef\xbb\xbfx = 2\r\ny = 3\r\n"
    assert (tmp_path / "b.py").read_bytes() == b"# coding: latin-1\nx = '\xe8'\n"


def test_a_mark_that_stood_there_may_stay_and_no_other_may_come(tmp_path: Path) -> None:
    files = ProjectFiles(tmp_path)
    (tmp_path / "a.txt").write_text("mark = [redacted]\nkey = real\n")
    files.write("a.txt", "mark = [redacted]\nkey = real\nmore\n")
    for content in ("mark = [redacted]\nkey = [redacted]\n", b"key = [redacted]\n"):
        with pytest.raises(ToolRefusedError, match="redaction mark"):
            files.write("a.txt", content)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.txt").chmod(0)
    if os.access(tmp_path / "a.txt", os.R_OK):
        pytest.skip("root reads every file; run the tests as another user to see this one")
    with pytest.raises(ToolRefusedError, match="Permission denied"):
        ProjectFiles(tmp_path).read("a.txt")


def test_a_root_that_is_gone_is_told(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    shutil.rmtree(root)
    assert ProjectFiles(root).read("a.py") is None
