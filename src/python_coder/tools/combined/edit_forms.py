# src/python_coder/tools/combined/edit_forms.py — the forms of an edit of edit_files, and what each stands for
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from python_coder.errors import ToolRefusedError
from python_coder.tools.combined.single_or_many import as_list
from python_coder.tools.serena.sources import plain_path

EDIT_FILES = "mcp__coder__edit_files"
"""Makes what several of serena's edit tools make."""
STANDS_FOR = frozenset(
    (
        *("create_text_file", "delete_file", "replace_content", "replace_symbol_body"),
        *("insert_before_symbol", "insert_after_symbol", "safe_delete_symbol"),
    )
)
"""Short names of those tools: what `read_edit` can answer."""

_TEXTS = ("path", "content", "old", "new", "symbol", "before", "after")
_SWITCHES = ("all", "delete", "force")
_OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("relative_path", "file", "file_path"), "path"),
    **dict.fromkeys(("old_string", "old_str", "find", "needle"), "old"),
    **dict.fromkeys(("new_string", "new_str", "replace", "repl", "body", "text"), "new"),
    "name_path": "symbol",
    "insert_before": "before",
    "insert_after": "after",
    "replace_all": "all",
}
"""What models call these elsewhere; the schema shows the own names alone."""
_HOW = (
    'Give path and one of: {"content"}; {"old", "new"}; {"symbol", "new"}; {"before", "new"}; {"after", "new"}; '
    '{"delete": true}, with "symbol" for a definition alone.'
)
MOST_EDITS = 100

_SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "description": (
        "Each has `path` and one of: `content` (the whole file); `old`, `new` (exact text that stands there once; "
        "`all`: every time); `symbol`, `new` (a whole definition with decorators; a name or `Class/method`); `before` "
        "or `after`, `new` (code beside a definition); `delete` (the file, or the unused `symbol`)."
    ),
    "items": {
        "type": "object",
        "properties": {
            **{name: {"type": "string"} for name in _TEXTS},
            **{name: {"type": "boolean"} for name in _SWITCHES},
        },
        "required": ["path"],
        "additionalProperties": False,
    },
}

Edits = Annotated[list[dict[str, Any]], BeforeValidator(partial(as_list, item=dict)), WithJsonSchema(dict(_SCHEMA))]
"""Edits as a model gives them. What is wrong in one is told by `read_edit`, in words."""


@dataclass(frozen=True, kw_only=True)
class EditCall:
    """One edit as the call of the serena tool that it stands for."""

    tool: str
    """Short name, such as `replace_symbol_body`."""
    arguments: Mapping[str, Any]
    done: str
    """What it does, for the answer: `replaced Item/title`."""

    @property
    def path(self) -> str:
        """The file that it is about."""
        return str(self.arguments["relative_path"])


def read_edit(given: Mapping[str, Any]) -> EditCall:
    """What an edit stands for.

    Raises:
        ToolRefusedError: It has no form that is known; the message tells the forms.
    """
    edit = {_OTHER_NAMES.get(name, name): value for name, value in given.items() if value is not None}
    texts, switches = _checked(edit)
    path, new, force = texts["path"], texts.get("new"), switches.get("force", False)
    places = [name for name in ("content", "old", "symbol", "before", "after") if texts.get(name)]
    if "content" in texts and "content" not in places:
        places.append("content")
    match places, switches.get("delete", False), new:
        case [], True, None if "symbol" not in texts:
            return _call("delete_file", path, "deleted")
        case ["symbol"], True, None:
            name = texts["symbol"]
            return _call("safe_delete_symbol", path, f"deleted {name}", name_path=name, allow_decorated=force)
        case ["content"], False, None:
            return _call("create_text_file", path, "written", content=texts["content"])
        case ["old"], False, str():
            several = switches.get("all", False)
            return _call(
                *("replace_content", path, "replaced text"),
                needle=texts["old"],
                repl=new,
                allow_multiple_occurrences=several,
            )
        case ["symbol"], False, str():
            allowed = dict.fromkeys(("allow_decorator_loss", "allow_indentation_change", "allow_rename"), force)
            name = texts["symbol"]
            return _call("replace_symbol_body", path, f"replaced {name}", name_path=name, body=new, **allowed)
        case ["before" | "after" as side], False, str():
            name = texts[side]
            return _call(f"insert_{side}_symbol", path, f"added {side} {name}", name_path=name, body=new)
    given_names = ", ".join(sorted(edit)) or "nothing"
    raise ToolRefusedError(f"It has {given_names}. {_HOW}")


def read_edits(given: Sequence[Mapping[str, Any]]) -> Sequence[EditCall]:
    """What all edits stand for.

    Raises:
        ToolRefusedError: There is none, there are too many, or one has no known form; the message names it.
    """
    if not 1 <= len(given) <= MOST_EDITS:
        raise ToolRefusedError(f"There are {len(given)} edits; give between 1 and {MOST_EDITS}.")
    calls = []
    for number, edit in enumerate(given, 1):
        try:
            calls.append(read_edit(edit))
        except ToolRefusedError as error:
            raise ToolRefusedError(f"Nothing was written: edit {number} of {len(given)}: {error}") from error
    return calls


def _checked(edit: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, bool]]:
    if unknown := sorted(edit.keys() - {*_TEXTS, *_SWITCHES}):
        raise ToolRefusedError(f"{unknown[0]!r} is unknown. {_HOW}")
    for names, kind in ((_TEXTS, str), (_SWITCHES, bool)):
        for name in names:
            if not isinstance(edit.get(name, kind()), kind):
                raise ToolRefusedError(f"{name} is {edit[name]!r:.80}, which is no {kind.__name__}.")
    if not plain_path(edit.get("path", "")):
        raise ToolRefusedError(f"It names no file. {_HOW}")
    texts = {name: edit[name] for name in _TEXTS if name in edit}
    return {**texts, "path": plain_path(texts["path"])}, {name: edit[name] for name in _SWITCHES if name in edit}


def _call(tool: str, path: str, done: str, **arguments: Any) -> EditCall:
    return EditCall(tool=tool, arguments={"relative_path": path, **arguments}, done=done)
