"""Waiting for something that another program does: until it is so, or with a reason when it never is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE = 0.02
STARTING = 60.0
"""Seconds for a program to start, when nobody asks how soon: all tests of a run, and the phones and mixers of theirs,
share the processors."""
PATIENCE = 15.0
"""Seconds for what a program does once it is told; less than the phones of the tests ring until they are given up."""


class NeverHappenedError(AssertionError):
    """What was waited for did not come within its time."""


def until(is_so: Callable[[], bool], seconds: float, what: Callable[[], str] | str) -> None:
    """Look every 20 ms until ``is_so()``; after ``seconds`` raise :class:`NeverHappenedError` that says ``what``."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise NeverHappenedError(f"not within {seconds:g} s: {what if isinstance(what, str) else what()}")
        time.sleep(_PAUSE)
