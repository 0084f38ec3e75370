# tests/gates/test_memo.py — slow work is done once, and in turn
import asyncio

import pytest

from python_coder.gates.memo import Memo


async def test_each_key_is_worked_out_once() -> None:
    memo, calls = Memo(), []

    async def work() -> int:
        calls.append(1)
        await asyncio.sleep(0)
        return 7

    assert await asyncio.gather(*(memo.once("a", work, is_isolated=False) for _ in range(3))) == [7, 7, 7]
    assert len(calls) == 1


@pytest.mark.parametrize(("is_isolated", "most"), [(False, 1), (True, 2)], ids=["shared", "isolated"])
async def test_how_much_runs_at_once(is_isolated: bool, most: int) -> None:
    memo, running, seen = Memo(), set(), []

    def work(name: int):
        async def run() -> None:
            running.add(name)
            seen.append(len(running))
            await asyncio.sleep(0.01)
            running.discard(name)

        return run

    await asyncio.gather(*(memo.once(name, work(name), is_isolated=is_isolated) for name in range(4)))
    assert max(seen) == most


async def test_a_cancelled_caller_takes_nothing_from_the_others() -> None:
    memo, gate = Memo(), asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "done"

    first = asyncio.create_task(memo.once("a", work, is_isolated=False))
    second = asyncio.create_task(memo.once("a", work, is_isolated=False))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == "done"
