"""Tests in virtual time: hours pass in milliseconds, and nothing is waited for."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from mixer.rehearsal.virtual_time import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

BEGINS = 1000.0
"""What such a test's clock shows first: a machine has run for a while, and 0 is a number that mistakes begin with."""


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """``asyncio.sleep`` in such a test lets time pass without taking any; it must use no sockets."""

    @functools.wraps(test)
    def run(*arguments: object, **fixtures: object) -> None:
        with asyncio.Runner(loop_factory=functools.partial(VirtualLoop, BEGINS)) as runner:
            runner.run(test(*arguments, **fixtures))

    return run
