"""An event loop whose clock jumps to whatever is due next.  It has no sockets and no threads: nothing is waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

T = TypeVar("T")


class Standstill(RuntimeError):
    """A mistake of ours."""


class _Jump:
    """What the loop takes for its selector: instead of waiting, time has passed."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Standstill("everybody waits, and nothing will ever happen")
        self.moment += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Its time begins at ``moment`` seconds.  What is given to a thread (:func:`asyncio.to_thread`) is done at once."""

    def __init__(self, moment: float = 0.0) -> None:
        super().__init__()
        self._selector = _Jump(moment)

    def time(self) -> float:
        return self._selector.moment

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  it is for who awaits it, as of a thread
            done.set_exception(error)
        return done

    def _process_events(self, event_list: list[object]) -> None:
        """There are none: nobody but ourselves can wake us."""

    def _write_to_self(self) -> None:
        """As above."""
