# tests/symbols/indexed.py — a small project with an index, for the tests of the index
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from python_coder.symbols.index import SymbolIndex
from python_coder.symbols.symbol import FileSymbols


@dataclass(frozen=True)
class Project:
    """A folder with an index whose store lies beside it."""

    root: Path
    store: Path
    index: SymbolIndex

    @classmethod
    def make(cls, folder: Path, files: dict[str, str]) -> "Project":
        root, store = folder / "project", folder / "store"
        root.mkdir(exist_ok=True)
        project = cls(root, store, SymbolIndex.open(root, store))
        for path, text in files.items():
            project.write(path, text)
        return project

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *words], cwd=self.root, check=True, capture_output=True)

    def names(self) -> dict[str, list[str]]:
        """Name paths of all symbols, by file."""
        return {path: [symbol.name_path for symbol in file.walk()] for path, file in contents(self.index).items()}

    def again(self) -> SymbolIndex:
        """A second index on the same store, as another process would open it."""
        return SymbolIndex.open(self.root, self.store)

    def afresh(self) -> dict[str, FileSymbols]:
        """What an index says that knows nothing from before."""
        with tempfile.TemporaryDirectory() as store:
            return contents(SymbolIndex.open(self.root, Path(store)))


def contents(index: SymbolIndex) -> dict[str, FileSymbols]:
    """All that an index says, by file."""
    return {path: index.overview(path) for path in index.paths()}
