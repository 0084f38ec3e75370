# tests/agent/test_brief_asked.py — verbs beside resources: what a task's sentences ask for
import pytest

from python_coder.agent.briefing.asked import Ask, asks_in, stem

NOUNS = {"hero", "team", "item"}
CASES = {
    "before-the-noun": ("Creating a hero must answer 404", [("POST", "hero")]),
    "two-verbs": ("Creating or updating a hero with a `team_id`", [("POST", "hero"), ("PATCH", "hero")]),
    "passive": ("A team that still has heroes must not be deleted", [("DELETE", "team")]),
    "of-the-first-noun": ("Items can be listed by team", [("GET", "item")]),
    "noun-before": ("The items list needs a filter", [("GET", "item")]),
    "other-object": ("Add a weight to items", []),
    "no-resource": ("Deleting everything is fine", []),
    "in-a-path": ("DELETE /teams/{team_id} answers 409", []),
    "in-backticks": ("`delete_team` answers 409", []),
}


@pytest.mark.parametrize(("task", "asks"), CASES.values(), ids=CASES)
def test_finds_verbs_beside_resources(task: str, asks: list[tuple[str, str]]) -> None:
    assert [(ask.method, ask.noun) for ask in asks_in(task, NOUNS)] == asks


ASIDES = {
    "another": ("Updating a hero answers 404, also when another request deletes that team", [False, True]),
    "a-later-condition": ("Creating a hero fails, unless an admin deleted the team", [False, True]),
    "a-first-condition": ("When a team is deleted, its members stay", [False]),
}


@pytest.mark.parametrize(("task", "asides"), ASIDES.values(), ids=ASIDES)
def test_tells_what_is_only_said_beside_it(task: str, asides: list[bool]) -> None:
    assert [ask.is_aside for ask in asks_in(task, NOUNS)] == asides


def test_lists_are_told_from_single_rows() -> None:
    assert list(asks_in("Filter items by colour", NOUNS)) == [Ask("GET", "item", is_listing=True, is_aside=False)]


@pytest.mark.parametrize(
    ("one", "many"), [("hero", "heroes"), ("category", "categories"), ("address", "addresses"), ("box", "boxes")]
)
def test_both_numbers_have_one_stem(one: str, many: str) -> None:
    assert stem(one) == stem(many)
