# tests/gates/test_compose_marks.py — lines of things in YAML files, and what their variables say
import pytest

from python_coder.gates.compose_marks import MarkedFile
from python_coder.gates.compose_variables import References, literal

TEXT = b"""\
x-all: &all
  image: a
  environment: {A: one}
x-more: &more {image: b, init: true}
services:
  api:
    <<: [*all, *more]
    command:
      - serve
      - --fast
    ports: *all
---
services:
  api:
    environment:
      - B=two
      - C
"""
PLACES = {
    "own": (("services", "api"), (14, 17)),
    "merged-in": (("services", "api", "image"), (2, 2)),
    "merged-in-second": (("services", "api", "init"), (4, 4)),
    "several-lines": (("services", "api", "command"), (8, 10)),
    "alias-takes-its-key-s-line": (("services", "api", "ports"), (11, 11)),
    "item-as-a-key": (("services", "api", "environment", "B"), (16, 16)),
    "name-as-a-key": (("services", "api", "environment", "C"), (17, 17)),
}


@pytest.mark.parametrize(("keys", "lines"), PLACES.values(), ids=PLACES)
def test_finds_the_lines(keys: tuple[str, ...], lines: tuple[int, int]) -> None:
    place = MarkedFile.read("a.yaml", TEXT).find(*keys)
    assert place is not None
    assert (place.line, place.end_line) == lines


def test_finds_nothing() -> None:
    file = MarkedFile.read("a.yaml", TEXT)
    assert (file.find("services", "web"), file.find("services", "api", "image", "more")) == (None, None)


def test_lists_keys_of_all_documents() -> None:
    file = MarkedFile.read("a.yaml", TEXT)
    assert file.keys() == ("x-all", "x-more", "services")
    assert file.keys("services", "api", "environment") == ("A", "B", "C")


@pytest.mark.parametrize(("line", "keys"), [(3, ("x-all", "environment", "A")), (10, ("services", "api", "command"))])
def test_tells_the_keys_of_a_line(line: int, keys: tuple[str, ...]) -> None:
    assert MarkedFile.read("a.yaml", TEXT).keys_at(line) == keys


BROKEN = {
    "bracket": (b"a: [1\nb: 2\n", 2),
    "end": (b"a: {b: 1\n\n\n", 1),
    "bytes": (b"a: \xff\n", 1),
    "huge": (b"a" * 2_000_000, 1),
}


@pytest.mark.parametrize(("content", "line"), BROKEN.values(), ids=BROKEN)
def test_says_where_it_breaks(content: bytes, line: int) -> None:
    file = MarkedFile.read("a.yaml", content)
    assert (bool(file.problem), file.problem_line, file.documents) == (True, line, ())


def test_aliases_of_aliases_are_read_once() -> None:
    lines = ["a0: &a0 {TOKEN: hunter2}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    scalars = list(MarkedFile.read("a.yaml", "\n".join(lines).encode()).scalars())
    assert [(scalar.keys, scalar.text, scalar.line) for scalar in scalars] == [(("a0", "TOKEN"), "hunter2", 1)]


LITERALS = {
    "plain": ("a$$b", "a$$b"),
    "unset": ("a-${B}-$C", "a-?-?"),
    "default": ("${A:-x}${B-y}", "xy"),
    "nested": ("${A:-${B:-${C-x}}}", "x"),
    "alternative": ("${A:+x}", "x"),
    "required": ("${A:?say it}${B?}", "??"),
}


@pytest.mark.parametrize(("text", "expected"), LITERALS.values(), ids=LITERALS)
def test_literal(text: str, expected: str) -> None:
    assert literal(text, unknown="?") == expected


def test_references() -> None:
    asked = References.of(["${A:-x} ${B:?say} $C", "${D}:/data", "$$E"])
    assert (asked.unset, asked.required, asked.mounted) == ({"B", "C", "D"}, {"B"}, {"D"})
