"""Turns: many tasks at once, a few each time the loop has been round."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from mixer.turns import Turns
from tests.mixer.virtual_time import in_virtual_time


@in_virtual_time
async def test_a_thousand_tasks_go_on_a_few_at_a_time_and_in_their_order() -> None:
    turns, done, seen = Turns(8), list[int](), list[int]()

    async def one(number: int) -> None:
        await turns.take()
        done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(1000)]
    while len(done) < 1000:
        await asyncio.sleep(0)
        seen.append(len(done))
    assert done == list(range(1000))
    assert max(after - before for before, after in pairwise(seen)) <= 8
    await asyncio.gather(*tasks)


@in_virtual_time
async def test_who_is_cancelled_while_waiting_takes_nobody_elses_turn() -> None:
    turns, done = Turns(1), list[int]()

    async def one(number: int) -> None:
        await turns.take()
        done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == [0, 2]
