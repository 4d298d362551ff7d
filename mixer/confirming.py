"""Waits for the disk in a thread, so that neither callers nor phones do."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mixer.journal import confirmed

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class Confirming:
    """One file after the other, in the order in which they were given; a process that ends waits for the last."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "confirming")

    def __call__(self, path: Path) -> None:
        self._thread.submit(_confirm, path)

    def wait(self) -> None:
        """Until the disk has all that were given."""
        self._thread.submit(lambda: None).result()


def _confirm(path: Path) -> None:
    try:
        confirmed(path)
    except OSError as error:
        _log.error("%s: the disk does not confirm it, %s", path, error.strerror)
