# src/python_coder/workspace/git.py — the git command line, without hooks, prompts or inherited surprises
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError
from python_coder.workspace.files import hash_name

# Where the user keeps the configuration, and who the user is. Everything else that git may have exported, such as
# GIT_DIR and GIT_INDEX_FILE inside a hook, would point our commands at the wrong index or repository.
_KEPT = re.compile(
    r"GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|(AUTHOR|COMMITTER)_(NAME|EMAIL)|CEILING_DIRECTORIES)"
)
_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
}
_ISOLATED = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_ATTR_NOSYSTEM": "1"}
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotepath=off",
    "core.splitIndex=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=utf-8",
)
_ISOLATED_SETTINGS = ("core.excludesFile=/dev/null", "core.attributesFile=/dev/null")
_FEW_BLOBS = 4
_OURS = "python-coder"
OUR_IDENTITY = {
    "GIT_AUTHOR_NAME": _OURS,
    "GIT_AUTHOR_EMAIL": f"{_OURS}@localhost",
    "GIT_COMMITTER_NAME": _OURS,
    "GIT_COMMITTER_EMAIL": f"{_OURS}@localhost",
}
"""Who makes the private commits, so that no user identity is asked for."""


@dataclass(frozen=True)
class Git:
    """Runs git in one folder. Hooks, signing, prompts, pagers and file system monitors are off."""

    folder: Path
    """Where commands run; the top of the work tree when there is one."""
    git_dir: Path | None = None
    """The repository, named outright so that no `.git` lying in a folder decides it; `None` lets git look for it."""
    is_isolated: bool = False
    """Whether it is a private repository of ours, to which no configuration of the user's applies."""

    def run(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)
    ) -> bytes:
        """Run one git command to its end and return its standard output.

        Args:
            args: Subcommand and its arguments.
            stdin: What it reads.
            env: Variables to set on top.
            ok: Exit codes that are an answer and no failure.

        Raises:
            UsageError: This is no git repository, or git does not trust its owner, or another git command holds it.
            EnvironmentLacksError: git is missing, or the disk is full or not writable.
            PythonCoderError: git failed in another way; the message has its last words.
        """
        settings = _SETTINGS + (_ISOLATED_SETTINGS if self.is_isolated else ())
        argv = [_program(), *(word for setting in settings for word in ("-c", setting)), *args]
        try:
            # In a session of its own, so that Ctrl-C ends us between two git commands and never within one.
            done = subprocess.run(
                argv,
                cwd=self.folder,
                env=self._environment() | dict(env or {}),
                input=stdin,
                capture_output=True,
                check=False,
                start_new_session=True,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(f"There is no folder {self.folder}. Name the folder of a git repository.") from error
        if done.returncode not in ok:
            raise _failure(self.folder, args[0], done.stderr.decode(errors="replace"))
        return done.stdout

    def text(self, *args: str, env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)) -> str:
        """As `run`, as text without the newline at its end."""
        return decode(self.run(*args, env=env, ok=ok)).removesuffix("\n")

    def common_dir(self) -> Path:
        """Folder that all worktrees of this repository share; a sandboxed process may only read it."""
        return Path(self.text("rev-parse", "--path-format=absolute", "--git-common-dir"))

    def _environment(self) -> dict[str, str]:
        env = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)
        }
        env |= _FIXED
        if self.is_isolated:
            env |= _ISOLATED
            env.pop("GIT_CONFIG_COUNT", None)
        if self.git_dir is not None:
            env |= {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.folder)}
        return env


def open_repository(path: Path) -> Git:
    """Find the repository whose work tree holds `path`.

    Returns:
        Git at the top of the work tree.

    Raises:
        UsageError: There is no such folder, no repository, no work tree, no commit, or no right to use it.
        EnvironmentLacksError: git is not installed.
    """
    here = Git(path.absolute() if path.is_dir() else path.absolute().parent)
    if not path.exists():
        raise UsageError(f"There is no folder {path}. Name the folder of a git repository with --repo.")
    if here.text("rev-parse", "--is-bare-repository") == "true":
        raise UsageError(f"{path} is a bare git repository, without files to work on. Clone it and name the clone.")
    if here.text("rev-parse", "--is-inside-work-tree") != "true":
        raise UsageError(f"{path} lies inside a .git folder. Name the folder with the project's files.")
    top = Path(here.text("rev-parse", "--show-toplevel"))
    git = Git(top, Path(here.text("rev-parse", "--absolute-git-dir")))
    if not git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128)):
        raise UsageError(f"The git repository {top} has no commits yet. Commit once: git add -A && git commit -m start")
    return git


def private_repository(folder: Path, *, objects: Path | None = None, like: str = "0" * 40) -> Git:
    """Make a repository of our own, untouched by any user configuration. Making it twice does no harm.

    Args:
        folder: The new git folder, bare.
        objects: Object folder of another repository whose content can be read through this one.
        like: An id of the other repository, to take the same hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kind = ("--bare", "--template=", f"--object-format={hash_name(like)}")
    Git(folder, is_isolated=True).run("init", "--quiet", *kind, str(folder))
    if objects is not None:
        alternates = folder / "objects" / "info" / "alternates"
        alternates.parent.mkdir(exist_ok=True)
        alternates.write_bytes(c_quoted(os.fsencode(objects)) + b"\n")
    return Git(folder, folder, is_isolated=True)


def write_blobs(git: Git, contents: Iterable[bytes]) -> None:
    """Put contents into the object store, with no filter on their way."""
    blobs = list(contents)
    if len(blobs) <= _FEW_BLOBS:
        for blob in blobs:
            git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=blob)
        return
    stream = b"".join(b"blob\ndata %d\n%b\n" % (len(blob), blob) for blob in blobs)
    git.run("fast-import", "--quiet", stdin=stream)


def commit_tree(git: Git, tree: str, *, parents: tuple[str, ...], message: str, env: Mapping[str, str]) -> str:
    """Write a commit that no ref points to yet. Returns its id.

    Args:
        git: Repository that gets it.
        tree: Tree id.
        parents: Commit ids.
        message: Whole message; git does not tidy it.
        env: Identity to commit under: `OUR_IDENTITY` or `user_identity`.
    """
    words = [word for parent in parents for word in ("-p", parent)]
    text = message.replace("\0", "")
    text = text if text.strip() else "No message\n"
    return decode(git.run("commit-tree", tree, *words, "-F", "-", stdin=encode(text), env=env)).strip()


def user_identity(git: Git) -> dict[str, str]:
    """Variables that make a commit the user's, or ours when the user has set no name and address."""
    idents = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    # Git would otherwise make up a name and address from the machine's.
    is_set = all(git.run("-c", "user.useConfigOnly=true", "var", ident, ok=(0, 1, 128)) for ident in idents)
    return {} if is_set else dict(OUR_IDENTITY)


def decode(text: bytes) -> str:
    """Bytes from git as text; a path that is not UTF-8 survives the way back through `encode`."""
    return text.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made text of."""
    return text.encode("utf-8", "surrogateescape")


def c_quoted(path: bytes) -> bytes:
    """A path as git reads it on a line of its own."""
    if not path.startswith((b'"', b"#")) and b"\n" not in path:
        return path
    return b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _program() -> str:
    program = shutil.which("git")
    if program is None:
        raise EnvironmentLacksError("git is not installed, or not on PATH. Install it: sudo apt-get install git")
    return program


def _failure(folder: Path, subcommand: str, errors: str) -> PythonCoderError:
    lines = [line for line in errors.strip().splitlines() if not line.startswith("hint:")]
    last = lines[-1] if lines else "no message"
    if "dubious ownership" in errors:
        return UsageError(
            f"git does not trust {folder}, since another user owns it. If you do: "
            f"git config --global --add safe.directory {folder}"
        )
    if "not a git repository" in errors:
        make = "git init && git add -A && git commit -m start"
        return UsageError(f"{folder} is not in a git repository. Go to one, or make one: {make}")
    if re.search(r"\.lock': File exists", errors):
        return UsageError(f"Another git command holds the repository of {folder}: {last} Wait for it, then try again.")
    if re.search(
        r"No space left|Disk quota|Read-only file system|[Pp]ermission denied|insufficient permission", errors
    ):
        return EnvironmentLacksError(f"git {subcommand} cannot write for {folder}: {last} Mend that: df -h {folder}")
    return PythonCoderError(f"git {subcommand} failed in {folder}: {last}")
