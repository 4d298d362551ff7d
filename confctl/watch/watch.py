"""``confctl watch``: the loop around scene, picture and terminal.

The next picture is sent when the terminal has said that it shows the last one (:data:`confctl.watch.keys.ASK_READY`),
so that over a slow line no backlog grows, wherever on the way it would; what changes meanwhile is in the next one.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.clean import clean
from confctl.live.asking import refusals_told
from confctl.live.conference import look as look_at
from confctl.live.conference import zone_of
from confctl.live.narrator import spoken
from confctl.live.news import News
from confctl.problems import RefusedError, UsageError
from confctl.watch.display import Display, Ended
from confctl.watch.keys import ASK_READY, READY, Keys
from confctl.watch.mixer_line import MixerLine
from confctl.watch.painter import Painter
from confctl.watch.picture import Look, picture
from confctl.watch.scene import Scene
from confctl.words import Sentence, say
from mixer.control import ask

if TYPE_CHECKING:
    from confctl.session import Session

FRAME_SECONDS: Final = 0.1
"""The least between two pictures."""
EVENTS_SECONDS: Final = 0.3
ESCAPE_SECONDS: Final = 0.05
ANSWER_SECONDS: Final = 3.0
"""How long a terminal is waited for that was asked whether it is ready; one that never says so is asked no more."""
SETTLE_SECONDS: Final = 1.0
SLOWEST: Final = 800
"""Octets a second that every line takes: what a terminal gets that does not say when it is ready."""
_RECENT: Final = 3600.0
"""Seconds of the past of which events are shown at the beginning."""


def watch(session: Session, code: str | None) -> int:
    """Raises UsageError where there is no terminal, RefusedError when no mixer runs, or no such conference."""
    _check_terminal()
    code = _the_one_that_runs(session) if code is None else code
    look_at(session, code)
    watching = Watching(session, code)
    try:
        return watching.run()
    except KeyboardInterrupt:
        return 0
    except Ended as ended:
        return 128 + ended.number


def _check_terminal() -> None:
    instead = "confctl status CODE, confctl events CODE --follow"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(say("This fills a terminal, and there is none; use instead: {commands}.", commands=instead))
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise UsageError(say("This terminal can't be filled (TERM=dumb); use instead: {commands}.", commands=instead))


def _the_one_that_runs(session: Session) -> str:
    """Asks which, where several do."""
    with refusals_told():
        running = _running(ask(session.socket, "status"))
    if not running:
        raise RefusedError(say("No conference runs now; “confctl list” shows what is planned."))
    return next(iter(running)) if len(running) == 1 else _chosen(session, running)


def _running(answer: object) -> dict[str, str]:
    """Titles by code."""
    status = answer.get("status") if isinstance(answer, dict) else None
    found = status.get("running") if isinstance(status, dict) else None
    conferences = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return {str(each.get("code")): str(each.get("title")) for each in conferences}


def _chosen(session: Session, running: dict[str, str]) -> str:
    codes = list(running)
    for number, code in enumerate(codes, 1):
        sys.stdout.write(clean(f"{number:3}  {code}  {running[code]}") + "\n")
    sys.stdout.write(say("Which one? Its number: ").in_language(session.language))
    sys.stdout.flush()
    typed = sys.stdin.readline().strip()
    if typed in running:
        return typed
    if typed.isdecimal() and 1 <= int(typed) <= len(codes):
        return codes[int(typed) - 1]
    raise UsageError(say("“{value}” is none of these.", value=typed))


class Watching:
    def __init__(self, session: Session, code: str) -> None:
        self._language = session.language
        self._zone = ZoneInfo(zone_of(session))
        self._scene = Scene(code)
        self._news = News(session, code, self._zone, time.time() - _RECENT)
        self._display = Display(self._settle)
        self._painter = Painter(colours=not os.environ.get("NO_COLOR"))
        self._keys = Keys()
        self._socket = session.socket
        self._unicode = (sys.stdout.encoding or "ascii").lower().startswith("utf")
        self._painted = 0.0
        """When the last picture went out."""
        self._pause = FRAME_SECONDS
        self._asked = False
        """Whether the terminal has not said yet that it shows it."""
        self._answers = True
        """Whether it says so at all, as far as is known."""
        self._looked = 0.0

    def run(self) -> int:
        """Until somebody quits or the conference is over; the exit status."""
        with self._display.filled():
            line = MixerLine(self._socket, self._scene.code, self._display.wake)
            while not (self._scene.left or self._scene.over):
                self._read(line)
                self._paint()
                self._take(line)
        if self._scene.over:
            sys.stdout.write(say("The conference is over.").in_language(self._language) + "\n")
        return 0

    def _read(self, line: MixerLine) -> None:
        typed = self._display.wait(ESCAPE_SECONDS if self._keys.pending else FRAME_SECONDS)
        keys = self._keys.take(typed) if typed else self._keys.rest()
        for key in keys:
            if key == READY:
                self._asked, self._answers = False, True
            elif (wanted := self._scene.press(key, time.monotonic())) is not None:
                line.want(wanted)

    def _settle(self) -> None:
        """Until the terminal has answered, or does not."""
        until = time.monotonic() + SETTLE_SECONDS
        while self._asked and (left := until - time.monotonic()) > 0:
            self._asked = READY not in self._keys.take(self._display.typed(left))

    def _take(self, line: MixerLine) -> None:
        now = time.monotonic()
        for told in line.told():
            self._scene.take(told, now)
        self._scene.away = line.away
        for why in line.refused():
            refusal = why if isinstance(why, Sentence) else say("{why}", why=spoken(why, self._language))
            self._scene.say(refusal, now)
        if now - self._looked >= EVENTS_SECONDS:
            self._looked = now
            self._scene.events.extend(self._news.read())

    def _paint(self) -> None:
        now = time.monotonic()
        if self._display.resized:
            self._display.resized = self._asked = False
            self._painter.forget()
        waited = now - self._painted
        if self._asked and waited > ANSWER_SECONDS:
            self._asked, self._answers = False, False
        if self._asked or self._display.busy or waited < self._pause:
            return
        columns, lines = self._display.size
        look = Look(columns, lines, self._language, self._zone, self._unicode)
        painted = self._painter.paint(picture(self._scene, look, now, time.time()))
        if painted:
            self._display.write(painted + (ASK_READY if self._answers else ""))
            self._painted, self._asked = now, self._answers
            self._pause = FRAME_SECONDS if self._answers else max(FRAME_SECONDS, len(painted.encode()) / SLOWEST)
