# tests/cli/test_console.py — what tools and models say reaches the terminal letter by letter
import pytest

from python_coder.cli.console import plain_console

LINES = {
    "type": 'Item "None" of "list[str] | None" has no attribute "x"',
    "test-id": "tests/test_items.py::test_create[name-key]",
    "closing-bracket": "no closing tag [/red] was opened",
    "emoji": "app/keys.py:key: lock:key:",
    "long": "word " * 100 + "end",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_shows_a_line_as_it_is(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain_console().print(line)
    plain_console(is_stderr=True).print(line)
    assert capsys.readouterr() == (f"{line}\n", f"{line}\n")
