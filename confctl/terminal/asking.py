"""What a conference needs and a command was not given, asked for on a terminal.

Each answer is checked at once, by the rules and with the messages of the command's option.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.book import drafting
from confctl.book.drafting import apart, title_of
from confctl.clean import clean
from confctl.clock_times import parse_end, parse_time
from confctl.dates import day_in_words
from confctl.days import parse_date, written
from confctl.people.directory import Directory, Found, Several
from confctl.problems import RefusedError, UsageError
from confctl.terminal.questions import Lines, Offer, Questions, nothing_changes, possible, terminal
from confctl.times import settle
from confctl.words import Sentence, say
from confctl.zone_names import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import time

    from confctl.book.drafting import Wanted
    from confctl.session import Session
    from mixer.rules.model import Person

LENGTH: Final = 1
"""Hours that a conference lasts, unless somebody says otherwise."""
MORNING: Final = "10:00"
"""When a conference starts on another day than today, unless somebody says otherwise."""


def agreed(session: Session, question: Sentence) -> bool:
    """Asks before something that can't be taken back: an empty line is a no.  Raises typer.Abort."""
    with nothing_changes(session.language):
        return Asker(session).yes(question, default=False)


class Asker:
    """``lines``: the terminal, else the one of stdin and stderr.

    A method returns what would stand in the option, already checked, and raises typer.Abort if there is no answer.
    """

    def __init__(self, session: Session, lines: Lines | None = None) -> None:
        self._session = session
        self._questions = Questions(lines or terminal(), session.language)

    @staticmethod
    def possible() -> bool:
        return possible()

    def conference(self, wanted: Wanted) -> Wanted:
        """Asks for all that was not given of a new conference.

        Raises UsageError and RefusedError for what is wrong with that which was given, before anything is asked.
        """
        zone = self._session.settings.company.timezone if wanted.zone is None else zone_named(wanted.zone)
        self._check(wanted, zone)
        title = wanted.title if wanted.title is not None else self.title()
        owner = wanted.owner if wanted.owner is not None else self.person(say("Owner"))
        leader = self._session.person(owner)
        joining = wanted.joining or self.people(owner=leader)
        deputy = wanted.deputy or (self.deputy(leader.number) if joining else None)
        day, start, end = self.times(wanted.date, wanted.start, wanted.end, zone)
        greeting = wanted.greeting or (None if wanted.no_greeting else self.greeting())
        if wanted.record is None and not wanted.tracks:
            wanted = replace(wanted, record=self.recorded(default=self._session.settings.recording.always))
        return replace(
            wanted,
            title=title,
            owner=owner,
            joining=joining,
            deputy=deputy,
            date=day,
            start=start,
            end=end,
            greeting=greeting,
        )

    def title(self, default: str = "") -> str:
        """``default`` stands there to be changed."""
        title = self._questions.ask(say("Title"), title_of, typed=default)
        self._questions.settled(say("Title"), clean(title))
        return title

    def person(self, question: Sentence, default: Person | None = None) -> str:
        """The number of somebody who was looked up by part of a name or number; an empty line is ``default``."""

        def read(text: str) -> Person:
            return default if default and not text.strip() else self._found(text)

        name = clean(default.name) if default else ""
        person = self._questions.ask(question, read, default=name, offers=self._offers(()))
        self._questions.settled(question, _label(person))
        return person.number

    def people(self, default: Iterable[Person] = (), owner: Person | None = None) -> tuple[str, ...]:
        """The numbers of participants, asked for until an empty line; ``default`` are in already, the owner anyway."""
        chosen: list[Person] = []

        def more(text: str) -> bool:
            word = text.strip()
            if word.startswith("-"):
                self._take_back(chosen, word[1:].strip())
            elif word:
                self._add(chosen, self._found(word), owner)
            return bool(word)

        self._questions.tell(say("Participants, one after another. “-” takes one back, an empty line ends."))
        for person in default:
            self._add(chosen, person, owner)
        going_on = True
        while going_on:
            known = [*chosen, *([owner] if owner else [])]
            question = say("Participant {n}", n=len(chosen) + 1)
            going_on = self._questions.ask(question, more, offers=self._offers(known))
        if not chosen:
            self._questions.settled(say("Participants"), "—")
        return tuple(person.number for person in chosen)

    def deputy(self, owner: str, default: Person | None = None) -> str | None:
        """The number of anybody but the owner, whose number is given; None for nobody.

        An empty line is ``default``.
        """

        def read(text: str) -> Person | None:
            word = text.strip()
            if word in ("", "-"):
                return None if word else default
            person = self._found(word)
            if person.number == owner:
                raise drafting.cannot_be_deputy(person)
            return person

        if default:
            self._questions.tell(say("A deputy stands in for an owner who does not come; “-” is nobody."))
        name = clean(default.name) if default else "—"
        known = self._session.directory.by_number(owner)
        offers = self._offers([known] if known else [])
        person = self._questions.ask(say("Deputy"), read, default=name, offers=offers)
        self._questions.settled(say("Deputy"), "—" if person is None else _label(person))
        return None if person is None else person.number

    def recorded(self, *, default: bool) -> bool:
        answer = self.yes(say("Record it?"), default)
        word = say("yes") if answer else say("no")
        self._questions.settled(say("Recording"), word.in_language(self._session.language))
        return answer

    def day(self, default: str | None = None, zone: str | None = None) -> str:
        """``2026-11-30``; ``default``, else today if there is time left, stands for an empty line."""
        offered = default or written(self._soon(zone).date())
        day = self._questions.ask(say("Date"), lambda text: self._date(text.strip() or offered, zone), default=offered)
        self._questions.settled(say("Date"), day_in_words(day, self._session.language))
        return written(day)

    def start(self, default: str, zone: str) -> str:
        """``15:30``, on the clocks of the zone."""
        return self._time(say("Start"), default, zone, parse_time)

    def end(self, default: str, start: str, zone: str) -> str:
        """``15:30``, the one that follows the start; it may be typed as a length."""

        def read(text: str) -> time:
            end = parse_end(text)
            at = datetime.combine(date.min, parse_time(start))
            return (at + end).time() if isinstance(end, timedelta) else end

        return self._time(say("End"), default, zone, read)

    def _time(self, label: Sentence, default: str, zone: str, read: Callable[[str], time]) -> str:
        question = say("{question} ({zone})", question=label, zone=zone)
        clock = self._questions.ask(question, lambda text: f"{read(text.strip() or default):%H:%M}", default=default)
        self._questions.settled(label, clock)
        return clock

    def times(self, day: str | None, start: str | None, end: str | None, zone: str) -> tuple[str, str, str]:
        """Asks for those that are None, and for all again if they don't go together."""
        asked = (day, start, end)
        while True:
            on = asked[0] or self.day(day, zone)
            begins = asked[1] or self.start(start or self._start(on, zone), zone)
            ends = asked[2] or self.end(end or _later(begins), begins, zone)
            try:
                settle(on, begins, ends, zone, self._session.now)
            except RefusedError as refused:
                self._questions.tell(refused.sentence)
                (day, start, end), asked = (on, begins, ends), (None, None, None)
            else:
                return on, begins, ends

    def greeting(self, default: str | None = None) -> Path | None:
        """A sound that will do.  None for an empty line: no greeting, or ``default`` as it is."""
        question = say("Greeting") if default else say("Greeting (wav or mp3; an empty line: none)")
        file = self._questions.file(question, self._greeting, default=default or "")
        if file:
            self._questions.settled(say("Greeting"), clean(str(file)))
        return file

    def yes(self, question: Sentence, default: bool) -> bool:
        return self._questions.yes(question, default)

    def _greeting(self, text: str) -> Path | None:
        """Decoded here already: what is no sound would else be refused after everything was asked."""
        from confctl.book.greeting import taken

        if not text.strip():
            return None
        file = Path(text.strip()).expanduser()
        with taken(file, self._session.book.greetings):
            return file

    def _check(self, wanted: Wanted, zone: str) -> None:
        if wanted.title is not None:
            title_of(wanted.title)
        given = [who for who in (wanted.owner, wanted.deputy) if who is not None]
        found = self._session.people([*given, *apart(wanted.joining, self._session.directory)])
        if wanted.owner is not None and wanted.deputy is not None and found[0] == found[1]:
            raise drafting.cannot_be_deputy(found[1])
        if wanted.date is not None:
            self._date(wanted.date, zone)
        if wanted.start is not None:
            parse_time(wanted.start)
        if wanted.end is not None:
            parse_end(wanted.end)
        if wanted.greeting is not None:
            self._greeting(str(wanted.greeting))

    def _found(self, text: str) -> Person:
        if not text.strip():
            raise UsageError(say("Write a part of a name or of a number."))
        found = self._session.directory.find(text)
        if isinstance(found, Several) and not self._questions.shows_offers and len(found.people) <= _LISTED:
            return self._one_of(found.people)
        return self._session.person(text)

    def _one_of(self, people: Sequence[Person]) -> Person:
        numbered = {str(n): person for n, person in enumerate(people, 1)}
        for n, person in numbered.items():
            self._questions.write(f"  {n}. {_label(person)}")

        def read(text: str) -> Person:
            if text.strip() in numbered:
                return numbered[text.strip()]
            raise UsageError(say("Write a number from 1 to {last}.", last=len(people)))

        return self._questions.ask(say("Which one"), read)

    def _offers(self, known: Sequence[Person]) -> Callable[[str], Iterable[Offer]]:
        """Who fits what is typed, without those who are in already."""
        directory = self._session.directory

        def offers(text: str) -> Iterable[Offer]:
            fitting = (person for person in directory.matches(text) if person not in known)
            return [_offer(person, directory) for person in islice(fitting, _OFFERED)]

        return offers

    def _add(self, chosen: list[Person], person: Person, owner: Person | None) -> None:
        if person == owner:
            raise RefusedError(say("{name} is the owner, and in anyway.", name=person.name))
        if person in chosen:
            raise RefusedError(say("{name} is on the list already.", name=person.name))
        chosen.append(person)
        self._questions.write(f"  {len(chosen)}. {_label(person)}")

    def _take_back(self, chosen: list[Person], word: str) -> None:
        if not chosen:
            raise UsageError(say("Nobody is on the list yet."))
        found = Directory(chosen).find(word) if word else Found(chosen[-1])
        if not isinstance(found, Found):
            names = ", ".join(person.name for person in chosen)
            raise UsageError(say("“{who}” fits none or several of: {names}.", who=word, names=names))
        chosen.remove(found.person)
        self._questions.tell(say("{name} is taken off the list.", name=found.person.name))

    def _date(self, text: str, zone: str | None) -> date:
        today = self._here(zone).date()
        day = parse_date(text, today)
        if day < today:
            raise RefusedError(say("{date} is past; give today's date or a later one.", date=written(day)))
        return day

    def _here(self, zone: str | None) -> datetime:
        return datetime.fromtimestamp(self._session.now, ZoneInfo(zone or self._session.settings.company.timezone))

    def _soon(self, zone: str | None) -> datetime:
        """The next full half hour on the clocks of the zone."""
        now = self._here(zone).replace(tzinfo=None, second=0, microsecond=0)
        return now + timedelta(minutes=30 - now.minute % 30)

    def _start(self, day: str, zone: str) -> str:
        soon = self._soon(zone)
        return f"{soon:%H:%M}" if self._date(day, zone) == soon.date() else MORNING


_LISTED = 20
"""People that are still worth a numbered list."""
_OFFERED = 50
"""People in a menu: who is further down is found by typing on."""


def _offer(person: Person, directory: Directory) -> Offer:
    """By name, where it leads back to this person alone; else by number."""
    name = clean(person.name)
    alone = directory.find(name) == Found(person)
    return Offer(name if alone else person.number, name, ", ".join(map(clean, person.numbers)))


def _label(person: Person) -> str:
    return f"{clean(person.name)}, {clean(person.number)}"


def _later(start: str) -> str:
    at = parse_time(start)
    return f"{at.replace(hour=(at.hour + LENGTH) % 24):%H:%M}"
