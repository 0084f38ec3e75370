# src/python_coder/symbols/ignored.py — what a project ignores: .gitignore files read as git reads them
import os
import re
from dataclasses import dataclass

GITIGNORE = ".gitignore"
# What Python's tools leave behind, left out also where no rule says so.
_CACHE_FOLDERS = frozenset(
    {
        *("__pycache__", ".git", ".hg", ".svn", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".nox", ".tox"),
        *(".pytest_cache", ".ruff_cache", ".venv", ".serena", "node_modules", "__pypackages__"),
    }
)
# What git's `[:name:]` stand for, in bytes.
_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\v\f\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_NAMED = rb"\[:(?P<name>" + b"|".join(_CLASSES) + rb"):\]"
_ONE = rb"\\.|[^\\]"
_CLASS_PART = re.compile(rb"%b|(?P<first>%b)(?:-(?P<last>%b))?" % (_NAMED, _ONE, _ONE), re.DOTALL)
# In a class, the first character after the bracket is never its end.
_TOKEN = re.compile(
    rb"\*+|\?|\\.|[^\\*?\[]|\[[!^]?(?:%b|\\.|[^\\])(?:%b|\\.|[^\\\]])*\]" % ((_NAMED.replace(b"?P<name>", b"?:"),) * 2),
    re.DOTALL,
)
_STAR, _FOLDERS, _ANYTHING = b"[^/]*", b"(?:.*/)?", b".*"
# Each `**` multiplies the time that a match may take; nobody writes this many.
_MOST_CROSSINGS = 4
_WILDCARD = re.compile(rb"[\\*?\[]")
_WHOLE_NAME_ENDS = re.compile(rb"\Z|/|\\/")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a .gitignore file."""

    pattern: "re.Pattern[bytes]"
    is_negated: bool
    only_folders: bool
    only_name: bool
    """Whether it is matched with the last name of a path, at any depth."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one file, for what lies below one folder."""

    base: str
    """That folder relative to the outermost one, with a slash at its end; empty for itself."""
    rules: tuple[Rule, ...]

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether these rules ignore or keep a path below the base; `None` if none of them speaks of it."""
        below = os.fsencode(path[len(self.base) :])
        name = below.rpartition(b"/")[2]
        for rule in reversed(self.rules):
            if (is_folder or not rule.only_folders) and rule.pattern.fullmatch(name if rule.only_name else below):
                return not rule.is_negated
        return None


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """All rules that hold in one folder. Paths are relative to the folder of the repository."""

    files: tuple[RuleFile, ...] = ()
    """Weakest first."""

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is ignored whose parent folders are not.

        Source: gitignore(5).
        """
        if is_folder and path.rpartition("/")[2] in _CACHE_FOLDERS:
            return True
        for file in reversed(self.files):
            verdict = file.verdict(path, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False

    def within(self, folder: str, content: bytes) -> "IgnoreRules":
        """These rules and those of a .gitignore file in a folder.

        Args:
            folder: Relative to the repository, empty for itself.
            content: What the file holds.
        """
        rules = read_rules(content)
        base = f"{folder}/" if folder else ""
        return IgnoreRules((*self.files, RuleFile(base, rules))) if rules else self


def read_rules(content: bytes) -> tuple[Rule, ...]:
    """The rules of a .gitignore file, in its order. Lines that git would never match are left out."""
    lines = content.removeprefix(_BYTE_ORDER_MARK).split(b"\n")
    return tuple(rule for line in lines if (rule := _rule(line.removesuffix(b"\r"))) is not None)


def read_rule_file(path: str) -> bytes:
    """Content of a .gitignore file; nothing if it is missing, unreadable, a link, or larger than 1 MiB."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, _MOST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(file)


def _rule(line: bytes) -> Rule | None:
    if line.startswith(b"#"):
        return None
    is_negated = line.startswith(b"!")
    text = _without_trailing_spaces(line)[is_negated:]
    only_folders = text.endswith(b"/")
    text = text[:-1] if only_folders else text
    only_name = b"/" not in text
    source = _translate(text.removeprefix(b"/"), only_name=only_name)
    if not text or source is None:
        return None
    return Rule(re.compile(source, re.DOTALL), is_negated, only_folders, only_name)


def _without_trailing_spaces(line: bytes) -> bytes:
    stripped = line.rstrip(b" ")
    is_quoted = (len(stripped) - len(stripped.rstrip(b"\\"))) % 2 == 1
    return stripped + b" " if is_quoted and stripped != line else stripped


def _translate(glob: bytes, *, only_name: bool) -> bytes | None:
    """A pattern as a regular expression over bytes, as git's wildmatch reads it; `None` if nothing can match it."""
    pieces: list[bytes] = []
    at = 0
    while at < len(glob):
        token = _TOKEN.match(glob, at)
        if token is None:
            return None
        text, at = token.group(), token.end()
        if text == b"?":
            pieces.append(b"[^/]")
        elif text.startswith(b"*"):
            # Git compares what stands before the first wildcard by itself, and so takes `a**` for a whole name, too.
            before = glob[: token.start()]
            is_whole = not only_name and len(text) > 1 and (before[-1:] in b"/" or not _WILDCARD.search(before))
            crosses = is_whole and _WHOLE_NAME_ENDS.match(glob, at) is not None
            # `**/` also stands for no folder at all.
            at += crosses and glob[at : at + 1] == b"/"
            pieces.append((_FOLDERS if glob[at - 1 : at] == b"/" else _ANYTHING) if crosses else _STAR)
        elif text.startswith(b"["):
            pieces.append(b"(?!/)" + _character_class(text))
        else:
            pieces.append(re.escape(text[-1:]))
    return _join(pieces) if pieces.count(_FOLDERS) + pieces.count(_ANYTHING) <= _MOST_CROSSINGS else None


def _join(pieces: list[bytes]) -> bytes:
    """One expression that takes no more than linear time for each star, however many there are.

    A star that another star follows may stop at the first place where what stands between them fits: the second one
    takes whatever the first one could.
    """
    out: list[bytes] = []
    is_open = False
    for place, piece in enumerate(pieces):
        if piece == _STAR:
            out.append(b")" * is_open)
            following = next((other for other in pieces[place + 1 :] if other in {_STAR, _FOLDERS, _ANYTHING}), None)
            is_open = following == _STAR
            out.append(b"(?>[^/]*?" if is_open else piece)
        else:
            out.append(piece)
    return b"".join(out)


def _character_class(text: bytes) -> bytes:
    """A class such as `[!a-z[:digit:]]` as a regular expression."""
    content = text[2:-1] if text[1:2] in {b"!", b"^"} else text[1:-1]
    parts: list[bytes] = []
    for found in _CLASS_PART.finditer(content):
        name, first, last = found.group("name", "first", "last")
        if name is not None:
            parts.append(_CLASSES[name])
        elif last is None or last[-1:] < first[-1:]:
            parts.append(re.escape(first[-1:]))
        else:
            parts.append(re.escape(first[-1:]) + b"-" + re.escape(last[-1:]))
    inside = b"".join(parts)
    if text[1:2] in {b"!", b"^"}:
        return b"[^" + inside + b"]" if inside else b"."
    return b"[" + inside + b"]" if inside else b"(?!)"
