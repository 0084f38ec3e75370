# tests/symbols/test_lsp_turns.py — many readers at once, or one writer alone
import asyncio
import random

import pytest

from python_coder.symbols.turns import Turns


async def test_nobody_is_beside_who_is_alone() -> None:
    turns, inside = Turns(), {"shared": 0, "alone": 0}
    chance = random.Random(1)
    most_shared = 0

    async def act(kind: str) -> None:
        nonlocal most_shared
        async with turns.alone() if kind == "alone" else turns.shared():
            inside[kind] += 1
            try:
                assert inside["alone"] == 0 or inside == {"shared": 0, "alone": 1}
                most_shared = max(most_shared, inside["shared"])
                await asyncio.sleep(chance.random() / 200)
            finally:
                inside[kind] -= 1

    tasks = [asyncio.create_task(act(chance.choice(["shared", "shared", "alone"]))) for _ in range(200)]
    for task in chance.sample(tasks, 60):
        asyncio.get_running_loop().call_later(chance.random() / 3, task.cancel)
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert {type(end) for end in ends} <= {type(None), asyncio.CancelledError}
    assert most_shared > 1
    async with asyncio.timeout(1), turns.alone():
        pass


async def test_who_asks_to_be_alone_goes_before_those_who_come_later() -> None:
    turns, order = Turns(), []

    async def share(name: str) -> None:
        async with turns.shared():
            order.append(name)
            await asyncio.sleep(0.01)

    async def alone() -> None:
        async with turns.alone():
            order.append("alone")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(share("first"))
        await asyncio.sleep(0)
        tasks.create_task(alone())
        await asyncio.sleep(0)
        tasks.create_task(share("late"))
    assert order == ["first", "alone", "late"]


async def test_an_error_inside_gives_the_turn_back() -> None:
    turns = Turns()
    for kind in (turns.alone, turns.shared, turns.alone):
        with pytest.raises(ZeroDivisionError):
            async with kind():
                raise ZeroDivisionError
