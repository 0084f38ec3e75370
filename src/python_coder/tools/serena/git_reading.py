# src/python_coder/tools/serena/git_reading.py — git commands that only read, and cannot start other programs
from collections.abc import Sequence

from python_coder.errors import ToolRefusedError

# By command: the arguments that keep it reading, where others would make it write; `None` for all of them.
_VERBS: dict[str, frozenset[str] | None] = {
    **dict.fromkeys(("status", "log", "diff", "show", "blame", "shortlog", "describe", "grep", "whatchanged")),
    **dict.fromkeys(("ls-files", "ls-tree", "rev-parse", "rev-list", "cat-file", "merge-base", "name-rev")),
    **dict.fromkeys(("diff-tree", "diff-index", "diff-files", "for-each-ref", "show-ref", "count-objects", "version")),
    "branch": frozenset(("-a", "-r", "-v", "-vv", "--all", "--list", "-l", "--remotes", "--show-current", "--verbose")),
    "tag": frozenset(("-l", "--list", "-n")),
    "remote": frozenset(),
    "stash": frozenset(("list", "show", "-p", "--stat")),
    "worktree": frozenset(("list", "--porcelain")),
    "reflog": frozenset(("show",)),
}
_NEED_A_WORD = {"stash": "list", "worktree": "list"}
_NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")
# Options that keep a repository's own settings from starting programs.
_KEPT_QUIET = {
    **dict.fromkeys(("log", "diff", "show", "whatchanged", "diff-tree", "diff-index", "diff-files"), _NO_PROGRAMS),
    **dict.fromkeys(("blame", "grep"), ("--no-textconv",)),
}

# Each writes a file, starts a program, or reads outside the repository. Git takes any unique beginning of them.
_CLOSED = tuple(
    f"--{name}"
    for name in (
        *("output", "ext-diff", "textconv", "filters", "no-index", "open-files-in-pager", "upload-pack", "exec"),
        *("exec-path", "paginate", "contents", "ignore-revs-file", "batch-command", "exclude-from", "from-file"),
        *("git-dir", "work-tree", "config-env", "exclude-per-directory", "resolve-git-dir", "path-format-from"),
    )
)
_OPEN_BEGINNINGS = frozenset(("--text", "--filter", "--exclude", "--path", "--no", "--ignore"))
_SETTINGS = {
    **dict.fromkeys(("core.fsmonitor", "log.showSignature", "submodule.recurse"), "false"),
    **dict.fromkeys(("core.editor", "core.sshCommand", "gpg.program"), "false"),
    "core.hooksPath": "/dev/null",
    "core.pager": "cat",
    "diff.external": "",
    "diff.submodule": "short",
    "protocol.allow": "never",
    "safe.directory": "*",
}

ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "GIT_CONFIG_COUNT": str(len(_SETTINGS)),
    **{f"GIT_CONFIG_KEY_{number}": name for number, name in enumerate(_SETTINGS)},
    **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(_SETTINGS.values())},
}
"""Variables under which git asks nobody, fetches nothing, starts nothing and reads no settings of the user's."""


def reading_git(arguments: Sequence[str]) -> tuple[str, ...]:
    """Words of a git command that reads.

    Args:
        arguments: What was given after `git`.

    Raises:
        ToolRefusedError: The command could write, start another program, or reach outside the repository.
    """
    rest = list(arguments)
    while rest[:1] == ["--no-pager"]:
        rest.pop(0)
    verb, given = (rest[0], rest[1:]) if rest else ("", [])
    if verb not in _VERBS:
        raise ToolRefusedError(
            f"'git {verb}' is not open here; these are: {', '.join(_VERBS)}. Nothing may stand before the command, "
            "and what writes is the user's or the runtime's."
        )
    if closed := next((word for word in given if _is_closed(verb, word)), ""):
        raise ToolRefusedError(f"'git {verb} {closed}' could write, run a program or reach outside. Leave it out.")
    reading = _VERBS[verb]
    plain = [word for word in given if reading is not None and word not in reading]
    if (reading is not None and _writes(verb, given, plain)) or _is_missing(verb, given):
        raise ToolRefusedError(f"'git {verb}' is open here only to list: {' '.join(sorted(reading or ()))}.")
    return ("git", verb, *_KEPT_QUIET.get(verb, ()), *given)


def _is_closed(verb: str, word: str) -> bool:
    name = word.partition("=")[0]
    if verb == "grep" and word.startswith("-O"):
        return True
    if verb in {"blame", "ls-files"} and word.startswith(("-S", "-X")):
        return True
    if not name.startswith("--") or name == "--" or name in _OPEN_BEGINNINGS:
        return False
    return any(closed.startswith(name) for closed in _CLOSED)


def _writes(verb: str, given: Sequence[str], plain: Sequence[str]) -> bool:
    """Whether words that are not known to list would make the command write."""
    if verb in {"branch", "tag"} and any(word in {"-l", "--list"} for word in given):
        return any(word.startswith("-") for word in plain)
    if verb in {"stash", "reflog"} and given[:1] == ["show"]:
        return any(word.startswith("-") for word in plain)
    return bool(plain) and not (verb == "remote" and plain == ["-v"])


def _is_missing(verb: str, given: Sequence[str]) -> bool:
    return verb in _NEED_A_WORD and not given
