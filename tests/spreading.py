# tests/spreading.py — how the suite is spread over processes: files whole, tests that need nothing of each other singly
import os
from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

SINGLY = frozenset(
    f"tests/{path}"
    for path in (
        "scenarios/test_house_styles.py",
        "scenarios/test_cheating_models.py",
        "scenarios/test_prompt_injection.py",
        "scenarios/test_replay.py",
        "gates/test_honest_changes.py",
        "gates/test_cheats.py",
    )
)
"""Long files whose tests share nothing that is slow to make."""
LONGEST_FIRST = (
    "tests/services/test_demo.py",
    "tests/scenarios/test_kill_anywhere.py",
    "tests/scenarios/test_resume.py",
    "tests/gates/test_migration_defects.py",
    "tests/gates/test_migration.py",
    "tests/services/test_skeleton_stack.py",
    "tests/scenarios/test_house_styles.py",
    "tests/scenarios/test_replay.py",
    "tests/gates/test_migration_schema.py",
    "tests/gates/test_migration_database.py",
    "tests/gates/test_migration_recipes.py",
)
"""Slow files that would leave all other processes idle if one began them last."""
MORE_THAN_PROCESSORS = 2
"""Processes beyond one a processor: a good third of the time tests wait for servers, containers and disks."""


class Spread(LoadScopeScheduling):
    """Gives a process the next file, or the next single test of the files that may be split."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if path in SINGLY else path


def workers() -> int:
    """How many processes `-n auto` starts."""
    return len(os.sched_getaffinity(0)) + MORE_THAN_PROCESSORS


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Quick tests first, then slow ones, those of the longest files before the others."""
    places = {path: place for place, path in enumerate(LONGEST_FIRST)}

    def place(item: pytest.Item) -> tuple[bool, int]:
        is_slow = item.get_closest_marker("slow") is not None
        return is_slow, places.get(item.nodeid.partition("::")[0], len(places)) if is_slow else 0

    return sorted(items, key=place)
