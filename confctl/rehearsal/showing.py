"""What came of a rehearsal, for people and for scripts: its timeline, and what each would have heard."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.terminal.table import Style, Table, Text, cell
from confctl.words import count, in_a_row, phrase_in_language, say
from mixer.bridge.protocol import TICK
from mixer.narration import SAID, told
from mixer.phrases import Phrase
from mixer.rehearsal.scene import Way
from mixer.rules.conference import EndReason
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.rehearsal.playing import Rehearsed
    from confctl.terminal.screen import Json, Screen
    from confctl.terminal.table import Cell
    from confctl.words import Language, Sentence
    from mixer.rehearsal.verdict import Fault, Verdict
    from mixer.rules.records import Record

_PASSED_OVER: Final = frozenset({Kind.RINGING, Kind.HELD, Kind.TAKEN_UP, Kind.SPOKE, Kind.QUALITY})
"""What the timeline has otherwise, or has no room for."""
_AT_ONCE: Final = 2.0
"""Seconds: whoever is called by then is called at the start."""
_WAYS: Final = {
    Way.BUSY: say("busy"),
    Way.DECLINES: say("declines"),
    Way.NO_ANSWER: say("no answer"),
    Way.UNREACHABLE: say("not reachable"),
    Way.MAILBOX: say("a mailbox"),
}


class Moment(NamedTuple):
    at: float
    """Seconds since the epoch."""
    what: Phrase
    wrong: bool = False


def show(found: Rehearsed, screen: Screen) -> None:
    plan = found.played.plan
    when = dates.span_in_full(plan.start, plan.end, plan.zone, screen.language)
    screen.line(say("“{title}”, {when}", title=plan.title, when=when))
    screen.blank()
    screen.table(Table([*_timeline(found, screen.language)]))
    screen.blank()
    headings = (screen.word("Person"), screen.word("Heard"), screen.word("Verdict"))
    screen.table(Table([_row(each, found, screen.language) for each in found.verdicts], headings))
    for mistake in found.mistakes:
        screen.line(say("The mixer's log: {line}", line=mistake))
    screen.blank()
    screen.line(_sum(found))
    screen.line(_extent(found))
    if found.seed is not None:
        screen.line(say("--random --seed {seed} plays the same again.", seed=found.seed))


def as_json(found: Rehearsed) -> Json:
    """Times are ISO 8601 with the offset of the conference's zone; what happened is English."""
    plan, played = found.played.plan, found.played
    mistakes: list[Json] = [{"at": None, "what": mistake} for mistake in found.mistakes]
    return {
        "ok": found.right,
        "code": plan.code,
        "title": plan.title,
        "seed": found.seed,
        "start": dates.for_scripts(plan.start, ZoneInfo(plan.zone)),
        "end": dates.for_scripts(plan.end, ZoneInfo(plan.zone)),
        "ended": None if played.ended is None else dates.for_scripts(played.ended, ZoneInfo(plan.zone)),
        "people": [_person(each, plan.zone) for each in found.verdicts],
        "wrong": [*(_fault(each, plan.zone) for each in found.faults), *mistakes],
        "timeline": [
            {"at": dates.for_scripts(moment.at, ZoneInfo(plan.zone)), "what": str(moment.what)}
            for moment in moments(found)
        ],
    }


def moments(found: Rehearsed) -> list[Moment]:
    """What happened, in order; who is called at the start is one moment."""
    played = found.played
    records = [record for record in played.records if _matters(record, played.plan.start)]
    happened = [Moment(record.at, told(played.plan, record)) for record in records]
    did = [Moment(played.wall(moment.at), moment.what) for actor in played.actors for moment in actor.moments]
    wrong = [
        Moment(fault.at, Phrase("%(who)s %(what)s").of(who=each.person.name, what=fault.what), wrong=True)
        for each in found.verdicts
        for fault in each.faults
        if fault.at is not None
    ]
    return sorted([*happened, *did, *wrong], key=lambda moment: moment.at)


def _matters(record: Record, start: float) -> bool:
    if record.kind not in SAID or record.kind in _PASSED_OVER:
        return False
    return record.kind != Kind.CALLING or record.at > start + _AT_ONCE


def _timeline(found: Rehearsed, language: Language) -> Iterator[tuple[Cell, Cell]]:
    plan, zone = found.played.plan, ZoneInfo(found.played.plan.zone)
    calls = [record for record in found.played.records if record.kind == Kind.CALLING]
    at_start = [record for record in calls if record.at <= plan.start + _AT_ONCE]
    for moment in moments(found):
        style = Style.BAD if moment.wrong else Style.PLAIN
        time = f"{datetime.fromtimestamp(moment.at, zone):%H:%M:%S}"
        yield cell(time, style=style), cell(phrase_in_language(moment.what, language), style=style)
        if moment.what.text == SAID[Kind.STARTED].text and at_start:
            everybody = count(len(at_start), "{n} phone is called", "{n} phones are called")
            yield cell(time), cell(everybody.in_language(language))


def _row(verdict: Verdict, found: Rehearsed, language: Language) -> tuple[Cell, Cell, Cell]:
    heard = ", ".join(each.in_language(language) for each in _heard(verdict, language))
    return cell(verdict.person.name), cell(heard), _judged(verdict, found, language)


def _heard(verdict: Verdict, language: Language) -> Iterator[Sentence]:
    if not verdict.came:
        yield _WAYS.get(verdict.way, say("was not in"))
        return
    if verdict.greeting:
        yield say("the greeting {time}", time=_length(verdict.greeting, language))
    if verdict.music:
        yield say("music {time}", time=_length(verdict.music, language))
    if verdict.talk:
        yield say("the talk {time}", time=_length(verdict.talk, language))


def _judged(verdict: Verdict, found: Rehearsed, language: Language) -> Cell:
    if not verdict.faults:
        return cell(say("right").in_language(language), style=Style.GOOD)
    return tuple(Text(_dated(fault, found, language), Style.BAD) for fault in verdict.faults)


def _dated(fault: Fault, found: Rehearsed, language: Language) -> str:
    what = phrase_in_language(fault.what, language)
    if fault.at is None:
        return what
    moment = datetime.fromtimestamp(fault.at, ZoneInfo(found.played.plan.zone))
    return f"{moment:%H:%M:%S} {what}"


def _sum(found: Rehearsed) -> Sentence:
    plan = found.played.plan
    for record in found.played.records:
        if record.kind == Kind.END_WANTED and record.detail == EndReason.CALLED_OFF:
            time = f"{datetime.fromtimestamp(record.at, ZoneInfo(plan.zone)):%H:%M:%S}"
            off = say("It would have been called off at {time}, because the owner had not come.", time=time)
            return in_a_row([off, _judgement(found, say("Until then everybody would have heard what they should."))])
    return _judgement(found, say("Everybody would have heard what they should."))


def _judgement(found: Rehearsed, right: Sentence) -> Sentence:
    for fault in found.faults:
        return say("Wrong: {what}.", what=fault.what)
    n = sum(bool(each.faults) for each in found.verdicts)
    if n:
        return count(n, "Something would go wrong for {n} person.", "Something would go wrong for {n} people.")
    if found.mistakes:
        return say("The mixer would have made a mistake.")
    return right


def _extent(found: Rehearsed) -> Sentence:
    plan, played = found.played.plan, found.played
    whole = (played.ended or plan.end) - plan.start
    listened = round(played.ticks * TICK)
    if found.quick:
        return say(
            "Listened to {listened} s of {whole} s: whenever something happens.", listened=listened, whole=round(whole)
        )
    return say(
        "Listened to {listened} s of {whole} s: whenever something happens, and a moment each minute.",
        listened=listened,
        whole=round(whole),
    )


def _length(seconds: float, language: Language) -> str:
    """``2.4 s``, ``31 s``, ``24 min``."""
    second = "с" if language == "ru" else "s"
    if seconds < 10:
        return f"{seconds:.1f} {second}"
    return f"{seconds:.0f} {second}" if seconds < 120 else dates.duration(seconds, language)


def _person(verdict: Verdict, zone: str) -> Json:
    return {
        "name": verdict.person.name,
        "number": verdict.person.number,
        "ok": not verdict.faults,
        "came": verdict.came,
        "greeting_seconds": round(verdict.greeting, 2),
        "music_seconds": round(verdict.music, 2),
        "talk_seconds": round(verdict.talk, 2),
        "wrong": [_fault(fault, zone) for fault in verdict.faults],
    }


def _fault(fault: Fault, zone: str) -> Json:
    return {"at": None if fault.at is None else dates.for_scripts(fault.at, ZoneInfo(zone)), "what": str(fault.what)}
