"""Lines typed on a terminal that can't move its cursor (``TERM=dumb``): nothing is offered, nothing is prefilled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confctl.terminal.questions import Offer


class PlainLines:
    shows_offers = False

    def line(self, question: str, typed: str, offers: Callable[[str], Iterable[Offer]]) -> str:
        del typed, offers  # such a terminal can show neither
        return self._read(question)

    def file(self, question: str, typed: str) -> str:
        del typed
        return self._read(question)

    def erase(self, text: str) -> None:
        """Such a terminal can't."""

    def _read(self, question: str) -> str:
        sys.stderr.write(question)
        sys.stderr.flush()
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            raise
        if not answer:
            sys.stderr.write("\n")
            raise EOFError
        return answer.rstrip("\n")
