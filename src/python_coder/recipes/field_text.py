# src/python_coder/recipes/field_text.py — one field in words: `sku: str unique max 20`
import re
from dataclasses import dataclass

from python_coder.errors import UsageError
from python_coder.recipes.defaults import read_default
from python_coder.recipes.fields import Default, FieldSpec, FieldType, Generated
from python_coder.recipes.names import check_field_name, closest, read_class_name
from python_coder.recipes.tokens import Token, TokenReader, tokenize

MAX_STRING = 10_485_760
"""Longest `varchar` of PostgreSQL, in characters."""
_MEMBER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_TYPES = {kind.value.lower(): kind for kind in FieldType if kind is not FieldType.REFERENCE}
_OTHER_WORDS = {
    **dict.fromkeys(("string", "text", "varchar"), "str"),
    **dict.fromkeys(("integer", "number", "bigint", "smallint"), "int"),
    **dict.fromkeys(("double", "real"), "float"),
    **dict.fromkeys(("money", "numeric", "currency"), "Decimal"),
    **dict.fromkeys(("timestamp", "time"), "datetime"),
    **dict.fromkeys(("choice", "literal"), "enum(a|b|c)"),
    **dict.fromkeys(("flag",), "bool"),
    **dict.fromkeys(("fk", "foreignkey", "ref", "reference"), "-> Other"),
}


def parse_field(text: str) -> FieldSpec:
    """Read one field, such as `sku: str unique max 20`.

    Raises:
        NotUnderstoodError: A word in it cannot be read.
        UsageError: It can be read, but does not make sense.
    """
    reader = TokenReader(tokenize(text))
    spec = read_field(reader)
    if reader.next.kind != "end":
        fail_after_field(reader, "nothing else")
    return spec


def read_field(reader: TokenReader) -> FieldSpec:
    """Read one field and stay at what follows it.

    Raises:
        NotUnderstoodError: A word in it cannot be read.
        UsageError: It can be read, but does not make sense.
    """
    after = reader.tokens[min(reader.place + 1, len(reader.tokens) - 1)]
    if reader.next.kind != "word" or after.text not in {":", "->"}:
        reader.fail("a field comes here, written `name: TYPE`, such as `price: Decimal`.")
    name = reader.take().text
    reader.take_mark(":")
    draft = _read_type(reader, name)
    while draft.read_option(reader):
        pass
    return draft.finish()


def fail_after_field(reader: TokenReader, or_else: str) -> None:
    """Say which words can follow a type.

    Raises:
        NotUnderstoodError: Always.
    """
    hint = closest(reader.next.text, ("unique", "index", "optional", "max"))
    reader.fail(f"here can stand `unique`, `index`, `optional`, `max N`, `= DEFAULT` or {or_else}.{hint}")


@dataclass(kw_only=True)
class _Draft:
    """A field while it is read."""

    name: str
    type: FieldType
    members: tuple[str, ...] = ()
    target: str = ""
    is_unique: bool = False
    is_index: bool = False
    is_optional: bool = False
    max_length: int | None = None
    default: Token | None = None

    def read_option(self, reader: TokenReader) -> bool:
        """Read one modifier or the default, if one comes next."""
        if reader.take_word("unique"):
            self.is_unique = True
        elif reader.take_word("index", "indexed"):
            self.is_index = True
        elif reader.take_word("optional", "nullable"):
            self.is_optional = True
        elif reader.take_mark("|"):
            self._read_or_none(reader)
        elif reader.take_word("max"):
            self._read_max(reader)
        elif reader.take_mark("="):
            self._read_default(reader)
        else:
            return False
        return True

    def _read_or_none(self, reader: TokenReader) -> None:
        if not reader.take_word("none", "null"):
            reader.fail("only `None` can follow `|` here; `optional` says the same.")
        self.is_optional = True

    def _read_max(self, reader: TokenReader) -> None:
        reader.take_mark("=")
        token = reader.take()
        if not (token.text.isascii() and token.text.isdigit() and 1 <= int(token.text[:9]) <= MAX_STRING):
            reader.fail(f"`max` needs a whole number of characters from 1 to {MAX_STRING}, such as `max 50`.", token)
        if self.type is not FieldType.STR:
            raise UsageError(f"`max` is for `str` fields only; `{self.name}` is {self.type.value}. Leave `max` out.")
        if self.max_length is not None:
            reader.fail(f"`max` is there twice for `{self.name}`.", token)
        self.max_length = int(token.text)

    def _read_default(self, reader: TokenReader) -> None:
        token = reader.take()
        if token.kind not in {"value", "string"}:
            reader.fail(f"the default of `{self.name}` comes after `=`.", token)
        if self.default is not None:
            reader.fail(f"`{self.name}` has two defaults.", token)
        self.default = token

    def finish(self) -> FieldSpec:
        """The field, when all of it fits together."""
        is_bare = self.type is FieldType.REFERENCE and not self.name.endswith("_id")
        name = check_field_name(f"{self.name}_id" if is_bare else self.name)
        if self.is_unique and self.type in {FieldType.BOOL, FieldType.ENUM}:
            raise UsageError(f"`{name}` cannot be unique: {self.type.value} has too few values to tell rows apart.")
        default = self._checked_default(name)
        return FieldSpec(
            name=name,
            type=self.type,
            is_unique=self.is_unique,
            is_index=self.is_index,
            is_optional=self.is_optional,
            max_length=self.max_length,
            members=self.members,
            target=self.target,
            default=default,
        )

    def _checked_default(self, name: str) -> Default | None:
        token = self.default
        if token is None:
            return None
        is_quoted = token.kind == "string"
        if not is_quoted and token.text.lower() in {"none", "null"}:
            if self.is_optional:
                return None
            raise UsageError(
                f"The default of `{name}` does not fit: only an optional field can be empty. Say `optional`."
            )
        value = read_default(name, self.type, token.text, is_quoted=is_quoted, members=self.members)
        if isinstance(value, str) and self.max_length is not None and len(value) > self.max_length:
            raise UsageError(f"The default of `{name}` does not fit: it is longer than max {self.max_length}.")
        if self.is_unique and value is not Generated.NEW_UUID:
            raise UsageError(
                f"`{name}` cannot be unique and have a default: the second row would clash with the first."
            )
        return value


def _read_type(reader: TokenReader, name: str) -> _Draft:
    if reader.take_mark("->"):
        if reader.next.kind != "word":
            reader.fail("the resource that `->` points to comes here, such as `-> Category`.")
        return _Draft(name=name, type=FieldType.REFERENCE, target=read_class_name(reader.take().text))
    token = reader.take()
    kind = _TYPES.get(token.text.lower()) if token.kind == "word" else None
    if kind is None:
        reader.fail(f"`{token.text.strip()}` is not a type. {_known_types(token.text)}", token)
    if kind is FieldType.ENUM:
        return _Draft(name=name, type=kind, members=_read_members(reader))
    return _Draft(name=name, type=kind)


def _known_types(word: str) -> str:
    names = [kind.value for kind in _TYPES.values() if kind is not FieldType.ENUM]
    other = _OTHER_WORDS.get(word.lower())
    hint = f" Did you mean `{other}`?" if other else closest(word, names)
    return f"Known types: {', '.join(names)}, enum(a|b|c) and `-> Other`.{hint}"


def _read_members(reader: TokenReader) -> tuple[str, ...]:
    if not reader.take_mark("("):
        reader.fail("the values of the enum come here, such as `enum(draft|published)`.")
    members: list[str] = []
    while not reader.take_mark(")"):
        token = reader.take()
        if token.kind != "word" or not _MEMBER.fullmatch(token.text):
            reader.fail("a value of an enum starts with a letter and goes on with letters, digits, `_` or `-`.", token)
        members.append(token.text)
        if not reader.take_mark("|", ",") and reader.next.text != ")":
            reader.fail("`|` or `)` comes next, such as `enum(draft|published)`.")
    if not members:
        reader.fail("an enum needs at least one value, such as `enum(draft|published)`.")
    if len({member.upper().replace("-", "_") for member in members}) != len(members):
        raise UsageError(f"The values of `enum({'|'.join(members)})` must differ in more than case and dashes.")
    return tuple(members)
