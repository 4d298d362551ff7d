"""The mixer, for whoever watches: what it tells comes in, what is wanted goes out, and nobody waits for either."""

from __future__ import annotations

import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

from confctl.live.asking import why
from confctl.words import Sentence
from mixer.control import ControlError, NotRunning, Refused, ask, follow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from confctl.watch.scene import Wanted
    from mixer.control import Json
    from mixer.phrases import Phrase

_Item = TypeVar("_Item")

AGAIN_SECONDS: Final = 0.5
"""After the mixer was not there."""
GONE_SECONDS: Final = 15.0
"""So long a conference may be unknown to a mixer that has just begun."""


class MixerLine:
    """``wake`` is called, from a thread, when something has come."""

    def __init__(self, path: Path, code: str, wake: Callable[[], None]) -> None:
        self._path = path
        self._code = code
        self._wake = wake
        self._told: deque[Mapping[str, Json]] = deque()
        self._refused: deque[Phrase | Sentence] = deque()
        self._wanted: SimpleQueue[Wanted] = SimpleQueue()
        self.away = False
        for work in (self._listen, self._ask):
            threading.Thread(target=work, daemon=True).start()

    def told(self) -> list[Mapping[str, Json]]:
        """What has come since the last call."""
        return _taken(self._told)

    def refused(self) -> list[Phrase | Sentence]:
        """Why what was wanted was not done."""
        return _taken(self._refused)

    def want(self, wanted: Wanted) -> None:
        self._wanted.put(wanted)

    def _listen(self) -> None:
        heard = time.monotonic()
        while True:
            try:
                for told in follow(self._path, "watch", code=self._code):
                    heard, self.away = time.monotonic(), False
                    self._told.append(told)
                    self._wake()
            except NotRunning:
                heard = time.monotonic()
            except Refused:
                if time.monotonic() - heard > GONE_SECONDS:
                    self._told.append({"over": True})
            except ControlError as error:
                self._refused.append(Sentence(error.reason, error.values))
            self.away = True
            self._wake()
            time.sleep(AGAIN_SECONDS)

    def _ask(self) -> None:
        while True:
            wanted = self._wanted.get()
            try:
                self._act(wanted)
            except ControlError as error:
                self._refused.append(error.phrase if isinstance(error, Refused) else why(error))
            self._wake()

    def _act(self, wanted: Wanted) -> None:
        if wanted.who is not None:
            ask(self._path, wanted.do, code=self._code, who=[wanted.who])
        elif wanted.on is not None:
            ask(self._path, wanted.do, code=self._code, on=wanted.on)
        else:
            ask(self._path, wanted.do, code=self._code)


def _taken(waiting: deque[_Item]) -> list[_Item]:
    found = []
    while waiting:
        found.append(waiting.popleft())
    return found
