# tests/symbols/test_lsp_overrides.py — a renamed member takes along what it overrides and what overrides it
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols.language_server import LanguageServer

SHAPES = """\
import threading
from typing import Protocol


class Shape:
    sides: int = 0

    def area(self) -> float:
        return 0.0

    @property
    def name(self) -> str:
        return ""

    def _own(self) -> None: ...


class Rounded(Shape): ...


class Worker(threading.Thread):
    def run(self) -> None: ...

    def rest(self) -> None: ...


class Other:
    def area(self) -> float:
        return 1.0


def free() -> None: ...
"""
CIRCLES = """\
from shapes import Other, Shape, Rounded


class Circle(Rounded):
    sides = 1

    def area(self) -> float:
        return super().area()

    @property
    def name(self) -> str:
        return "round"


class Both(Circle, Other):
    def area(self) -> float:
        return 2.0


def total(shape: Shape, circle: Circle, both: Both) -> float:
    return shape.area() + circle.area() + both.area() + len(shape.name) + circle.sides
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LanguageServer]:
    (tmp_path / "shapes.py").write_text(SHAPES)
    (tmp_path / "circles.py").write_text(CIRCLES)
    (tmp_path / "exported.py").write_text("from shapes import free as free\n")
    server = LanguageServer(tmp_path)
    yield server
    await server.aclose()


def _spot(text: str, passage: str) -> tuple[int, int]:
    """The 1-based line of a passage, and the column of its last word."""
    start = text.index(passage)
    last = start + max(passage.rfind(" "), passage.rfind(".")) + 1
    return text.count("\n", 0, last) + 1, last - (text.rfind("\n", 0, last) + 1)


FAMILIES = {
    "from-the-top": ("shapes.py", SHAPES, "class Shape:\n    sides: int = 0\n\n    def area"),
    "from-an-override": ("circles.py", CIRCLES, "sides = 1\n\n    def area"),
    "from-a-use": ("circles.py", CIRCLES, "both.area"),
    "from-the-other-base": ("shapes.py", SHAPES, "class Other:\n    def area"),
}


@pytest.mark.parametrize(("path", "text", "passage"), FAMILIES.values(), ids=FAMILIES)
async def test_methods_of_one_family_keep_one_name(server: LanguageServer, path: str, text: str, passage: str) -> None:
    edits = await server.rename(path, *_spot(text, passage), "surface")
    assert [(edit.path, edit.line) for edit in edits] == [
        *[
            ("circles.py", number)
            for number, line in enumerate(CIRCLES.splitlines(), 1)
            for _ in range(line.count("area"))
        ],
        *[("shapes.py", number) for number, line in enumerate(SHAPES.splitlines(), 1) if "area" in line],
    ]


@pytest.mark.parametrize("name", ["name", "sides"])
async def test_properties_and_class_variables_too(server: LanguageServer, name: str) -> None:
    first = "    def name" if name == "name" else "Shape:\n    sides"
    edits = await server.rename("shapes.py", *_spot(SHAPES, first), "other")
    assert len(edits) == (SHAPES + CIRCLES).count(name)


@pytest.mark.parametrize("passage", ["def _own", "def rest"])
async def test_what_has_no_family_goes_alone(server: LanguageServer, passage: str) -> None:
    (edit,) = await server.rename("shapes.py", *_spot(SHAPES, passage), "other")
    assert (edit.path, edit.line) == ("shapes.py", _spot(SHAPES, passage)[0])


async def test_what_a_library_calls_keeps_its_name(server: LanguageServer) -> None:
    with pytest.raises(ToolRefusedError, match=r"overrides Thread\.run of a library"):
        await server.rename("shapes.py", *_spot(SHAPES, "class Worker(threading.Thread):\n    def run"), "other")


async def test_exported_names_go_along(server: LanguageServer) -> None:
    edits = await server.rename("shapes.py", *_spot(SHAPES, "def free"), "bound")
    assert [(edit.path, edit.column) for edit in edits] == [("exported.py", 19), ("exported.py", 27), ("shapes.py", 4)]
