# tests/agent/test_journal.py — turns survive a kill; a torn line is cut off
from pathlib import Path

from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from python_coder.agent.journal import Journal, Turn, as_json, messages_of


def _turn(number: int) -> Turn:
    messages = as_json([ModelRequest(parts=[UserPromptPart(f"q{number}")]), ModelResponse(parts=[TextPart("a")])])
    return Turn(phase="act", round=number, tree="t", used=1, limit=12, causes=(3,), messages=messages)


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "m.jsonl")
    assert journal.read() == ()
    turns = (_turn(1), _turn(2))
    for turn in turns:
        journal.append(turn)
    assert journal.read() == turns
    assert len(messages_of(turns)) == 4
    assert (tmp_path / "m.jsonl").stat().st_mode & 0o077 == 0


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "m.jsonl")
    first, second = _turn(1), _turn(2)
    journal.append(first)
    with journal.path.open("ab") as file:
        file.write(b'{"phase": "ac')
    assert journal.read() == (first,)
    journal.append(second)
    assert journal.read() == (first, second)
