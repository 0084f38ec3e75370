# src/python_coder/workspace/checkpoints.py — the saved states of a worktree, on private refs of the user's repository
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from python_coder.workspace.git import OUR_IDENTITY, Git, c_quoted, decode, encode
from python_coder.workspace.trees import check_path

_NAME, _ADDRESS = OUR_IDENTITY["GIT_COMMITTER_NAME"], OUR_IDENTITY["GIT_COMMITTER_EMAIL"]
_SETTINGS = ("-c", "core.logAllRefUpdates=false", "-c", "core.ignoreCase=false")


class Written(NamedTuple):
    """What a worktree holds at one path."""

    mode: str
    """As git writes it; never a submodule."""
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One saved state of the worktree."""

    number: int
    """Counted from 1 in the order they were made."""
    label: str
    tree: str
    commit: str


@dataclass
class Checkpoints:
    """The chain of saved states of one run. One process adds to it at a time."""

    git: Git
    """The user's repository."""
    refs: str
    """Folder of the run's private refs."""
    base_commit: str
    base_tree: str
    _last: Checkpoint | None = field(default=None, init=False)

    def all(self) -> list[Checkpoint]:
        """All saved states, oldest first."""
        form = "%(refname)%00%(objectname)%00%(tree)%00%(subject)"
        lines = self.git.text("for-each-ref", f"--format={form}", f"{self.refs}/").splitlines()
        rows = [line.split("\0") for line in lines]
        numbered = [(ref.rpartition("/")[2], commit, tree, label) for ref, commit, tree, label in rows]
        done = [
            Checkpoint(number=int(name), label=label, tree=tree, commit=commit)
            for name, commit, tree, label in numbered
            if name.isdecimal()
        ]
        return sorted(done, key=lambda checkpoint: checkpoint.number)

    def add(self, changes: Mapping[str, Written | None], label: str) -> Checkpoint:
        """Save one more state, with a single git process: it writes the objects first and the ref last.

        Git itself refuses to move a ref that another process has made in the meantime.

        Args:
            changes: What differs from the base; `None` for what is gone.
            label: One line.
        """
        last = self._last or next(reversed(self.all()), None)
        number, parent = (last.number + 1, last.commit) if last else (1, self.base_commit)
        name = " ".join(label.split()) or "checkpoint"
        stream = b"".join(
            (
                f"commit {self.refs}/{number}\nmark :1\ncommitter {_NAME} <{_ADDRESS}> now\n".encode(),
                _data(encode(f"{name}\n")),
                # The empty path is the root: each state is told as the base and what differs from it.
                f'from {parent}\nM 040000 {self.base_tree} ""\n'.encode(),
                *_told(changes),
                b'ls ""\nget-mark :1\n',
            )
        )
        said = decode(self.git.run(*_SETTINGS, "fast-import", "--quiet", "--date-format=now", stdin=stream))
        root, commit = said.splitlines()
        self._last = Checkpoint(number=number, label=name, tree=root.split()[2], commit=commit)
        return self._last


def _told(changes: Mapping[str, Written | None]) -> Iterator[bytes]:
    """The commands of `git fast-import`. What is gone comes first: a file may stand where a folder was."""
    for path in changes:
        check_path(path)
    for path in (path for path, found in changes.items() if found is None):
        yield b"D %b\n" % c_quoted(encode(path))
    for path, found in changes.items():
        if found is not None:
            yield b"M %b inline %b\n" % (found.mode.encode(), c_quoted(encode(path)))
            yield _data(found.content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
