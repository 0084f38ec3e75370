# src/python_coder/recipes/rename.py — turns code about one resource into code about another
import re
from dataclasses import dataclass

from python_coder.recipes.layout import code_and_strings
from python_coder.recipes.names import plural, snake
from python_coder.service_map.resources import Resource

_IDENTIFIER = re.compile(r"(?<![\w])(\.?)([A-Za-z_]\w*)")


@dataclass(frozen=True, kw_only=True)
class Naming:
    """All forms of one resource's name."""

    name: str
    """Class name, such as `OrderLine`."""
    one: str
    many: str

    @classmethod
    def of(cls, name: str) -> "Naming":
        """Forms of a new resource."""
        return cls(name=name, one=snake(name), many=plural(snake(name)))

    @classmethod
    def of_resource(cls, resource: Resource) -> "Naming":
        """Forms that an existing resource uses."""
        return cls(name=resource.model.name, one=resource.words.one, many=resource.words.many)

    @property
    def name_many(self) -> str:
        """Plural class name, such as `OrderLines`."""
        return "".join(part.capitalize() for part in self.many.split("_"))

    @property
    def spoken(self) -> str:
        """`order line`, for sentences."""
        return self.one.replace("_", " ")

    @property
    def spoken_many(self) -> str:
        """`order lines`, for sentences."""
        return self.many.replace("_", " ")

    @property
    def with_article(self) -> str:
        """`an order line`, for sentences."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.spoken}"


@dataclass(frozen=True)
class Renamer:
    """Renames one resource to another wherever code names it."""

    old: Naming
    new: Naming

    def identifier(self, name: str) -> str:
        """`ItemCreate` to `ProductCreate`, `item_id` to `product_id`."""
        for old, new in self._pairs():
            if old[0].isupper():
                name = re.sub(rf"{old}(?![a-z])", new, name)
            else:
                name = re.sub(rf"(?<![A-Za-z0-9]){old}(?![A-Za-z0-9])", new, name)
        upper = [(self.old.many.upper(), self.new.many.upper()), (self.old.one.upper(), self.new.one.upper())]
        for old, new in upper:
            name = re.sub(rf"(?<![A-Z0-9]){old}(?![A-Z0-9a-z])", new, name)
        return name

    def _pairs(self) -> list[tuple[str, str]]:
        return [
            (self.old.name_many, self.new.name_many),
            (self.old.name, self.new.name),
            (self.old.many, self.new.many),
            (self.old.one, self.new.one),
        ]

    def code(self, text: str) -> str:
        """A piece of code: identifiers, and names inside of strings."""
        return "".join(
            self._string(part) if kind == "string" else self._identifiers(part) for kind, part in code_and_strings(text)
        )

    def statement(self, text: str) -> str:
        """An import or a path: every word counts, attributes too."""
        return re.sub(r"[A-Za-z_]\w*", lambda found: self.identifier(found[0]), text)

    def registration(self, text: str) -> str:
        """A call that registers a router: also attributes name the resource, and texts are addresses and tags."""
        return "".join(
            self._string(part) if kind == "string" else self.statement(part) for kind, part in code_and_strings(text)
        )

    def _identifiers(self, text: str) -> str:
        def swap(found: re.Match[str]) -> str:
            is_attribute = found[1] == "." or (found.start() > 0 and text[found.start() - 1] == ".")
            if is_attribute and not found[2][:1].isupper():
                # `.items()` of a mapping is no resource, and columns keep their names.
                return found[0]
            return found[1] + self.identifier(found[2])

        return re.sub(r"(\.?)\b([A-Za-z_]\w*)", swap, text)

    def _string(self, text: str) -> str:
        quote = re.match(r"[rbfuRBFU]*(\"{3}|'{3}|\"|')", text)
        inner = text[quote.end() : -len(quote[1])] if quote else text
        is_formatted = quote is not None and "f" in quote[0].lower()
        pieces = re.split(r"(\{[^{}]*\})", inner)
        renamed = "".join(
            self._braces(piece, is_formatted=is_formatted) if piece.startswith("{") else self._words(piece, inner)
            for piece in pieces
        )
        return f"{quote[0]}{renamed}{quote[1]}" if quote else renamed

    def _braces(self, piece: str, *, is_formatted: bool) -> str:
        return self._identifiers(piece) if is_formatted else self.identifier(piece)

    def _words(self, piece: str, whole: str) -> str:
        if "/" in whole and " " not in whole:
            return self._spelled(piece, "-")
        if re.fullmatch(r"[a-z]+", whole):
            return self._spelled(piece, "-")
        if re.search(r"\w_\w", whole) and " " not in whole:
            return self.identifier(piece)
        return self.sentence(piece)

    def _spelled(self, text: str, joiner: str) -> str:
        for old, new in ((self.old.many, self.new.many), (self.old.one, self.new.one)):
            for form in {old, old.replace("_", "-")}:
                text = re.sub(rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])", new.replace("_", joiner), text)
        return text

    def sentence(self, text: str) -> str:
        """Words for people: `An item` to `A product`, `Item not found` to `Order line not found`."""
        old, new = self.old, self.new
        article = "an" if new.one[0] in "aeiou" else "a"
        text = re.sub(
            rf"\b([Aa])n? (?={old.spoken}\b)",
            lambda found: (article.capitalize() if found[1] == "A" else article) + " ",
            text,
        )
        for before, after in (
            (old.name_many, new.spoken_many.capitalize()),
            (old.spoken_many.capitalize(), new.spoken_many.capitalize()),
            (old.name, new.spoken.capitalize()),
            (old.spoken.capitalize(), new.spoken.capitalize()),
            (old.spoken_many, new.spoken_many),
            (old.spoken, new.spoken),
        ):
            text = re.sub(rf"\b{before}\b", after, text)
        return text

    def address(self, text: str) -> str:
        """An address or a piece of code in a document: `/items/{item_id}` to `/order-lines/{order_line_id}`."""
        pieces = re.split(r"(\{[^{}]*\})", text)
        return "".join(self.identifier(each) if each.startswith("{") else self._address(each) for each in pieces)

    def _address(self, text: str) -> str:
        return self._spelled(text, "-") if "/" in text else self.identifier(text)
