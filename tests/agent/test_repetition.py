# tests/agent/test_repetition.py — a model that goes round in circles gets one nudge
from python_coder.agent.repetition import Repetition

TREE = "t"
A, B = ("read", {"path": "a"}, "text a"), ("read", {"path": "b"}, "text b")


def _play(calls: list[tuple[str, dict[str, str], str]], tree: str = TREE) -> list[str]:
    seen = Repetition()
    return [seen.note(*call, tree) for call in calls]


def test_the_same_call_and_answer_three_times() -> None:
    assert _play([A] * 6) == ["none", "none", "nudge", "none", "none", "stop"]


def test_ping_pong() -> None:
    assert _play([A, B] * 3) == ["none"] * 5 + ["nudge"]


def test_another_answer_is_no_circle() -> None:
    assert _play([("run", {}, f"{count} failed") for count in range(9)]) == ["none"] * 9


def test_another_tree_is_progress() -> None:
    seen = Repetition()
    assert [seen.note(*A, f"tree {number}") for number in range(9)] == ["none"] * 9


def test_durations_do_not_hide_a_circle() -> None:
    assert _play([("run", {}, f"1 failed in 0.{number}s") for number in (12, 34, 56)])[-1] == "nudge"


def test_reading_many_files_is_no_circle() -> None:
    assert _play([("read", {"path": str(number)}, "x") for number in range(20)]) == ["none"] * 20
