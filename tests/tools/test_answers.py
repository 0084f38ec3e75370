# tests/tools/test_answers.py — answers keep to their limit, and tell what they left out
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_coder.tools.answers import Group, paged, shorten, trimmed

GROUPS = [Group(f"app/file_{number}.py", [f"name {line}: code" for line in range(7)]) for number in range(30)]


@pytest.mark.parametrize("limit", [10, 60, 200, 1_000, 5_000, -1])
def test_an_answer_keeps_to_its_limit(limit: int) -> None:
    text = paged(GROUPS, noun="uses", title="210 uses", max_answer_chars=limit)
    assert len(text) <= (limit if limit > 0 else 20_000)


def test_pages_show_everything_once() -> None:
    seen, skip = [], 0
    while True:
        page = paged(GROUPS, noun="uses", title="210 uses", max_answer_chars=900, skip=skip)
        heading = ""
        for line in page.splitlines()[1:]:
            if line.startswith("app/"):
                heading = line
            elif line.startswith("  "):
                seen.append((heading, line.strip()))
        more = re.search(r"… (\d+) more uses under \d+ headings?; go on with skip=(\d+)", page)
        if more is None:
            break
        assert len(seen) + int(more[1]) == 210
        skip = int(more[2])
    assert seen == [(group.heading, entry) for group in GROUPS for entry in group.entries]


def test_a_page_after_the_last_says_so() -> None:
    assert paged(GROUPS, noun="uses", skip=999).endswith("There are only 210 uses.")


def test_a_long_text_says_how_many_lines_are_left_out() -> None:
    text = "\n".join(["x" * 99] * 1000)
    short = shorten(text)
    assert len(short) <= 20_000
    kept, _, left = short.rpartition("\n… ")
    assert kept.count("\n") + 1 + int(left.split()[0]) == 1000
    assert shorten("a\nb") == "a\nb"


@given(st.text("ab \t", max_size=80), st.integers(1, 40), st.integers(0, 80))
def test_a_trimmed_line_keeps_to_its_width(line: str, width: int, around: int) -> None:
    assert len(trimmed(line, width, around=around)) <= width


def test_a_trimmed_line_keeps_what_matters() -> None:
    line = "    " + "a" * 50 + " get_db " + "b" * 50
    assert "get_db" in trimmed(line, 30, around=line.index("get_db"))
