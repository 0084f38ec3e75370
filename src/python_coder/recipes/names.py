# src/python_coder/recipes/names.py — which names a resource and a field may have, and how they are bent
import builtins
import difflib
import keyword
import re
from collections.abc import Iterable

from python_coder.errors import UsageError

MAX_NAME = 30
"""Longest name in characters: PostgreSQL cuts an identifier at 63 bytes, and names of indexes join two names."""

_SITE_NAMES = frozenset({"copyright", "credits", "exit", "license", "quit"})
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) - _SITE_NAMES
_TYPE_NAMES = frozenset(
    {
        *("as_utc", "date", "datetime", "decimal", "enum", "field_validator", "func", "literal_column"),
        *("mapped_column", "timedelta", "uuid", "uuid4"),
    }
)
_ORM_NAMES = frozenset({"metadata", "registry", "query", "query_class"})
_PYDANTIC_NAMES = frozenset(
    {
        *("construct", "copy", "dict", "fields", "from_orm", "json", "parse_file", "parse_obj", "parse_raw"),
        *("schema", "schema_json", "sqlmodel_update", "update_forward_refs", "validate"),
    }
)
_RESOURCE_NAMES = frozenset(
    {
        *("Any", "APIRouter", "Annotated", "Base", "BaseModel", "Boolean", "Column", "ConfigDict", "Date", "DateTime"),
        *("Decimal", "Depends", "Double", "Enum", "FastAPI", "Field", "Float", "ForeignKey", "Generator"),
        *("HTTPException", "Index", "Integer", "IntegrityError", "Literal", "Mapped", "Numeric", "Optional", "Path"),
        *("Query", "Relationship", "Request", "Response", "Select", "Self", "Sequence", "Session", "SQLModel"),
        *("StrEnum", "String", "Text", "Uuid", "UUID", "AsyncSession", "AsyncClient", "TestClient", "Router"),
        *("AsyncGenerator", "AsyncIterator", "Iterator", "Mapping", "Callable", "Model", "Schema", "Table", "Test"),
    }
)
_UNCOUNTABLE = frozenset(
    {"data", "equipment", "feedback", "information", "media", "metadata", "news", "series", "software", "species"}
)
_IRREGULAR = {
    **dict(zip(("child", "foot", "goose", "man", "mouse"), ("children", "feet", "geese", "men", "mice"), strict=True)),
    **dict(zip(("person", "quiz", "tooth", "woman"), ("people", "quizzes", "teeth", "women"), strict=True)),
    **dict(zip(("analysis", "criterion", "phenomenon"), ("analyses", "criteria", "phenomena"), strict=True)),
    **{noun: f"{noun}s" for noun in ("axe", "cache", "cookie", "headache", "movie", "pie", "tie", "zombie")},
    **{noun: f"{noun}es" for noun in ("alias", "atlas", "canvas", "echo", "gas", "hero", "lens", "potato", "tomato")},
    **{f"{noun}f": f"{noun}ves" for noun in ("cal", "hal", "lea", "loa", "shel", "thie", "wol")},
    **{f"{noun}fe": f"{noun}ves" for noun in ("kni", "li", "wi")},
}
_SINGULAR = {many: one for one, many in _IRREGULAR.items()}
_ENDINGS = ((r"ies$", "y"), (r"(ss|x|ch|sh|[^aeo]us)es$", r"\1"), (r"(?<![siu])s$", ""))
_RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def pascal(name: str) -> str:
    """`order_line` and `orderLine` to `OrderLine`; what is written so already stays."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)


def snake(name: str) -> str:
    """`OrderLine` to `order_line`, `HTTPRoute` to `http_route`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()


def plural(name: str) -> str:
    """The plural of a snake-case noun: `category` to `categories`. Never equal to the singular."""
    head, _, last = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    if last in _UNCOUNTABLE:
        return f"{prefix}{last}_entries"
    if last in _IRREGULAR:
        return prefix + _IRREGULAR[last]
    if re.search(r"[^aeiou]y$", last):
        return f"{prefix}{last[:-1]}ies"
    if re.search(r"(s|x|z|ch|sh)$", last):
        return f"{prefix}{last}es"
    return f"{prefix}{last}s"


def singular(name: str) -> str:
    """The noun that has this snake-case plural: `categories` to `category`. What is no plural stays."""
    head, _, last = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    if last == "entries" and head.rpartition("_")[2] in _UNCOUNTABLE:
        return head
    if last in _SINGULAR:
        return prefix + _SINGULAR[last]
    for ending, one in _ENDINGS if last not in _UNCOUNTABLE else ():
        if re.search(ending, last):
            return prefix + re.sub(ending, one, last)
    return name


def words(name: str) -> str:
    """`OrderLine` to `order line`, for sentences."""
    return snake(name).replace("_", " ")


def sentence_list(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *head, last = list(names)
    return f"{', '.join(head)} and {last}" if head else last


def closest(name: str, known: Iterable[str]) -> str:
    """A hint such as ` Did you mean `str`?`, or nothing."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    match = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean `{by_lower[match[0]]}`?" if match else ""


def read_class_name(name: str) -> str:
    """The class name for a resource that may be there already, such as `OrderLine` for `order_line`.

    Raises:
        UsageError: No class has such a name.
    """
    if not _RESOURCE.fullmatch(name):
        raise UsageError(f"`{name}` cannot name a resource: use letters and digits, such as `OrderLine`.")
    return pascal(name)


def check_resource_name(name: str) -> str:
    """The class name for a new resource, such as `OrderLine` for `order_line`.

    Raises:
        UsageError: The name cannot be a class of a service.
    """
    result = read_class_name(name)
    if reason := _why_no_class(result):
        raise UsageError(f"`{result}` cannot name a resource: {reason}.")
    head, _, last = snake(result).rpartition("_")
    if re.search(r"[a-z]{2}[^aious]s$", last) or last in _SINGULAR:
        one = pascal(f"{head}_{singular(last)}")
        if last not in _UNCOUNTABLE | set(_IRREGULAR):
            raise UsageError(f"A resource is named in the singular: say `{one}` instead of `{result}`.")
    return result


def _why_no_class(name: str) -> str:
    one = snake(name)
    many = plural(one)
    for form in (name, one, many):
        if keyword.iskeyword(form):
            return f"`{form}` is a Python keyword. Choose another name"
        if hasattr(builtins, form) and form not in _SITE_NAMES:
            return (
                f"`{form}` is a Python builtin, which its code would shadow. Choose another name, such as `{name}Entry`"
            )
    if name in _RESOURCE_NAMES:
        return "generated code needs that name. Choose another one"
    return f"it is longer than {MAX_NAME} characters" if len(name) > MAX_NAME else ""


def check_field_name(name: str) -> str:
    """The field name itself, when it can be an attribute, a column and a JSON key.

    Raises:
        UsageError: It cannot; the message says why.
    """
    if not _FIELD.fullmatch(name) or name.endswith("_"):
        hint = f", such as `{snake(name)}`" if _FIELD.fullmatch(snake(name)) and not name.endswith("_") else ""
        raise UsageError(f"`{name}` cannot name a field: use lower-case letters, digits and underscores{hint}.")
    if reason := _why_reserved(name):
        raise UsageError(
            f"`{name}` cannot name a field: {reason}. Choose another name, such as `{_alternative(name)}`."
        )
    if len(name) > MAX_NAME:
        raise UsageError(f"`{name}` cannot name a field: it is longer than {MAX_NAME} characters.")
    return name


def _why_reserved(name: str) -> str:
    reasons = (
        (keyword.iskeyword(name), "it is a Python keyword"),
        (keyword.issoftkeyword(name), "it is a Python soft keyword"),
        (name == "id", "every resource has an `id` already"),
        (name in _BUILTINS, "it would shadow a Python builtin"),
        (name in _TYPE_NAMES, "it would shadow a type that models use"),
        (name in _ORM_NAMES, "SQLAlchemy reserves it"),
        (name.startswith("model_"), "Pydantic reserves names that start with `model_`"),
        (name in _PYDANTIC_NAMES, "it would shadow a method of Pydantic models"),
        (name in {"true", "false", "null", "none"}, "it reads as a value"),
    )
    return next((reason for applies, reason in reasons if applies), "")


def _alternative(name: str) -> str:
    return f"{name.removeprefix('model_')}_value" if name != "id" else "code"
