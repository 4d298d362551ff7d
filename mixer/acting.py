"""The acts that somebody on this machine asks for over the control socket (:mod:`mixer.control`), in a running
conference.  When each is refused, and what it does, is :mod:`mixer.act_rules`.

======== ========================================================= =======================================
``do``   asks for                                                  its answer has besides
======== ========================================================= =======================================
mute     ``who``, or ``all``, or ``others`` (all but owners)       ``people``: who was meant
unmute   as mute                                                   ``people``
kick     ``who``                                                   ``people``
lock     \\                                                         \\
unlock   \\                                                         \\
call     ``who``: of the list, of the directory, or a number that  ``people``
         the settings allow; or ``missing``: who did not answer
owner    ``who``: one, of the list                                 ``people``; ``here``: whether they are in
deputy   ``who``: one, of the list; or ``none``                    ``people``
record   ``on``, and perhaps ``tracks``                            ``record``: a :class:`mixer.model.Recorded`
extend   ``minutes``, or ``until``: ``"17:30"`` on its clocks      ``end``: seconds since the epoch; ``zone``
look     \\                                                         ``present``, ``end``, ``zone``
end      \\                                                         \\
who      what ``who`` of others may be, of all that run            ``conferences``: each with its ``code``, ``title``,
                                                                   who is on the ``line``, and the ``list``
======== ========================================================= =======================================

Each may name a conference by its ``code``.  Where that is left out, the first of ``who`` does if it is the code of one
(also in two groups of digits, as codes are shown), else the only one that runs is meant.  Each answer has its ``code``
and ``title``.
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from mixer import whom
from mixer.acts import (
    CallAgain,
    CallIn,
    EndNow,
    Extend,
    HandOver,
    Kick,
    Lock,
    NameDeputy,
    Silence,
    SilenceOthers,
    WantRecording,
)
from mixer.control import Refused
from mixer.model import Person, Recorded
from mixer.numbers import with_country
from mixer.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mixer.acts import Act
    from mixer.control import Answers, Json, Request
    from mixer.programme import Programme
    from mixer.running import Running
    from mixer.whom import LookUp, Someone

_log = logging.getLogger(__name__)

Found = TypeVar("Found")

MOST_OFFERED: Final = 500
"""Of whom a shell offers at TAB."""
MOST_NAMED: Final = 500
"""People in one request: each is looked for among thousands."""


class Acting:
    """``caller`` knows the number of a leg's phone; ``may_call`` whether a number of nobody's may be called."""

    def __init__(
        self,
        programme: Programme,
        caller: Callable[[str], str | None],
        look_up: LookUp,
        may_call: Callable[[str], bool],
    ) -> None:
        self._programme = programme
        self._caller = caller
        self._look_up = look_up
        self._may_call = may_call
        self._looking = asyncio.Lock()
        self.answers: Answers = {
            "mute": self._mute,
            "unmute": self._mute,
            "kick": self._kick,
            "lock": self._lock,
            "unlock": self._lock,
            "call": self._call,
            "owner": self._owner,
            "deputy": self._deputy,
            "record": self._record,
            "extend": self._extend,
            "look": self._look,
            "end": self._end,
            "who": self._who,
        }

    # What each asks for

    async def _mute(self, request: Request) -> Mapping[str, Json]:
        running, words = self.addressed(request)
        silent = request.do == "mute"
        if request.flag("others"):
            self._act(request, running, SilenceOthers(silent))
            return _told(running)
        if request.flag("all"):
            self._act_all(request, running, (SilenceOthers(silent), Silence(_owners(running), silent)))
            return _told(running)
        people = await self.on_the_line(running, words)
        self._act(request, running, Silence(_legs(people), silent))
        return _told(running, (each.person for each in people))

    async def _kick(self, request: Request) -> Mapping[str, Json]:
        running, words = self.addressed(request)
        people = await self.on_the_line(running, words, awaited=True)
        awaited = tuple(each.person.number for each in people if not each.legs)
        self._act(request, running, Kick(_legs(people), awaited))
        return _told(running, (each.person for each in people))

    def _lock(self, request: Request) -> Mapping[str, Json]:
        running, _ = self.addressed(request)
        self._act(request, running, Lock(request.do == "lock"))
        return _told(running)

    async def _call(self, request: Request) -> Mapping[str, Json]:
        running, words = self.addressed(request)
        if request.flag("missing"):
            self._act(request, running, CallAgain())
            return _told(running)
        people = await self._to_call(running, words)
        acts = [_calling(person, running) for person in people]
        for act in acts:  # all or none
            if (why := running.why_not(act)) is not None:
                raise Refused(why)
        for act in acts:
            self._act(request, running, act)
        return _told(running, people)

    async def _owner(self, request: Request) -> Mapping[str, Json]:
        running, words = self.addressed(request)
        person = await self._on_the_list(running, words)
        self._act(request, running, HandOver(person.number))
        return {**_told(running, [person]), "here": _is_here(running, person)}

    async def _deputy(self, request: Request) -> Mapping[str, Json]:
        running, words = self.addressed(request)
        if request.flag("none"):
            self._act(request, running, NameDeputy(None))
            return _told(running)
        person = await self._on_the_list(running, words)
        self._act(request, running, NameDeputy(person.number))
        return _told(running, [person])

    def _record(self, request: Request) -> Mapping[str, Json]:
        """With tracks also where it was planned so."""
        running, _ = self.addressed(request)
        how = Recorded.NOT
        if request.flag("on"):
            tracks = request.flag("tracks") or running.plan.record is Recorded.TRACKS
            how = Recorded.TRACKS if tracks else Recorded.MIXED
        self._act(request, running, WantRecording(how))
        return {**_told(running), "record": how.value}

    def _extend(self, request: Request) -> Mapping[str, Json]:
        running, _ = self.addressed(request)
        if "until" in request.args:
            seconds = _until(request.text("until"), running) - running.conference.end
        else:
            seconds = request.number("minutes") * 60
        self._act(request, running, Extend(seconds))
        return {**_told(running), "end": running.conference.end, "zone": running.plan.zone}

    def _look(self, request: Request) -> Mapping[str, Json]:
        running, _ = self.addressed(request)
        conference = running.conference
        return {
            **_told(running),
            "present": conference.present,
            "end": conference.end,
            "zone": running.plan.zone,
        }

    def _end(self, request: Request) -> Mapping[str, Json]:
        running, _ = self.addressed(request)
        told = _told(running)
        self._act(request, running, EndNow())
        return told

    def _who(self, _: Request) -> Mapping[str, Json]:
        return {"conferences": [self._whom(running) for running in self._programme.begun]}

    def _whom(self, running: Running) -> dict[str, Json]:
        line = whom.on_the_line(running.conference, self._caller)
        people = running.plan.people
        return {
            "code": running.plan.code,
            "title": running.plan.title,
            "line": _named(islice((each.person for each in line), MOST_OFFERED)),
            "list": _named(people[:MOST_OFFERED]),
        }

    # Where, and who

    def addressed(self, request: Request) -> tuple[Running, tuple[str, ...]]:
        """The conference, and the words that say who."""
        words = request.texts("who")
        if "code" in request.args:
            return self._running(request.text("code")), words
        for groups in (1, 2):
            code = "".join(words[:groups])
            if len(words) >= groups and self._is_code(code):
                return self._running(code), words[groups:]
        running = self._programme.begun
        if len(running) == 1:
            return running[0], words
        if not running:
            raise Refused(Phrase("no conference runs"))
        listed = ", ".join(f"{each.plan.code} ({each.plan.title})" for each in running)
        raise Refused(Phrase("several conferences run; say which by its code: %(codes)s", {"codes": listed}))

    def _is_code(self, word: str) -> bool:
        return self._programme.has_codes_like(word) and self._programme.planned(word) is not None

    def _running(self, code: str) -> Running:
        """By its code, or its owner's."""
        running = self._programme.opened(code)
        if running is not None:
            return running
        if self._programme.planned(code) is not None:
            raise Refused(Phrase("the conference %(code)s has not begun yet", {"code": code}))
        raise Refused(Phrase("no conference with the code %(code)s runs", {"code": code}))

    async def on_the_line(self, running: Running, words: Sequence[str], *, awaited: bool = False) -> list[Someone]:
        """``awaited``: or those who will be called again."""
        _wanted(words)
        conference = running.conference
        there = whom.on_the_line(conference, self._caller)
        if awaited:
            there = (*there, *whom.awaited(conference))
        return await self._found(lambda: whom.among(words, conference, there, self._look_up))

    async def _on_the_list(self, running: Running, words: Sequence[str]) -> Person:
        _wanted(words)
        text = " ".join(words)
        if len(words) > 1 and not whom.is_guest(text):
            raise Refused(Phrase("there is one owner and one deputy: name one person"))
        conference = running.conference
        there = whom.on_the_line(conference, self._caller)
        return await self._found(lambda: whom.on_the_list(text, conference, there, self._look_up))

    async def _to_call(self, running: Running, words: Sequence[str]) -> list[Person]:
        """Each once."""
        _wanted(words)
        people = await self._found(lambda: [self._callable(word, running) for word in words])
        return list(dict.fromkeys(people))

    def _callable(self, text: str, running: Running) -> Person:
        """Of the directory, else of the list, which knows people whom the directory has lost; else a number."""
        fitting = self._look_up([text])[0]
        if not fitting.people:
            listed = self._look_up([text], running.plan.people)[0]
            if not listed.people and (number := _number(text)) is not None:
                return self._outside(number)
            fitting = listed if listed.people else fitting
        return whom.one(text, fitting)

    def _outside(self, number: str) -> Person:
        allowed = next(filter(self._may_call, (number, with_country(number))), None)
        if allowed is not None:
            return Person(allowed, (allowed,))
        raise whom.WhoError(
            Phrase(
                "nobody has the number %(number)s, and numbers that begin so are not called; see control.call",
                {"number": number},
            )
        )

    async def _found(self, look: Callable[[], Found]) -> Found:
        """Aside, for thousands of names take a while, and one after the other: there are few threads, and calls need
        their share of the processor.  Raises Refused for what fits nobody, or several."""
        try:
            async with self._looking:
                return await asyncio.to_thread(look)
        except whom.WhoError as error:
            raise Refused(error.phrase) from None

    # Doing it

    def _act(self, request: Request, running: Running, act: Act) -> None:
        running.act(act)
        _log.info("“%s”: done on this machine by %s: %s", running.plan.title, request.by, request.do)

    def _act_all(self, request: Request, running: Running, acts: Sequence[Act]) -> None:
        """Those of them that change anything; raises Refused if none does."""
        refused: list[Refused] = []
        for act in acts:
            try:
                self._act(request, running, act)
            except Refused as error:
                refused.append(error)
        if len(refused) == len(acts):
            raise refused[0]


def _wanted(words: Sequence[str]) -> None:
    if not words:
        raise Refused(Phrase("say who: a number, a name, or a part of one that fits one person"))
    if len(words) > MOST_NAMED:
        raise Refused(Phrase("name %(most)d people at once at most", {"most": MOST_NAMED}))


def _legs(people: Iterable[Someone]) -> tuple[str, ...]:
    return tuple(leg for each in people for leg in each.legs)


def _owners(running: Running) -> tuple[str, ...]:
    return tuple(leg.name for leg in running.conference.legs.values() if leg.owner and not leg.called)


def _is_here(running: Running, person: Person) -> bool:
    return any(leg.person == person.number and not leg.called for leg in running.conference.legs.values())


def _calling(person: Person, running: Running) -> Act:
    listed = running.plan.person(person.number) is not None
    return CallAgain((person.number,)) if listed else CallIn(person)


def _number(text: str) -> str | None:
    """What could be dialled, without what people write between the digits."""
    return _BETWEEN.sub("", text) if _NUMBER.fullmatch(text) else None


_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().-]*[0-9]")
_BETWEEN: Final = re.compile(r"[ ().-]")


def _until(text: str, running: Running) -> float:
    """The planned end on another time of its day, or in the night that follows or went before: whichever is nearer.
    Where the clocks go back and show it twice, also the nearer one, or the later of both."""
    try:
        time = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of a day has no zone
    except ValueError:
        raise Refused(Phrase("“%(text)s” is no time of the day; write for example: 17:30", {"text": text})) from None
    end, zone = running.conference.end, ZoneInfo(running.plan.zone)
    day = datetime.fromtimestamp(end, zone).date()
    shown = (datetime.combine(day + timedelta(days=days), time) for days in (-1, 0, 1))
    found = min(
        (it.replace(tzinfo=zone, fold=fold).timestamp() for it in shown for fold in (0, 1)),
        key=lambda at: (abs(at - end), -at),
    )
    if datetime.fromtimestamp(found, zone).time() != time:
        skipped = {"time": text, "zone": running.plan.zone}
        raise Refused(Phrase("there is no %(time)s that day in %(zone)s: the clocks go forward", skipped))
    return found


def _told(running: Running, people: Iterable[Person] = ()) -> dict[str, Json]:
    return {"code": running.plan.code, "title": running.plan.title, "people": _named(people)}


def _named(people: Iterable[Person]) -> list[Json]:
    return [{"name": each.name, "number": each.numbers[0] if each.numbers else None} for each in people]
