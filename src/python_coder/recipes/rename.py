# src/python_coder/recipes/rename.py — turns code about one resource into code about another
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from python_coder.recipes.layout import code_and_strings
from python_coder.recipes.names import pascal, plural, singular, snake
from python_coder.service_map.resources import Resource

_BEFORE_TEXT = re.compile(
    r"\btags\s*=\s*\[[^\]]*$|\b(detail|summary|description)\s*=\s*$|(not_?found|error|exception|missing)\w*\([^()]*$",
    re.I,
)
"""What a text for people stands behind."""


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
        return pascal(self.many)

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
    """Renames one resource to another wherever code names it.

    Every text is read once, so that the new name may hold the old one, as `ItemReview` does.
    """

    old: Naming
    new: Naming
    others: frozenset[str] = frozenset()
    """Class names of other resources. They stay, also those that hold the old name."""

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        """Snake-case forms of the old name, and what becomes of them."""
        old, new = self.old, self.new
        forms = {old.one: new.one}
        forms.setdefault(old.many, new.many)
        forms.setdefault(plural(old.one), new.many)
        forms.setdefault(singular(old.many), new.one)
        for name in map(snake, sorted(self.others)):
            for form in (name, plural(name)):
                forms.setdefault(form, form)
        return forms

    @cached_property
    def _classes(self) -> Mapping[str, str]:
        """The same in capitals, as classes are named."""
        classes = {self.old.name: self.new.name, **{name: name for name in sorted(self.others)}}
        for old, new in self._forms.items():
            classes.setdefault(pascal(old), pascal(new))
        return classes

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        forms = [*self._forms, *(form.replace("_", "") for form in self._forms)]
        return (
            re.compile(rf"({_any(self._classes)})(?![a-z])"),
            re.compile(rf"(?<![A-Za-z0-9])({_any(forms)})(?![A-Za-z0-9])"),
            re.compile(rf"(?<![A-Z0-9])({_any(form.upper() for form in self._forms)})(?![A-Z0-9a-z])"),
            re.compile(rf"(?<![A-Za-z0-9])({_any(_camel(form) for form in self._forms)})(?=[A-Z])"),
        )

    def identifier(self, name: str) -> str:
        """`ItemCreate` to `ProductCreate`, `item_id` to `product_id`, `itemId` to `productId`."""
        joined = {old.replace("_", ""): new.replace("_", "") for old, new in self._forms.items()}
        camel = {_camel(old): _camel(new) for old, new in self._forms.items()}
        classes, forms, capitals, mixed = self._patterns
        name = mixed.sub(lambda found: camel[found[1]], name)
        name = classes.sub(lambda found: self._classes[found[1]], name)
        name = forms.sub(lambda found: self._forms.get(found[1]) or joined[found[1]], name)
        return capitals.sub(lambda found: self._forms[found[1].lower()].upper(), name)

    def code(self, text: str) -> str:
        """A piece of code: identifiers, and names inside of strings."""
        result, before = "", ""
        for kind, part in code_and_strings(text):
            is_text = _BEFORE_TEXT.search(before) is not None
            result += self._string(part, is_text=is_text) if kind == "string" else self._identifiers(part)
            before += part
        return result

    def statement(self, text: str) -> str:
        """An import or a path: every word counts, attributes too."""
        return re.sub(r"[A-Za-z_]\w*", lambda found: self.identifier(found[0]), text)

    def registration(self, text: str) -> str:
        """A call that registers a router: also attributes name the resource, and texts are addresses and tags."""
        pieces = code_and_strings(text)
        return "".join(
            self._string(part, is_text=True) if kind == "string" else self.statement(part) for kind, part in pieces
        )

    def _identifiers(self, text: str) -> str:
        def swap(found: re.Match[str]) -> str:
            is_attribute = found[1] == "." or (found.start() > 0 and text[found.start() - 1] == ".")
            if is_attribute and not found[2][:1].isupper():
                # `.items()` of a mapping is no resource, and columns keep their names.
                return found[0]
            return found[1] + self.identifier(found[2])

        return re.sub(r"(\.?)\b([A-Za-z_]\w*)", swap, text)

    def _string(self, text: str, *, is_text: bool) -> str:
        """A string literal; one of a single word names something in code, unless it is a text such as a tag."""
        quote = re.match(r"[rbfuRBFU]*(\"{3}|'{3}|\"|')", text)
        inner = text[quote.end() : -len(quote[1])] if quote else text
        is_formatted = quote is not None and "f" in quote[0].lower()
        pieces = re.split(r"(\{[^{}]*\})", inner)
        renamed = "".join(
            self._braces(piece, is_formatted=is_formatted)
            if piece.startswith("{")
            else self._words(piece, inner, is_text=is_text)
            for piece in pieces
        )
        return f"{quote[0]}{renamed}{quote[1]}" if quote else renamed

    def _braces(self, piece: str, *, is_formatted: bool) -> str:
        return self._identifiers(piece) if is_formatted else self.identifier(piece)

    def _words(self, piece: str, whole: str, *, is_text: bool) -> str:
        if "/" in whole and " " not in whole:
            return self._spelled(piece)
        if is_text and re.fullmatch(r"[a-z]+", whole):
            return self._spelled(piece)
        if re.fullmatch(r"[A-Za-z]\w*(\.\w+)*", whole) and not (is_text and whole[0].isupper()):
            return self.identifier(piece)
        return self.sentence(piece)

    def _spelled(self, text: str) -> str:
        """Words of an address or a tag."""
        dashed = {form.replace("_", "-"): new.replace("_", "-") for form, new in self._forms.items()}
        forms = {**dashed, **{form: new if "_" in form else dashed[form] for form, new in self._forms.items()}}
        return re.sub(rf"(?<![A-Za-z0-9])({_any(forms)})(?![A-Za-z0-9])", lambda found: forms[found[1]], text)

    @cached_property
    def _spoken(self) -> Mapping[str, str]:
        spoken = {old.replace("_", " "): new.replace("_", " ") for old, new in self._forms.items()}
        forms = {old.capitalize(): new.capitalize() for old, new in spoken.items()}
        forms |= {old: self._capitalized(new) for old, new in self._classes.items() if old not in self.others}
        return {**self._forms, **forms, **spoken, **{name: name for name in self.others}}

    def _capitalized(self, name: str) -> str:
        return snake(name).replace("_", " ").capitalize()

    def sentence(self, text: str) -> str:
        """Words for people: `An item` to `A product`, `Item not found` to `Order line not found`."""
        article = "an" if self.new.one[0] in "aeiou" else "a"
        own = _any(old for old, new in self._spoken.items() if old != new)
        if own:
            text = re.sub(rf"\b([Aa])n? (?=({own})\b)", lambda found: _like(found[1], article) + " ", text)
        return re.sub(rf"\b({_any(self._spoken)})\b", lambda found: self._spoken[found[1]], text)

    def address(self, text: str) -> str:
        """An address or a piece of code in a document: `/items/{item_id}` to `/order-lines/{order_line_id}`."""
        pieces = re.split(r"(\{[^{}]*\})", text)
        return "".join(self.identifier(each) if each.startswith("{") else self._address(each) for each in pieces)

    def _address(self, text: str) -> str:
        return self._spelled(text) if "/" in text else self.identifier(text)


def _any(forms: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return "|".join(re.escape(form) for form in sorted(set(forms), key=lambda form: (-len(form), form)))


def _camel(form: str) -> str:
    name = pascal(form)
    return name[:1].lower() + name[1:]


def _like(letter: str, article: str) -> str:
    return article.capitalize() if letter.isupper() else article
