"""Where the phones are registered, kept for the next mixer: so they are reached by it before they register again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.keepsakes import Keepsakes
    from sip.registrar import Registrar

_log = logging.getLogger(__name__)

KEEP_SECONDS: Final = 1.0
"""How long a change of the bindings waits for others: phones register in bursts, and a writing waits for the disk."""


class Registrations:
    """``clock``: the registrar's."""

    def __init__(self, registrar: Registrar, keepsakes: Keepsakes, clock: Callable[[], float]) -> None:
        self._registrar = registrar
        self._keepsakes = keepsakes
        self._clock = clock
        self._keeping: asyncio.TimerHandle | None = None

    def load(self) -> None:
        """Those of the former mixer."""
        bindings, age = self._keepsakes.bindings()
        try:
            self._registrar.load(bindings, self._clock(), age)
        except ValueError as error:
            _log.warning("the bindings that were kept can't be used, so the phones must register again: %s", error)

    def keep_soon(self) -> None:
        """Some binding has changed."""
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().call_later(KEEP_SECONDS, self.keep)

    def keep(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        self._keepsakes.keep_bindings(self._registrar.dump(self._clock()))

    def knows(self, host: str) -> bool:
        """Whether a phone has registered from this host."""
        return self._registrar.knows(host, self._clock())
