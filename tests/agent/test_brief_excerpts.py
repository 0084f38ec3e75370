# tests/agent/test_brief_excerpts.py — pieces of files: merged, in the file's order, what is left out named
import pytest

from agent.shop_repository import ShopFiles
from python_coder.agent.briefing.excerpts import Excerpts
from python_coder.agent.briefing.sources import Sources, Span

PARTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BODY = "".join(f"    value += {number}  # {'long ' * 12}\n" for number in range(8))
LONG = "import os\n\n" + "".join(f"def {name}():\n{BODY}" for name in PARTS)
FILES = ShopFiles({"a.py": LONG, "b.py": "import re\n\n\ndef small():\n    return 1\n", "c.py": LONG * 3})


def of(path: str, name: str) -> Span:
    symbol = next(one for one in Sources(FILES).definitions(path) if one.name == name)
    return Span(path, symbol.first_line, symbol.last_line, name)


@pytest.fixture
def excerpts() -> Excerpts:
    return Excerpts(Sources(FILES))


def test_pieces_of_a_file_stand_in_its_order_with_what_is_between_named(excerpts: Excerpts) -> None:
    for name in ("four", "one"):
        assert excerpts.add(of("a.py", name), 9_000)
    text = excerpts.text
    assert text.count("## a.py") == 1
    assert text.index("def one()") < text.index("… 12-29: two, three\n") < text.index("def four()")
    assert text.endswith("… 39-83: five, six, seven, eight, nine")
    assert "import os\n\ndef one" in text


def test_neighbours_and_parts_are_shown_once(excerpts: Excerpts) -> None:
    for span in (of("a.py", "two"), Span("a.py", 15, 17), of("a.py", "three")):
        assert excerpts.add(span, 9_000)
    assert excerpts.text.count("def two()") == 1
    assert "… 1-" in excerpts.text
    assert excerpts.text.count("…") == 2


def test_a_short_file_that_is_mostly_wanted_is_shown_whole(excerpts: Excerpts) -> None:
    for name in ("one", "two", "three", "four", "five"):
        assert excerpts.add(of("a.py", name), 9_000)
    assert excerpts.shows_whole("a.py")
    assert excerpts.shows(of("a.py", "nine"))


def test_a_tiny_file_is_always_shown_whole(excerpts: Excerpts) -> None:
    assert excerpts.add(of("b.py", "small"), 9_000)
    assert excerpts.text == "## b.py, whole\nimport re\n\n\ndef small():\n    return 1"


def test_the_last_of_many_names_is_told_since_more_goes_after_it(excerpts: Excerpts) -> None:
    assert excerpts.add(Span("c.py", 3, 11), 9_000)
    assert excerpts.text.endswith("more …, nine")


def test_nothing_goes_beyond_the_length(excerpts: Excerpts) -> None:
    assert excerpts.add(of("a.py", "one"), 1_200)
    assert not excerpts.add(of("a.py", "five"), 1_200)
    assert excerpts.chars <= 1_200
    assert "def five" not in excerpts.text
    # Its pieces fit where all of it does not.
    assert excerpts.add(Span("b.py", 4, 5), 1_300)
