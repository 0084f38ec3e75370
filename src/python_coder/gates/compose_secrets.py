# src/python_coder/gates/compose_secrets.py — secrets in plain text in compose files and the env files they read
import re
from collections.abc import Iterator

from python_coder.evidence.redaction import Redactor
from python_coder.evidence.secret_shapes import is_secret_name
from python_coder.gates.compose_marks import Scalar
from python_coder.gates.compose_variables import literal
from python_coder.gates.compose_views import View
from python_coder.gates.ratchet import Sighting

_MEND = "take it from a Compose secret (`secrets:`), or from a variable without a default"
_URL = re.compile(r"\b[a-z][a-z0-9+.\-]*://[^\s:/@'\"<>]*:[^\s'\"<>@/]+@", re.IGNORECASE)
_PASS = re.compile(r"(.*[_-])?(pass|pw)", re.IGNORECASE)
_HARMLESS = re.compile(r"\s*|true|false|yes|no|on|off|none|null|0|1|<[^<>]*>|\*+|\.{0,2}/[\w./-]+", re.IGNORECASE)
_ASSIGNED = re.compile(r"([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)
_REDACTOR = Redactor()


def plain_secrets(view: View) -> Iterator[Sighting]:
    """Each literal secret at its own line. The secret itself is never told."""
    for part in view.parts:
        for scalar in part.scalars():
            if what := _secret_in(scalar):
                yield _sighting(part.path, scalar.line, what)
    for path in view.env_files:
        yield from _in_env_file(view, path)


def _in_env_file(view: View, path: str) -> Iterator[Sighting]:
    for number, line in enumerate(view.text(path).splitlines(), start=1):
        found = _ASSIGNED.fullmatch(line.strip().removeprefix("export "))
        if found and (what := _named(found[1], found[2].strip("\"'"))):
            yield _sighting(path, number, what)


def _secret_in(scalar: Scalar) -> str:
    """What is wrong with a literal, in words; empty when nothing is."""
    assigned = _ASSIGNED.fullmatch(scalar.text)
    if assigned and (what := _named(assigned[1], assigned[2])):
        return what
    if scalar.keys and (what := _named(scalar.keys[-1], scalar.text)):
        return what
    plain = literal(scalar.text)
    where = scalar.keys[-1] if scalar.keys else "the file"
    if _URL.search(plain):
        return f"the URL in {where} has its password in plain text"
    return f"what stands in {where} looks like a secret" if _REDACTOR.redact(plain) != plain else ""


def _named(name: str, value: str) -> str:
    plain = literal(value)
    if not (is_secret_name(name) or _PASS.fullmatch(name)) or _HARMLESS.fullmatch(plain):
        return ""
    return f"{name} has {'its value' if plain == value else 'a default'} in plain text"


def _sighting(path: str, line: int, what: str) -> Sighting:
    return Sighting(path=path, line=line, end_line=line, rule="secret-in-plain-text", message=f"{what}; {_MEND}")
