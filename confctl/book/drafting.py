"""From what somebody asks of a conference to its draft: a new one, one that is changed, one that is repeated.

Nothing is written here; who asks for something wrong gets UsageError or RefusedError, and nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from confctl import dates
from confctl.book.conference_file import Draft, Entry, local_time
from confctl.clock_times import parse_end, parse_time
from confctl.days import parse_date, rolled_over
from confctl.people.directory import Directory, Found, Nobody, Several
from confctl.people.numbers import looks_like_number
from confctl.problems import RefusedError, UsageError
from confctl.session import listed, several
from confctl.times import Times, settle, settled, until
from confctl.words import Sentence, say
from confctl.zone_names import zone_named
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confctl.session import Session
    from mixer.rules.model import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for, as it was typed; None and ``()`` are what was not."""

    title: str | None = None
    owner: str | None = None
    date: str | None = None
    start: str | None = None
    end: str | None = None
    zone: str | None = None
    joining: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    greeting: Path | None = None
    no_greeting: bool = False
    record: bool | None = None
    tracks: bool = False
    """Recorded, and each person in a file of their own."""
    deputy: str | None = None
    no_deputy: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    draft: Draft
    """Its greeting is still the one before; who writes the draft copies the new one."""
    notes: tuple[Sentence, ...]
    """What was settled and a person should know."""


def missing(wanted: Wanted) -> list[str]:
    """What a new conference can't be without and was not given, as it would be written."""
    needed = {
        "TITLE": wanted.title,
        "--owner": wanted.owner,
        "--date": wanted.date,
        "--from": wanted.start,
        "--to": wanted.end,
    }
    return [name for name, value in needed.items() if value is None]


def new(wanted: Wanted, session: Session) -> Agreed:
    """Of a conference with nothing :func:`missing`."""
    assert wanted.title is not None and wanted.owner is not None
    assert wanted.date is not None and wanted.start is not None and wanted.end is not None
    title, zone = title_of(wanted.title), _zone(wanted.zone) or session.settings.company.timezone
    owner, *joining = session.people([wanted.owner, *apart(wanted.joining, session.directory), *_given(wanted.deputy)])
    deputy = _deputy(joining[-1] if wanted.deputy else None, owner)
    times = settle(wanted.date, wanted.start, wanted.end, zone, session.now)
    record = _recorded(wanted, session, session.settings.recording.always)
    draft = Draft(
        title,
        owner,
        _each_once(joining, but=[owner]),
        times.start,
        times.end,
        zone,
        record=record or Recorded.NOT,
        deputy=deputy,
    )
    return Agreed(draft, _notes(wanted, times, zone, session))


def changed(wanted: Wanted, entry: Entry, session: Session) -> Agreed:
    """What was not asked for stays.

    Of the time that is what the clocks show: another date or zone keeps the hours, and another start alone moves the
    end along.  A former owner stays as a participant unless they are to leave.
    """
    was = entry.draft()
    zone = _zone(wanted.zone) or was.zone
    coming = apart(wanted.joining, session.directory)
    found = session.people([*_given(wanted.owner), *coming, *_given(wanted.deputy)])
    owner, joining = (was.owner, found) if wanted.owner is None else (found[0], found[1:])
    deputy = _deputy(joining[-1] if wanted.deputy else None, owner)
    participants = _participants(was, entry.plan.code, owner, joining, wanted, session)
    if deputy is None and not wanted.no_deputy and was.deputy in _numbers(participants):
        deputy = was.deputy
    draft = replace(
        was,
        title=was.title if wanted.title is None else title_of(wanted.title),
        owner=owner,
        participants=participants,
        deputy=deputy,
        zone=zone,
        record=_recorded(wanted, session, None) or was.record,
    )
    if (wanted.date, wanted.start, wanted.end, wanted.zone) == (None, None, None, None):
        return Agreed(draft, ())
    times = settled(*on_the_clocks(was, wanted, zone, session.now), zone, session.now)
    draft = replace(draft, start=times.start, end=times.end)
    return Agreed(draft, _notes(wanted, times, zone, session))


def repeated(wanted: Wanted, entry: Entry, session: Session) -> Agreed:
    """A new conference like another one: today unless another date is asked for, on the same hours.

    Whoever has left the directory since can't be called: participants are left out, and an owner must be replaced.
    """
    _wants_a_date(wanted, entry, session)
    agreed = changed(replace(wanted, date=wanted.date or "today"), entry, session)
    draft = agreed.draft
    if entry.ended is None and draft.start == entry.plan.start:
        raise RefusedError(
            say("Conference {code} itself is at that time; give another --date or --from.", code=entry.plan.code)
        )
    if is_gone(draft.owner, session):
        sentence = say(
            "{person} is in the directory no more; give another owner with --owner.", person=listed([draft.owner])
        )
        raise RefusedError(sentence)
    gone = [person for person in draft.participants if is_gone(person, session)]
    present = _each_once(draft.participants, but=gone)
    draft = replace(draft, participants=present, deputy=draft.deputy if draft.deputy in _numbers(present) else None)
    notes = [say("In the directory no more, and left out: {people}.", people=listed(gone))] if gone else []
    return Agreed(draft, (*agreed.notes, *notes))


def title_of(text: str) -> str:
    """Without the spaces around it.  Raises UsageError for what is no title."""
    if not text.strip():
        raise UsageError(say("A conference needs a title."))
    try:
        text.encode()
    except UnicodeEncodeError:  # a terminal with another encoding
        raise UsageError(say("“{value}” is no text; type it in UTF-8", value=text)) from None
    return text.strip()


def _recorded(wanted: Wanted, session: Session, otherwise: bool | None) -> Recorded | None:
    """None where nothing is asked for, and ``otherwise`` neither."""
    if wanted.tracks:
        return Recorded.TRACKS
    record = otherwise if wanted.record is None else wanted.record
    if record is None:
        return None
    if not record:
        return Recorded.NOT
    return Recorded.TRACKS if session.settings.recording.tracks else Recorded.MIXED


def _zone(text: str | None) -> str | None:
    return None if text is None else zone_named(text)


def apart(texts: Iterable[str], directory: Directory) -> list[str]:
    """Whoever is listed with commas, as far as no name has one."""
    if any("," in person.name for person in directory.people):
        return list(texts)
    return [part.strip() for text in texts for part in text.split(",") if part.strip() or "," not in text]


def _participants(
    was: Draft, code: str, owner: Person, joining: list[Person], wanted: Wanted, session: Session
) -> tuple[Person, ...]:
    members = Directory((was.owner, *was.participants))
    leaving = [_member(text, members, code, session) for text in apart(wanted.leaving, members)]
    for person in leaving:
        if person.number in _numbers(joining):
            raise UsageError(say("{person} can't be in both --with and --without.", person=listed([person])))
        if person.number == owner.number:
            raise RefusedError(say("{person} is the owner; give another one with --owner.", person=listed([person])))
    return _each_once([was.owner, *was.participants, *joining], but=[owner, *leaving])


def _member(text: str, members: Directory, code: str, session: Session) -> Person:
    """Looked up among those who are in; they may have gone from the directory.

    Who alone is meant in the whole directory is meant here too: a part of the name of somebody who is not in must not
    make another leave.
    """
    if looks_like_number(text) and (person := members.by_number(text)):
        return person
    meant = session.directory.find(text)
    if isinstance(meant, Found):
        if meant.person.number in _numbers(members.people):
            return meant.person
        who = listed([meant.person])
        raise RefusedError(
            say("{person} is not in conference {code}; “confctl show {code}” shows who is.", person=who, code=code)
        )
    match members.find(text):
        case Found(person):
            return person
        case Several(people):
            raise several(text, people)
        case Nobody():
            raise RefusedError(
                say(
                    "Nobody in conference {code} fits “{who}”; “confctl show {code}” shows who is there.",
                    who=text,
                    code=code,
                )
            )


def _given(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def _deputy(person: Person | None, owner: Person) -> str | None:
    """Whoever is the deputy is a participant."""
    if person is None:
        return None
    if person.number == owner.number:
        raise cannot_be_deputy(person)
    return person.number


def cannot_be_deputy(owner: Person) -> UsageError:
    return UsageError(say("{person} is the owner, and can't be the deputy too.", person=listed([owner])))


def _each_once(people: list[Person] | tuple[Person, ...], *, but: list[Person]) -> tuple[Person, ...]:
    left_out = _numbers(but)
    return tuple({person.number: person for person in people if person.number not in left_out}.values())


def _numbers(people: Iterable[Person]) -> set[str]:
    return {person.number for person in people}


def is_gone(person: Person, session: Session) -> bool:
    return session.directory.by_number(person.number) is None


def on_the_clocks(was: Draft, wanted: Wanted, zone: str, now: float) -> tuple[datetime, datetime | timedelta]:
    """The start and the end as the clocks of the zone are to show them, or how long it is to last."""
    first, last = local_time(was.start, was.zone), local_time(was.end, was.zone)
    length = last - first
    today = local_time(now, zone).date()
    if wanted.date is not None:
        first = datetime.combine(parse_date(wanted.date, today), first.time())
    if wanted.start is not None:
        first = datetime.combine(first.date(), parse_time(wanted.start))
    if wanted.end is None:
        return first, first + length
    return first, until(first, parse_end(wanted.end))


def _wants_a_date(wanted: Wanted, entry: Entry, session: Session) -> None:
    """Refuses what would be past today, and says which date to give."""
    if wanted.date is not None:
        return
    zone = _zone(wanted.zone) or entry.plan.zone
    now = local_time(session.now, zone)
    start, until_then = on_the_clocks(entry.draft(), replace(wanted, date="today"), zone, session.now)
    end = start + until_then if isinstance(until_then, timedelta) else until_then
    if end <= now:
        raise RefusedError(
            say(
                "Today it is past {end} already; give another date, for example --date {date}.",
                end=f"{end:%H:%M}",
                date=(now + timedelta(days=1)).date().isoformat(),
            )
        )


def _notes(wanted: Wanted, times: Times, zone: str, session: Session) -> tuple[Sentence, ...]:
    """What was settled, and what looks as if another time was meant."""
    notes = list(times.notes)
    start, today = local_time(times.start, zone), local_time(session.now, zone).date()
    if wanted.date is not None and rolled_over(wanted.date, start.date(), today):
        taken = dates.day_in_words(start.date(), session.language)
        notes.append(say("{value} is past this year: {date} is taken.", value=wanted.date, date=taken))
    if times.end - times.start > _LONG:
        lasts = dates.duration(times.end - times.start, session.language)
        notes.append(say("It lasts {length}.", length=lasts))
    if times.start <= session.now:
        notes.append(say("It is past {start} already: the conference begins at once.", start=f"{start:%H:%M}"))
        if not session.mixer_runs():
            notes.append(say("No mixer runs; start it with “confctl run”."))
    return tuple(notes)


_LONG = 12 * 3600.0
"""Seconds that hardly any conference lasts."""
