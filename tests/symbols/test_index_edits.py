# tests/symbols/test_index_edits.py — after many edits, checkouts and in worktrees, the index equals one built afresh
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.symbols.index import SymbolIndex
from symbols.indexed import Project, contents

PIECES = (
    "def {0}(a):\n    return a\n",
    "class {0}:\n    x: int = 1\n\n    def {0}(self):\n        pass\n",
    "@route(\n    '/{0}'\n)\nasync def {0}(): ...\n",
    "{0} = 1\n",
    "if {0}:\n    def {0}(): ...\nelse:\n    {0} = None\n",
    "def {0}(:\n    pass\n",
    "{0} = (\n",
    "# {0}\n",
)
SIGNS = "()[]:'\"\n\t #\\@=é"


class Editor:
    """Changes a project as people and programs do, from a seed."""

    def __init__(self, project: Project, seed: int) -> None:
        self.project = project
        self.draw = random.Random(seed)
        self.ways: list[Callable[[Path], object]] = [
            *[self.add] * 5,
            *[self.drop_line] * 3,
            *[self.put_sign] * 3,
            *[self.swap_word] * 3,
            self.remove,
            self.move,
            self.rewrite,
            self.move_folder,
            self.ignore,
            self.link,
        ]

    def edit(self) -> None:
        files = [path for path in self.project.root.rglob("*.py") if path.is_file() and not path.is_symlink()]
        self.draw.choice(self.ways)(self.draw.choice(sorted(files)) if files else self.new_path())

    def new_path(self) -> Path:
        folder = self.draw.choice(["", "a/", "a/b/", "c/", "build/"])
        return self.project.root / f"{folder}{self.draw.choice('mnopq')}.py"

    def piece(self) -> str:
        return self.draw.choice(PIECES).format(self.draw.choice(["save", "load", "Order", "LIMIT"]))

    def add(self, _: Path) -> None:
        path = self.new_path()
        if not path.is_dir() and (path.parent.is_dir() or not path.parent.exists()):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(self.piece())

    def _lines(self, path: Path) -> list[str]:
        return path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []

    def drop_line(self, path: Path) -> None:
        lines = self._lines(path)
        if lines:
            lines.pop(self.draw.randrange(len(lines)))
            path.write_text("".join(lines), encoding="utf-8")

    def put_sign(self, path: Path) -> None:
        text = "".join(self._lines(path))
        at = self.draw.randint(0, len(text))
        self.project.write(str(path.relative_to(self.project.root)), text[:at] + self.draw.choice(SIGNS) + text[at:])

    def swap_word(self, path: Path) -> None:
        text = "".join(self._lines(path))
        self.project.write(str(path.relative_to(self.project.root)), text.replace("save", "load"))

    def rewrite(self, path: Path) -> None:
        beside = path.with_name("beside.tmp")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(self.piece(), encoding="utf-8")
        beside.replace(path)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def move(self, path: Path) -> None:
        target = self.new_path()
        if path.exists() and target.parent.is_dir() and not target.is_dir():
            path.replace(target)

    def move_folder(self, _: Path) -> None:
        one, other = self.draw.sample(["a", "c", "build", "a/b"], 2)
        source, target = self.project.root / one, self.project.root / other
        is_free = not target.exists() and target.parent.is_dir() and not other.startswith(one)
        if is_free and source.is_dir() and not source.is_symlink():
            source.rename(target)

    def ignore(self, _: Path) -> None:
        folder = self.draw.choice(["", "a/"])
        if (self.project.root / folder).is_dir():
            self.project.write(f"{folder}.gitignore", self.draw.choice(["", "build/\n", "m.py\n", "*\n!*/\n!n.py\n"]))

    def link(self, path: Path) -> None:
        link = self.project.root / "c"
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        elif not link.exists() and not link.is_symlink():
            link.symlink_to("a")
        elif link.is_symlink():
            link.unlink()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_an_index_built_afresh_after_500_edits(tmp_path: Path, seed: int) -> None:
    project = Project.make(tmp_path, {"a/m.py": "def save(): ...\n", "n.py": "x = 1\n"})
    editor = Editor(project, seed)
    other = project.again()
    for number in range(1, 501):
        editor.edit()
        if number % 25 == 0:
            expected = project.afresh()
            assert contents(project.index) == expected, number
            assert contents(project.again()) == expected, number
        if number % 100 == 0:
            assert contents(other) == project.afresh(), number


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    project = Project.make(tmp_path, {"app/a.py": "def one(): ...\n", "app/b.py": "B = 1\n", ".gitignore": "build/\n"})
    project.write("build/gen.py", "gen = 1\n")
    project.git("init", "-q")
    project.git("add", ".")
    project.git("commit", "-qm", "one")
    project.git("checkout", "-qb", "other")
    project.write("app/a.py", "def two(): ...\n")
    project.write("app/c/d.py", "D = 1\n")
    project.git("rm", "-q", "app/b.py")
    project.git("add", ".")
    project.git("commit", "-qm", "two")
    return project


ONE = {"app/a.py": ["one"], "app/b.py": ["B"]}
TWO = {"app/a.py": ["two"], "app/c/d.py": ["D"]}


def test_follows_a_checkout(repository: Project) -> None:
    for _ in range(3):
        assert repository.names() == TWO
        repository.git("checkout", "-q", "main")
        assert repository.names() == ONE
        repository.git("checkout", "-q", "other")
    repository.git("reset", "-q", "--hard", "main")
    assert repository.names() == ONE


def test_each_worktree_has_its_own(repository: Project) -> None:
    for place in ("beside", "project/inside"):
        worktree = repository.root.parent / place
        repository.git("worktree", "add", "-q", "--detach", str(worktree), "main")
        index = SymbolIndex.open(worktree, repository.store)
        assert [symbol.name_path for symbol in index.find("one")] == ["one"]
        (worktree / "app/a.py").write_text("def three(): ...\n", encoding="utf-8")
        assert [symbol.name_path for symbol in index.find("three")] == ["three"]
        assert index.find("one") == []
    assert repository.names() == TWO
    assert len(list(repository.store.glob("*.sqlite"))) == 3


def test_a_worktree_obeys_the_repositorys_exclude_file(repository: Project) -> None:
    with (repository.root / ".git/info/exclude").open("a", encoding="utf-8") as file:
        file.write("b.py\n")
    worktree = repository.root.parent / "beside"
    repository.git("worktree", "add", "-q", "--detach", str(worktree), "main")
    index = SymbolIndex.open(worktree, repository.store)
    assert list(index.paths()) == ["app/a.py"]
    (repository.root / ".git/info/exclude").write_text("", encoding="utf-8")
    assert list(index.paths()) == ["app/a.py", "app/b.py"]


def test_a_project_below_its_repository_obeys_the_rules_above(repository: Project) -> None:
    index = SymbolIndex.open(repository.root / "app", repository.store)
    assert list(index.paths()) == ["a.py", "c/d.py"]
    repository.write(".gitignore", "/app/c/\n/c/\na.pyc\n")
    assert list(index.paths()) == ["a.py"]
    repository.write(".gitignore", "app/\n")
    assert list(index.paths()) == ["a.py", "c/d.py"], "a root that is ignored itself was meant"
    (repository.root / ".git").rename(repository.root / "git")
    assert list(index.paths()) == ["a.py", "c/d.py"]
