"""Calls in the log: each line of a call bears the name of its leg, and the last one says how it went.

    2026-11-23 15:41:07+03:00 INFO call to Boris Ivanov (102): 611 s, OPUS, hung up [5f3a9c12-3-2]

That name is in the journal's records of the leg, and our Call-ID begins with it (RFC 3261 §8.1.1.4), so that one word
finds a call in the log, in the journal, and on the wire.  A call that comes to us has a Call-ID of its own, told once.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

from mixer.codec_names import spelled
from mixer.figures import JITTER, MOS, Histogram
from mixer.narration import worded
from mixer.phrases import Number, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mixer.line import Line
    from mixer.rules.model import Person, Plan
    from mixer.sound_records import Measured

_log = logging.getLogger(__name__)

Result = Literal["answered", "busy", "declined", "no-answer", "not-found", "not-available", "failed", "taken-back"]
_RESULTS: Final[Mapping[int, Result]] = {
    404: "not-found",
    408: "no-answer",
    410: "not-found",
    480: "not-available",
    484: "not-found",
    486: "busy",
    487: "taken-back",
    600: "busy",
    603: "declined",
    604: "not-found",
}


def of_call(leg: str | None, plan: Plan | None = None) -> dict[str, object]:
    """``extra`` of a log line: the call that it is about, and the conference."""
    return {"call": leg, "conference": plan and plan.title}


class CallLog:
    """``clock`` is one that is not set; ``by_number`` finds people of the directory."""

    def __init__(self, clock: Callable[[], float], by_number: Callable[[str], Person | None]) -> None:
        self._clock = clock
        self._by_number = by_number
        self.measured: Callable[[str], Measured | None] = lambda leg: None
        """How a leg was heard so far, by its name; None where that isn't known."""
        self.results: Counter[tuple[str, Result]] = Counter()
        """Calls that have ended, by direction (``in``, ``out``) and what came of them."""
        self.mos, self.jitter = Histogram(MOS), Histogram(JITTER)
        """Of those that were heard."""

    def begun(self, line: Line) -> None:
        """Its INVITE is out, or has come."""
        line.began, line.talks_since = self._clock(), None

    def taken(self, line: Line) -> None:
        """A call that has come to us is let in: what it is called by others."""
        if line.incoming is not None:
            self.named(line, line.incoming.call_id, self._who(line), _way(line))

    def named(self, line: Line, call_id: str, who: str | Number | Phrase, way: str | Number | Phrase) -> None:
        """By whoever it comes from: a call that carries the line, or that takes the place of the one that did."""
        told = Phrase("call from %(who)s (%(way)s): Call-ID %(call)s").of(who=who, way=way, call=call_id)
        _log.info("%s", told, extra=of_call(line.name))

    def answered(self, line: Line) -> None:
        """Its sound flows."""
        line.talks_since = self._clock()

    def ended(self, line: Line, why: str, status: int | None = None) -> None:
        """``status``: of SIP, where the call came to nothing.  Nothing happens where there was no call."""
        if line.began is None:
            return
        result = _result(line, status)
        self.results["in" if line.errand is None else "out", result] += 1
        seconds, heard = None, None
        if line.talks_since is not None:
            seconds, heard = round(self._clock() - line.talks_since, 1), self.measured(line.name)
        if heard is not None and heard.mos_on_average is not None:
            self.mos.add(heard.mos_on_average)
            self.jitter.add(heard.jitter)
        self._write(line, seconds, heard, why if status is None else f"{status} {why}", result)
        line.began = line.talks_since = None

    def _write(self, line: Line, seconds: float | None, heard: Measured | None, why: str, result: Result) -> None:
        """What strangers do who are let in nowhere is told by :mod:`mixer.stranger_log`, of which there is not more
        than can be read."""
        strange = line.errand is None and line.person is None and line.trunk is None and seconds is None
        level = logging.DEBUG if strange else logging.INFO
        if not _log.isEnabledFor(level):
            return
        codec = line.media.codec.name if line.media is not None and seconds is not None else None
        lost = _lost(heard)
        said = (
            Phrase("call to %(who)s (%(way)s): %(how)s")
            if line.errand
            else Phrase("call from %(who)s (%(way)s): %(how)s")
        )
        who, way = self._who(line), _way(line)
        facts = {
            "direction": "out" if line.errand else "in",
            "who": who,
            "through": way,
            "seconds": seconds,
            "codec": codec,
            "result": result,
            "why": why,
            "lost": lost,
        }
        told = said.of(who=who, way=way, how=_how(seconds, codec, why, lost))
        _log.log(level, "%s", told, extra={**of_call(line.name), "facts": facts})

    def _who(self, line: Line) -> str | Number | Phrase:
        if line.errand is not None:
            return line.errand.person.name
        person = None if line.person is None else self._by_number(line.person)
        if person is not None:
            return person.name
        return Phrase("a caller") if line.person is None else Number(line.person)


def _way(line: Line) -> Phrase | Number | str:
    """What it goes through: an account or an address of the directory, the host that it comes from, a trunk."""
    if line.errand is None:
        return line.source if line.trunk is None else Phrase("trunk %(name)s", {"name": line.trunk})
    number = Number(str(line.errand.at))
    return number if line.trunk is None else Phrase("%(number)s, trunk %(name)s").of(number=number, name=line.trunk)


def _how(seconds: float | None, codec: str | None, why: str, lost: float | None) -> Phrase:
    if seconds is None:
        return Phrase("%(why)s", {"why": worded(why)})
    talked = Phrase("%(seconds).0f s, %(codec)s, %(why)s").of(
        seconds=seconds, codec=codec and spelled(codec), why=worded(why)
    )
    if lost is None:
        return talked
    return Phrase("%(talked)s, %(lost).1f %% of the sound lost").of(talked=talked, lost=100 * lost)


def _result(line: Line, status: int | None) -> Result:
    if line.talks_since is not None:
        return "answered"
    return "taken-back" if status is None else _RESULTS.get(status, "failed")


def _lost(heard: Measured | None) -> float | None:
    """Which part of what the phone has sent has not come, or too late."""
    if heard is None or heard.received + heard.lost <= 0:
        return None
    missed = (heard.lost + heard.late) / (heard.received + heard.lost)
    return round(min(1.0, max(0.0, missed)), 4)  # a phone whose numbers jump about can be late more often than it sent
