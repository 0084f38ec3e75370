# src/python_coder/tools/trials/app_names.py — how the application of a service is imported
import posixpath
import re
from collections.abc import Sequence

from python_coder.errors import ToolRefusedError
from python_coder.gates.context import GateContext
from python_coder.service_map.files import FolderView
from python_coder.service_map.whole import whole_map

_LABEL = re.compile(r"(?P<name>[\w.]+) \((?P<path>.+):(?P<line>\d+)\)")
_GIVEN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?")


def app_name(context: GateContext, given: str) -> str:
    """`module:variable` of the application, or `module:factory()`.

    Args:
        context: The present tree.
        given: What the caller says; empty to find the first application that the service map has.

    Raises:
        ToolRefusedError: It is no such name, or none was found.
    """
    if given:
        if not _GIVEN.fullmatch(given):
            raise ToolRefusedError(f"{given!r} is no application. Give module:variable, such as app.main:app.")
        return given
    labels = whole_map(FolderView(context.judged_folder)).applications
    found = [name for label in labels if (name := _imported(context, label))]
    if not found:
        raise ToolRefusedError("No FastAPI application was found. Give it as `app`, such as app.main:app.")
    return found[0]


def _imported(context: GateContext, label: str) -> str:
    """The name under which an application of the map is imported; empty when it lies outside all import roots."""
    found = _LABEL.fullmatch(label)
    if found is None:
        return ""
    for root in _roots(context):
        path = posixpath.relpath(found["path"], root)
        if not path.startswith(".."):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            return f"{module}:{found['name']}" if _is_at_top(context, found) else f"{module}:{_maker(context, found)}()"
    return ""


def _roots(context: GateContext) -> Sequence[str]:
    known = context.known_good
    return [posixpath.normpath(posixpath.join(known.project_root, root)) for root in known.import_roots]


def _is_at_top(context: GateContext, found: re.Match[str]) -> bool:
    lines = _lines(context, found["path"])
    return not lines[int(found["line"]) - 1 : int(found["line"])][0][:1].isspace() if lines else True


def _maker(context: GateContext, found: re.Match[str]) -> str:
    """The function in which an application is made."""
    for line in reversed(_lines(context, found["path"])[: int(found["line"])]):
        if made := re.match(r"(?:async )?def (\w+)", line):
            return made[1]
    return found["name"]


def _lines(context: GateContext, path: str) -> Sequence[str]:
    return (context.judged_folder / path).read_text(encoding="utf-8", errors="replace").splitlines()
