# src/python_coder/agent/spellings.py — the texts that one argument of a call stands for, for rules to be compared with
import json
import posixpath
import re
from collections.abc import Iterator, Sequence

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.command_line import without_uv, words_of

_PYTHON = re.compile(r"python[\d.]*")
_MODULE_OPTION = re.compile(r"-[BbdEhiIOPqsSuVvx]*m(.*)")
_OPTIONS_WITH_VALUES = frozenset({"-W", "-X"})


def spellings(name: str, value: object) -> Iterator[str]:
    """The texts that an argument stands for: as given, and the plainest last.

    Args:
        name: The argument's; a command and a path have spellings of their own.
        value: As a model gave it.
    """
    if value is None:
        yield ""
    elif isinstance(value, str):
        yield value
        if name == "command":
            yield from _commands(value)
        elif "path" in name or name == "file":
            yield posixpath.normpath(value.strip())
    else:
        yield json.dumps(value, ensure_ascii=False, default=str)


def _commands(command: str) -> Iterator[str]:
    """A command with single blanks, without `uv run`, and as the program that `python -m` runs."""
    yield " ".join(command.split())
    try:
        words, _ = without_uv(words_of(command))
    except ToolRefusedError:
        return
    module = _module_of(words)
    for spelled in (words, module) if module else (words,):
        yield from _without_first_options(spelled)
        yield " ".join(spelled)


def _without_first_options(words: Sequence[str]) -> Iterator[str]:
    """The command without the options before its subcommand, which may take the word behind them as their value."""
    for place in range(1, len(words)):
        if not words[place].startswith("-") and not (place > 1 and words[place - 1].startswith("-")):
            return
        yield " ".join([words[0], *words[place + 1 :]])


def _module_of(words: Sequence[str]) -> Sequence[str]:
    """For `python -m MODULE …`, with whatever options before, the module and its arguments; else nothing."""
    if not _PYTHON.fullmatch(words[0]):
        return ()
    for place, word in enumerate(words[1:], 1):
        if found := _MODULE_OPTION.fullmatch(word):
            return [*([found.group(1)] if found.group(1) else []), *words[place + 1 :]]
        if not word.startswith("-") and words[place - 1] not in _OPTIONS_WITH_VALUES:
            return ()
    return ()
