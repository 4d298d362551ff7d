"""Work of many tasks in small portions, so that a thousand that begin at once hold nobody else up."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Lets ``at_once`` tasks go on, those that came first, each time the event loop goes round."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._given = 0  # in this round
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Waits for a turn; a task that is cancelled meanwhile takes none."""
        if not self._given:
            asyncio.get_running_loop().call_soon(self._next_round)
        if self._given < self._at_once:
            self._given += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _next_round(self) -> None:
        self._given = 0
        while self._waiting and self._given < self._at_once:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._given += 1
        if self._given:
            asyncio.get_running_loop().call_soon(self._next_round)
