"""``confctl events``: the journal, as far as it goes, and on as it grows.

What is told comes from the journal's files, so nothing is missed when the mixer ends and another begins; its socket
only rings when there is something new, and without it the files are looked at once a second.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.clean import DANGEROUS
from confctl.live.narrator import Narrator
from confctl.live.tail import Tail
from confctl.terminal.screen import lacks_letters
from mixer.control import ControlError, follow
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confctl.live.tail import Entry
    from confctl.session import Session

LOOK_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 1.0
"""After there was no mixer."""


def events(session: Session, code: str | None, *, since: float, on: bool, as_json: bool) -> int:
    """``on``: for ever, or until the conference is over; until Ctrl-C, or nobody reads any more."""
    settings = session.settings
    narrator = Narrator(session.book, session.language, ZoneInfo(settings.company.timezone))
    tail = Tail(settings.paths.journal, code, since)
    try:
        _print(tail.entries(), narrator, titled=code is None, as_json=as_json)
        if on:
            _go_on(tail, narrator, _Bell(session.socket), code, as_json=as_json)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain at its end
    return 0


def _go_on(tail: Tail, narrator: Narrator, bell: _Bell, code: str | None, *, as_json: bool) -> None:
    over = False
    while not over and _is_read():
        bell.wait(LOOK_SECONDS)
        found = tail.read()
        _print(found, narrator, titled=code is None, as_json=as_json)
        over = code is not None and any(entry.record.kind == Kind.ENDED for entry in found)


def _print(found: Iterable[Entry], narrator: Narrator, *, titled: bool, as_json: bool) -> None:
    for entry in found:
        text = _value(narrator, entry) if as_json else narrator.line(entry, titled=titled)
        sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _value(narrator: Narrator, entry: Entry) -> str:
    """On one line; characters that act on a terminal are escaped as JSON has it."""
    text = json.dumps(narrator.value(entry), ensure_ascii=lacks_letters(sys.stdout))
    return DANGEROUS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _is_read() -> bool:
    """Whether somebody reads what we print: the other end of a pipe may be gone while there is nothing to say."""
    looked = select.poll()
    looked.register(sys.stdout.fileno(), select.POLLERR)
    return not looked.poll(0)


class _Bell:
    """Rings when the mixer has written something; whoever has not heard it looks a little later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rung = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def wait(self, seconds: float) -> None:
        self._rung.wait(seconds)
        self._rung.clear()

    def _listen(self) -> None:
        while True:
            try:
                for _ in follow(self._path, "events"):
                    self._rung.set()
            except ControlError:
                pass  # none there, none that knows of events, or we may not ask: the files are looked at anyway
            time.sleep(AGAIN_SECONDS)
