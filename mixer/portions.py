"""Work in its order, so much of it at once: what concerns thousands of legs holds nobody else's call up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

AT_ONCE: Final = 200
"""To tell a leg what it hears takes some 50 µs."""


class Portions:
    """What comes while some of it still waits is done behind that; of a little, all is done at once.  What work there
    is is asked for when its turn comes."""

    def __init__(self) -> None:
        self._waiting: deque[Iterator[Callable[[], object]]] = deque()
        self._next: Callable[[], object] | None = None
        """The first of what waits."""
        self._going_on = False
        """Now, or as soon as the event loop has gone round."""

    def do(self, work: Iterable[Callable[[], object]]) -> None:
        self._waiting.append(iter(work))
        if not self._going_on:
            self._going_on = True
            self._next = self._take()
            self._go_on()

    def _go_on(self) -> None:
        try:
            for _ in range(AT_ONCE):
                if (work := self._next) is None:
                    break
                try:
                    work()
                finally:  # also after a mistake of ours: what waits behind it is done
                    self._next = self._take()
        finally:
            self._going_on = self._next is not None
            if self._going_on:
                asyncio.get_running_loop().call_soon(self._go_on)

    def _take(self) -> Callable[[], object] | None:
        while self._waiting:
            for work in self._waiting[0]:
                return work
            self._waiting.popleft()
        return None
