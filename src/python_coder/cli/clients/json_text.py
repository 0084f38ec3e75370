# src/python_coder/cli/clients/json_text.py — edits one member of a JSON text and leaves every other byte as it is
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.errors import UsageError

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_STEP = "  "


@dataclass(frozen=True)
class Item:
    """A member of an object, or an element of an array: where it stands."""

    key: str
    """Empty in an array."""
    start: int
    """Of the key, or of an element's value."""
    value: int
    end: int


@dataclass(frozen=True)
class JsonText:
    """A JSON document as it is written. Every edit gives a new one."""

    text: str
    name: str
    """The file's name for messages."""

    @classmethod
    def read(cls, text: str, name: str) -> "JsonText":
        """Take a document in.

        Raises:
            UsageError: It is no JSON object. Says where it breaks.
        """
        try:
            document = json.loads(text)
        except RecursionError as error:
            raise UsageError(f"{name} is nested too deeply to be edited.") from error
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{name} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}. Nothing was written; "
                "mend it, then try again."
            ) from error
        if not isinstance(document, dict):
            raise UsageError(f"{name} holds no JSON object. Nothing was written.")
        return cls(text, name)

    def get(self, *path: str) -> Any:
        """The value at a path of keys; `None` where there is none."""
        place = self._place(path)
        return None if place is None else _DECODER.raw_decode(self.text, place)[0]

    def with_member(self, path: Sequence[str], key: str, value: Any) -> "JsonText":
        """Set a member of the object at a path; objects on the way are made.

        Raises:
            UsageError: Something on the way is no object.
        """
        made = self._with_container(path, {})
        start = made._start_of(path, "{")
        old = next((item for item in made._items(start) if item.key == key), None)
        if old is not None:
            shown = _shown(value, made._indent(old.start), made._line_end)
            return made._with(old.value, old.end, shown)
        return made._with_new(start, f"{json.dumps(key)}: ", value)

    def with_element(self, path: Sequence[str], value: Any) -> "JsonText":
        """Append an element to the array at a path; it and the objects on the way are made.

        Raises:
            UsageError: Something on the way is no object, or the last is no array.
        """
        made = self._with_container(path, [])
        return made._with_new(made._start_of(path, "["), "", value)

    def without_member(self, path: Sequence[str], key: str) -> "JsonText":
        """Take a member out; the same text when there is none."""
        start = self._place(path)
        if start is None or self.text[start] != "{":
            return self
        return self._without(start, [item.key == key for item in self._items(start)])

    def without_element(self, path: Sequence[str], value: Any) -> "JsonText":
        """Take out the elements that equal a value; the same text when there is none."""
        start = self._place(path)
        if start is None or self.text[start] != "[":
            return self
        values = [_DECODER.raw_decode(self.text, item.value)[0] for item in self._items(start)]
        return self._without(start, [one == value for one in values])

    @property
    def _line_end(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _with(self, start: int, end: int, text: str) -> "JsonText":
        return JsonText(self.text[:start] + text + self.text[end:], self.name)

    def _place(self, path: Sequence[str]) -> int | None:
        place = _after_space(self.text, 0)
        for key in path:
            if self.text[place] != "{":
                return None
            found = next((item for item in self._items(place) if item.key == key), None)
            if found is None:
                return None
            place = found.value
        return place

    def _start_of(self, path: Sequence[str], opening: str) -> int:
        place = self._place(path)
        if place is None or self.text[place] != opening:
            kind = "object" if opening == "{" else "array"
            raise UsageError(f"{'.'.join(path)} in {self.name} is no JSON {kind}. Nothing was written.")
        return place

    def _with_container(self, path: Sequence[str], empty: Any) -> "JsonText":
        made = self
        for depth in range(1, len(path) + 1):
            if made._place(path[:depth]) is None:
                start = made._start_of(path[: depth - 1], "{")
                inner = empty if depth == len(path) else {}
                made = made._with_new(start, f"{json.dumps(path[depth - 1])}: ", inner)
        return made

    def _items(self, start: int) -> Iterator[Item]:
        """The items of the object or array that begins at a place."""
        is_object = self.text[start] == "{"
        place = _after_space(self.text, start + 1)
        while self.text[place] not in "}]":
            key, value = "", place
            if is_object:
                key, after = _DECODER.raw_decode(self.text, place)
                value = _after_space(self.text, _after_space(self.text, after) + 1)
            _, end = _DECODER.raw_decode(self.text, value)
            yield Item(key, place, value, end)
            place = _after_space(self.text, end)
            if self.text[place] == ",":
                place = _after_space(self.text, place + 1)

    def _with_new(self, start: int, head: str, value: Any) -> "JsonText":
        """A new item after the last one, set as its neighbours are."""
        items, line_end = list(self._items(start)), self._line_end
        if not items:
            outer = self._indent(start)
            inner = outer + _STEP
            shown = f"{line_end}{inner}{head}{_shown(value, inner, line_end)}{line_end}{outer}"
            return self._with(start + 1, start + 1, shown)
        last = items[-1]
        indent = self._indent(last.start)
        is_own_line = self.text[: last.start].rstrip(" \t").endswith("\n")
        gap = f",{line_end}{indent}" if is_own_line else ", "
        shown = _shown(value, indent, line_end) if is_own_line else json.dumps(value)
        return self._with(last.end, last.end, f"{gap}{head}{shown}")

    def _without(self, start: int, is_out: Sequence[bool]) -> "JsonText":
        items = list(self._items(start))
        made = self
        for number in reversed([number for number, out in enumerate(is_out) if out]):
            item = items[number]
            if number:
                made = made._with(items[number - 1].end, item.end, "")
            elif len(items) > 1 and not all(is_out):
                made = made._with(item.start, items[1].start, "")
            else:
                # The only one: what stood in the empty braces before is what stands after the line that was added.
                rest = self.text[item.end : _after_space(self.text, item.end)]
                added = f"{self._line_end}{self._indent(start)}"
                made = made._with(start + 1, item.end + (len(added) if rest.startswith(added) else 0), "")
        return made

    def _indent(self, place: int) -> str:
        """The white space that the line of a place begins with."""
        line = self.text[self.text.rfind("\n", 0, place) + 1 : place]
        return line[: len(line) - len(line.lstrip(" \t"))]


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _shown(value: Any, indent: str, line_end: str) -> str:
    lines = json.dumps(value, indent=_STEP, ensure_ascii=False).split("\n")
    return f"{line_end}{indent}".join(lines)
