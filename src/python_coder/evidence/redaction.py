# src/python_coder/evidence/redaction.py — masks secrets before a model, a log or a report sees them
import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

from python_coder.evidence.canonical import Json
from python_coder.evidence.secret_shapes import SHAPES, is_secret_name, is_telling_value

REDACTED = "[redacted]"
"""Stands where a secret stood."""

_SHORTEST_KNOWN = 6
_SHORT_CHARS = 200
_NEEDLES = re.compile("|".join(re.escape(needle) for shape in SHAPES for needle in shape.needles))
_EVERYDAY = frozenset(
    (
        *("localhost", "postgres", "postgresql", "sqlite", "default", "enabled", "disabled"),
        *("development", "production", "staging", "testing", "warning", "critical"),
    )
)
_FOLDERS_OF_SHELLS = frozenset(("PWD", "OLDPWD"))
_DSN_PASSWORD = re.compile(r"^[a-z][a-z0-9+.\-]*://[^\s:/@]*:(.+)@", re.IGNORECASE)


def contains_mark(text: str) -> bool:
    """Whether a text holds the redaction mark. An edit that does would write the mark over a real value."""
    return REDACTED in text


def secret_values(variables: Mapping[str, str]) -> Iterator[str]:
    """The values of environment variables that nobody may be told: what is named as a secret, and every address."""
    for name, value in variables.items():
        if "://" in value or (is_secret_name(name) and name not in _FOLDERS_OF_SHELLS):
            yield value


class Redactor:
    """Masks given values and everything that has the shape of a secret. Redacting twice changes nothing more.

    Example:
        >>> Redactor(["correct-horse"]).redact("login correct-horse at postgres://app:pw1@db/app")
        'login [redacted] at postgres://app:[redacted]@db/app'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Keep the values to mask.

        Args:
            secrets: Known secret values; those under six characters, and words such as `localhost`, are left out,
                since they occur everywhere. Of a database address the password is masked alone, too.
        """
        given = [value.strip() for value in secrets]
        parts = [unquote(match.group(1)) for value in given if (match := _DSN_PASSWORD.search(value))]
        known = {
            value for value in (*given, *parts) if len(value) >= _SHORTEST_KNOWN and value.lower() not in _EVERYDAY
        }
        spellings = sorted({spelling for value in known for spelling in _spellings(value)}, key=len, reverse=True)
        self._known = re.compile("|".join(spellings)) if spellings else None

    def redact(self, text: str) -> str:
        """The text with every secret replaced by the mark; names and keys beside them stay."""
        if self._known:
            text = self._known.sub(REDACTED, text)
        lowered = text.lower()
        # For a short text, one look for all of them is quicker than one for each.
        if len(text) <= _SHORT_CHARS and not _NEEDLES.search(lowered):
            return text
        for shape in SHAPES:
            if any(needle in lowered for needle in shape.needles):
                text = shape.mask(text, REDACTED)
        return text

    def redact_json(self, value: Json, name: str = "", *, plain: frozenset[str] = frozenset()) -> Json:
        """A JSON value with every text in it redacted.

        Args:
            value: What to go over.
            name: The key it stands under, if any: a text under a name such as `password` is masked as a whole.
            plain: Keys whose texts stay as they are.
        """
        match value:
            case str():
                if name in plain:
                    return value
                if is_secret_name(name) and is_telling_value(value):
                    return REDACTED
                return self.redact(value)
            case list():
                return [self.redact_json(item, name, plain=plain) for item in value]
            case dict():
                return {self.redact(key): self.redact_json(item, key, plain=plain) for key, item in value.items()}
        return value


def _spellings(value: str) -> set[str]:
    """Patterns of a value as itself, in a URL, in JSON and in base64."""
    forms = {value, quote(value, safe=""), value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")}
    forms.add(base64.b64encode(value.encode(errors="surrogateescape")).decode().rstrip("="))
    # A plain word such as `postgres` is masked only as a word of its own, or `postgresql` would lose its head.
    edge = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])" if value.isalpha() or value.isdigit() else "{}"
    return {edge.format(re.escape(form)) for form in forms}
