# tests/symbols/test_edits_drawn.py — whatever body is drawn: it is refused, or all around the symbol stays what it was
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.symbols.edits import insert_after, insert_before, replace_body
from python_coder.symbols.parse import parse_symbols
from python_coder.symbols.symbol import Symbol
from python_coder.symbols.text_file import split_lines
from symbols.dressed import SERVICE

LINES = split_lines(SERVICE)
SYMBOLS = {
    symbol.name_path: symbol
    for symbol in parse_symbols("a.py", SERVICE.encode()).walk()
    if symbol.name_path in {"plain", "list_items", "Box/last", "Box/width[0]", "Box/Inner/deep", "chosen[0]", "LIMIT"}
}
BITS = st.sampled_from(
    [
        *("else:", "pass", "x = 1", "'''", "@z", "\\", "# c", "class Q: pass", "def q(self): ...", "if 1:", "return 1"),
        *("(", ")", "", "\t", "def last(self):", "finally:", "case 1:", ";", "async", '"""'),
    ]
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["insert", "cut", "indent", "append"]), st.integers(0, 14), BITS, st.integers(0, 9)),
    min_size=1,
    max_size=3,
)


def own_lines(symbol: Symbol) -> list[str]:
    return LINES[symbol.first_line - 1 : symbol.last_line]


def changed(lines: list[str], changes: list[tuple[str, int, str, int]]) -> str:
    lines = [line.rstrip("\n") for line in lines]
    for how, at, bit, width in changes:
        place = at % (len(lines) or 1)
        if how == "insert" or not lines:
            lines.insert(place, " " * width + bit)
        elif how == "cut":
            del lines[place]
        elif how == "indent":
            lines[place] = " " * width + lines[place].lstrip()
        else:
            lines[place] += bit
    return "\n".join(lines)


def names(source: str) -> Counter[str]:
    """How often each name path stands in a source, places among neighbours left out."""
    found = parse_symbols("a.py", source.encode()).walk()
    return Counter("/".join(name.partition("[")[0] for name in symbol.name_path.split("/")) for symbol in found)


@settings(deadline=None, max_examples=120)
@given(path=st.sampled_from(sorted(SYMBOLS)), changes=CHANGES, is_cut_out=st.booleans())
def test_a_replaced_symbol_changes_nothing_around_it(
    path: str, changes: list[tuple[str, int, str, int]], is_cut_out: bool
) -> None:
    symbol = SYMBOLS[path]
    body = changed(own_lines(symbol), changes)
    try:
        after = replace_body(SERVICE, symbol, body.lstrip() if is_cut_out else body)
    except ToolRefusedError:
        return
    assert after.startswith("".join(LINES[: symbol.first_line - 1]))
    assert after.endswith("".join(LINES[symbol.last_line :]))
    own = path.partition("[")[0]
    old, new = names(SERVICE), names(after)
    assert new[own] == old[own]
    assert {name: count for name, count in new.items() if not name.startswith(own)} == {
        name: count for name, count in old.items() if not name.startswith(own)
    }


@settings(deadline=None, max_examples=80)
@given(path=st.sampled_from(sorted(SYMBOLS)), changes=CHANGES, is_before=st.booleans())
def test_an_insertion_keeps_every_line_and_name(
    path: str, changes: list[tuple[str, int, str, int]], is_before: bool
) -> None:
    insert = insert_before if is_before else insert_after
    try:
        after = insert(SERVICE, SYMBOLS[path], changed(["def new():\n", "    return 1\n"], changes))
    except ToolRefusedError:
        return
    rest = iter(split_lines(after))
    assert all(line in rest for line in LINES)
    old, new = names(SERVICE), names(after)
    assert not old - new
    parent = path.rpartition("/")[0]
    added = set(new - old)
    assert all(name.rpartition("/")[0] == parent or name.rpartition("/")[0] in added for name in added)
