"""What a report says in words: the same on the terminal, on the page and by mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.dates import length
from confctl.report.attendance import Apart, Came, Outcome, Rating, Role, Until, rated
from confctl.words import Sentence, count, say
from mixer.codec_names import spelled
from mixer.rules.call_rules import HangUpReason
from mixer.rules.conference import EndReason
from mixer.rules.recording_rules import CutReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confctl.report.attendance import Attempts, Attendee, Call, Quality, Recording, Report, Stay
    from confctl.words import Language

NOTHING: Final = "—"
MOST_REFUSED: Final = 500
"""Numbers."""

ROLES: Final = {Role.OWNER: say("owner"), Role.ADDED: say("added")}
"""Those that a name is followed by."""
_FAILED: Final = {
    "400": say("the call failed"),
    "401": say("the line refuses our calls"),
    "403": say("refused"),
    "404": say("no such number"),
    "408": say("no answer"),
    "410": say("no such number"),
    "480": say("not reachable"),
    "484": say("no such number"),
    "486": say("busy"),
    "487": say("not called any more"),
    "488": say("their phone speaks no codec of ours"),
    "500": say("the line fails"),
    "502": say("the line fails"),
    "503": say("the line is out of order or full"),
    "504": say("the line does not answer"),
    "600": say("busy"),
    "603": say("declined"),
    "604": say("no such number"),
}
"""By the SIP status (RFC 3261 §21)."""
_OTHERWISE: Final = {
    "408 no answer": say("no answer"),
    "408 1 was not pressed": say("answered, but 1 was not pressed: a voice mailbox, perhaps"),
    "480 no phone is registered": say("no phone is registered"),
    "480 no trunk for this number": say("there is no trunk for this number"),
}
_ENDS: Final[dict[str, Sentence]] = {
    EndReason.PLANNED_END: say("its planned end had come and nobody was in"),
    EndReason.LAST_LEFT: say("the last one left"),
    EndReason.MISSED: say("it was not held: no mixer ran in its time"),
    EndReason.ENDED_NOW: say("it was ended by hand"),
    EndReason.CALLED_OFF: say("it was called off, since the owner did not come"),
}
_LEFT: Final[dict[str, Sentence]] = {
    "": say("left"),
    "hung up": say("hung up"),
    HangUpReason.KICKED: say("removed"),
    HangUpReason.LEAVING: say("left by key"),
    HangUpReason.ENDED: say("the conference was ended"),
}
_TAKEN_BACK: Final[dict[str, Sentence]] = {
    HangUpReason.ENDED: say("not called any more: the conference was over"),
    HangUpReason.JOINED_ELSEWHERE: say("not called any more: dialled in meanwhile"),
    HangUpReason.ANSWERED_ELSEWHERE: say("not called any more: answered at another phone"),
    HangUpReason.DECLINED_ELSEWHERE: say("not called any more: declined at another phone"),
    HangUpReason.KICKED: say("not called any more: removed"),
}
_REFUSED: Final = {
    "TooEarly": say("before the start"),
    "NotListed": say("not on the list"),
    "NoSuch": say("no conference has this code"),
    "Locked": say("the conference was locked"),
}
"""By the classes of :mod:`mixer.rules.admission`."""
_CUT: Final[dict[str, Sentence]] = {
    "": say("no end is known"),
    CutReason.OVER: say("ended with the conference"),
    CutReason.UNWANTED: say("ended as it was asked for"),
    CutReason.STOPPING: say("ended as the mixer stopped"),
    CutReason.FULL: say("ended as the disk was full"),
    CutReason.FAILED: say("ended as its process failed"),
}
APART: Final = {
    Apart.ON_HOLD: say("on hold"),
    Apart.MUSIC: say("muted for hold music"),
    Apart.SILENCED: say("muted"),
    Apart.QUIET: say("muted by themselves"),
}

RATINGS: Final = {
    Rating.GOOD: say("good"),
    Rating.FAIR: say("fair"),
    Rating.POOR: say("poor"),
    Rating.BAD: say("bad"),
}
_MOST_STRETCHES: Final = 6
"""Of which it is told that the sound was not good."""


def clock(at: float, report: Report, zone: str, *, seconds: bool = False) -> str:
    """``15:30``, ``00:10 (+1)``: how many days after that of the start."""
    moment, start = (datetime.fromtimestamp(instant, ZoneInfo(zone)) for instant in (at, report.plan.start))
    days = (moment.date() - start.date()).days
    return f"{moment:%H:%M:%S}" * seconds + f"{moment:%H:%M}" * (not seconds) + (f" ({days:+d})" if days else "")


def span(start: float, end: float, report: Report, zone: str) -> str:
    return f"{clock(start, report, zone, seconds=True)}–{clock(end, report, zone, seconds=True)}"


def stay(stay: Stay, report: Report, zone: str) -> str:
    """``15:30:05–15:53:32?``: with a question mark where nobody knows more than that they were in until then."""
    start = clock(stay.start, report, zone, seconds=True)
    if stay.until is Until.NOW:
        return f"{start}–…"
    return span(stay.start, stay.end, report, zone) + "?" * (stay.until is Until.LAST_KNOWN)


def who(someone: Attendee, language: Language) -> str:
    """``Anna Petrova, 101``; a number that was called in has itself for a name, and stands once."""
    name = someone.name or say("guest").in_language(language)
    return f"{name}, {someone.number}" if someone.number and someone.number != name else name


def named(someone: Attendee) -> str | Sentence:
    """In a sentence."""
    return someone.name or (say("guest {number}", number=someone.number) if someone.number else say("a guest"))


def state(report: Report, zone: str) -> Sentence:
    """Why it ended and when, or how far this goes."""
    if report.started is None and report.ended is None:
        return say("it has not begun")
    if report.ended is None:
        return say("it runs; this is until {time}", time=clock(report.until, report, zone, seconds=True))
    why = _ENDS.get(report.reason, _ENDS["last-left"])
    if report.started is None:
        return why
    return say("ended {time}: {why}", time=clock(report.ended, report, zone), why=why)


def in_short(report: Report) -> Sentence:
    """``5 of 7 came, 1 guest; 42:10 of talk``."""
    listed = [each for each in report.attendees if each.role is not Role.GUEST]
    guests = sum(each.role is Role.GUEST for each in report.came)
    came = say("{came} of {all} came", came=sum(bool(each.stays) for each in listed), all=len(listed))
    if guests:
        came = say("{came}, {guests}", came=came, guests=count(guests, "{n} guest", "{n} guests"))
    return say("{came}; {talk} of talk", came=came, talk=length(report.talked)) if report.talked else came


def not_reached(call: Call) -> Sentence:
    """``busy (486 Busy Here)``."""
    known = _OTHERWISE.get(call.detail)
    if known is not None or not call.detail:
        return known or say("not reached")
    why = _FAILED.get(call.detail[:3], say("not reached"))
    return say("{why} ({status})", why=why, status=call.detail)


def outcome(call: Call) -> Sentence:
    match call.outcome:
        case Outcome.NOT_REACHED:
            return not_reached(call)
        case Outcome.ANSWERED:
            return say("answered")
        case Outcome.TAKEN_BACK:
            return _TAKEN_BACK.get(call.detail, say("not called any more"))
        case Outcome.CUT:
            return say("the mixer stopped meanwhile")
        case Outcome.RINGING:
            return say("is being called")


def _end_of(stay: Stay) -> Sentence:
    """Why a stay ended."""
    if stay.until is Until.STOPPED:
        return say("the mixer stopped")
    why = _LEFT.get(stay.why, say("lost ({reason})", reason=stay.why))
    return say("{what} (by {who})", what=why, who=named(stay.by)) if stay.by else why


def ways(stay: Stay) -> tuple[Sentence, ...]:
    """How they came and why they left, where it was otherwise than by answering and hanging up.

    That the mixer died stands above everything.
    """
    usual = stay.until in (Until.NOW, Until.LAST_KNOWN) or (stay.until is Until.LEFT and stay.why in ("", "hung up"))
    came = (say("dialled in"),) if stay.came is Came.DIALLED_IN else ()
    return came if usual else (*came, _end_of(stay))


def late(report: Report, someone: Attendee, language: Language) -> str:
    """``7 min``; empty for who was in time."""
    seconds = report.late(someone)
    return say("{n} min", n=round(seconds / 60)).in_language(language) if seconds else ""


def rating(mos: float) -> Sentence:
    return RATINGS[rated(mos)]


def not_good(someone: Attendee, report: Report, zone: str) -> list[Sentence]:
    """``poor 15:41–15:43``: when their sound was otherwise than good; the first such stretches, and how many more."""
    found = [(rating, span) for rating, span in someone.sounded() if rating is not Rating.GOOD]
    told = [
        say("{rating} {times}", rating=RATINGS[rating], times="–".join(clock(at, report, zone) for at in (start, end)))
        for rating, start, end in ((rating, span.start, span.end) for rating, span in found[:_MOST_STRETCHES])
    ]
    if more := len(found[_MOST_STRETCHES:]):
        told.append(count(more, "and {n} more stretch", "and {n} more stretches"))
    return told


SIGNS: Final = {Rating.GOOD: "●", Rating.FAIR: "◐", Rating.POOR: "◔", Rating.BAD: "○"}
"""For where colours alone would tell them apart."""


def codecs(quality: Quality) -> str:
    return ", ".join(map(spelled, quality.codecs))


def refused(attempts: Attempts) -> Sentence:
    """``not on the list``, ``not on the list (12 times)``."""
    why = _REFUSED.get(attempts.why, say("refused"))
    if attempts.times == 1:
        return why
    return say("{why} ({times})", why=why, times=count(attempts.times, "{n} time", "{n} times"))


def refused_at(attempts: Attempts, report: Report, zone: str) -> str:
    """``15:33:20``, ``15:33:20–16:02:11``."""
    if attempts.first == attempts.last:
        return clock(attempts.first, report, zone, seconds=True)
    return span(attempts.first, attempts.last, report, zone)


def attempts(report: Report) -> tuple[Sequence[Attempts], Sentence | None]:
    """Those that are shown, and how many others there were: no page has room for what a dialling machine does."""
    shown, others = report.attempts[:MOST_REFUSED], report.attempts[MOST_REFUSED:]
    if not others:
        return shown, None
    more = sum(each.times for each in others)
    return shown, count(more, "and {n} more attempt from other numbers", "and {n} more attempts from other numbers")


def recording(tape: Recording, report: Report) -> Sentence:
    """Why it ended, if it has."""
    if not tape.why and report.ended is None:
        return say("goes on")
    return _CUT.get(tape.why, say("ended: {reason}", reason=tape.why))


def gaps(report: Report, zone: str) -> Iterator[Sentence]:
    for gap in report.gaps:
        start, end = (clock(at, report, zone, seconds=True) for at in (gap.start, gap.end))
        if gap.crashed:
            yield say(
                "unknown from {start} to {end}: the mixer had died, and everybody was cut off", start=start, end=end
            )
        else:
            yield say("from {start} to {end} the mixer was stopped, and everybody was cut off", start=start, end=end)
