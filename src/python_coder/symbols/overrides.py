# src/python_coder/symbols/overrides.py — members that must keep one name: a method, what it overrides, its overrides
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_coder.errors import ToolRefusedError

_CLASS = 5
_METHODS = {6, 7, 9}
"""Method, property, constructor."""
_MOST_CLASSES = 100

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Asks the server: a method and its parameters."""
Symbol = Mapping[str, Any]
"""A `DocumentSymbol` or a `TypeHierarchyItem`: both have `name`, `kind`, and `selectionRange` for the name's place."""


@dataclass(frozen=True, order=True)
class Member:
    """Where a name is defined, as the protocol counts."""

    uri: str
    line: int
    character: int

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of a question about it."""
        position = {"line": self.line, "character": self.character}
        return {"textDocument": {"uri": self.uri}, "position": position}


@dataclass(frozen=True)
class _Owner:
    place: Member
    """Where the class's own name is."""
    name: str
    """The member's."""
    is_method: bool


@dataclass(frozen=True)
class Overrides:
    """Climbs up and down the classes of one member. For one question; it remembers what it has looked up."""

    ask: Ask
    _symbols: dict[str, Sequence[Symbol]] = field(default_factory=dict)
    _related: dict[tuple[str, Member], Sequence[Symbol]] = field(default_factory=dict)

    async def family(self, place: Mapping[str, Any]) -> Sequence[Member]:
        """All members that override each other, beginning with the one at `place`; none if it is no class's member.

        ty renames one of them alone, which cuts it off from the others.

        Raises:
            ToolRefusedError: One of them is a library's, or there are more classes than can be looked at.
        """
        family: dict[Member, None] = {}
        tops = _members(await self.ask("textDocument/definition", place))
        while tops:
            top = tops.pop()
            for member in (top, *await self._below(top)):
                if member not in family and await self._owner(member):
                    family[member] = None
                    tops += await self._above(member)
        return list(family)

    async def _below(self, member: Member) -> Sequence[Member]:
        """What overrides a member, at any depth."""
        owner = await self._owner(member)
        if owner is None:
            return ()
        if owner.is_method:
            return _members(await self.ask("textDocument/implementation", member.params))
        # ty knows no implementations of a class variable.
        return [_member(uri, symbol) for _, uri, symbol in await self._namesakes(owner, "subtypes")]

    async def _above(self, member: Member) -> Sequence[Member]:
        """What a member overrides, at any height."""
        owner = await self._owner(member)
        above = []
        for name_of_class, uri, symbol in await self._namesakes(owner, "supertypes") if owner else ():
            overridden = _member(uri, symbol)
            if not await self.ask("textDocument/prepareRename", overridden.params):
                name = f"{name_of_class}.{symbol['name']}"
                raise ToolRefusedError(f"It cannot be renamed: it overrides {name} of a library, which calls it so.")
            above.append(overridden)
        return above

    async def _namesakes(self, owner: _Owner, direction: str) -> Sequence[tuple[str, str, Symbol]]:
        """The members of that name in the classes above or below: the class's name, the file's URI, the symbol."""
        left = list(await self.ask("textDocument/prepareTypeHierarchy", owner.place.params) or ())
        seen: dict[Member, Symbol] = {}
        while left:
            for item in await self._next(left.pop(), direction):
                if seen.setdefault(_member(item["uri"], item), item) is item:
                    left.append(item)
            if len(seen) > _MOST_CLASSES:
                raise ToolRefusedError(f"More than {_MOST_CLASSES} classes share this member. Rename it by hand.")
        return [
            (item["name"], item["uri"], symbol)
            for item in seen.values()
            for symbol in await self._inside(item["uri"], item["selectionRange"]["start"])
            if symbol["name"] == owner.name
        ]

    async def _next(self, item: Symbol, direction: str) -> Sequence[Symbol]:
        key = (direction, _member(item["uri"], item))
        if key not in self._related:
            self._related[key] = await self.ask(f"typeHierarchy/{direction}", {"item": item}) or ()
        return self._related[key]

    async def _owner(self, member: Member) -> _Owner | None:
        """The class that a member is defined in; `None` for what is defined elsewhere."""
        for symbol in _all(await self._document(member.uri)):
            for child in symbol.get("children") or () if symbol["kind"] == _CLASS else ():
                if _member(member.uri, child) == member:
                    return _Owner(_member(member.uri, symbol), child["name"], child["kind"] in _METHODS)
        return None

    async def _inside(self, uri: str, start: Mapping[str, int]) -> Sequence[Symbol]:
        for symbol in _all(await self._document(uri)):
            if symbol["kind"] == _CLASS and symbol["selectionRange"]["start"] == start:
                return symbol.get("children") or ()
        return ()

    async def _document(self, uri: str) -> Sequence[Symbol]:
        if uri not in self._symbols:
            answer = await self.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
            self._symbols[uri] = answer or ()
        return self._symbols[uri]


def _all(symbols: Sequence[Symbol]) -> Iterator[Symbol]:
    for symbol in symbols:
        yield symbol
        yield from _all(symbol.get("children") or ())


def _members(locations: Sequence[Mapping[str, Any]] | None) -> list[Member]:
    return [_member(each["uri"], {"selectionRange": each["range"]}) for each in locations or ()]


def _member(uri: str, symbol: Symbol) -> Member:
    start = symbol["selectionRange"]["start"]
    return Member(uri, start["line"], start["character"])
