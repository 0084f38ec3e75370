# src/python_coder/workspace/env_file.py — variables out of a `.env` file
import re
from collections.abc import Mapping

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\r\n]*))""",
    re.MULTILINE | re.VERBOSE,
)
_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?P<default>[^}]*))?\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse_env_file(text: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read the lines `NAME=value` as python-dotenv and Compose do.

    Args:
        text: Content of the file; quoted values may span lines, comments and anything else is passed over.
        known: Variables that `${NAME}` may refer to beside those of the file. Nothing is read from our environment.

    Returns:
        Values by name, in order of the file. Single quotes keep `${NAME}` as it stands.
    """
    found: dict[str, str] = {}
    for match in _LINE.finditer(text.lstrip("\ufeff")):
        if (literal := match["single"]) is not None:
            found[match["name"]] = literal
            continue
        if match["double"] is not None:
            value = re.sub(r"\\(.)", lambda hit: _ESCAPES.get(hit[1], hit[1]), match["double"], flags=re.DOTALL)
        else:
            value = re.sub(r"(?:^|\s)#.*$", "", match["bare"]).strip()
        found[match["name"]] = _expand(value, {**(known or {}), **found})
    return found


def _expand(value: str, known: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda hit: known.get(hit["name"]) or hit["default"] or "", value)
