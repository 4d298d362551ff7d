"""The acts that somebody on this machine asks for over the control socket (:mod:`mixer.control`), in a running
conference.  When each is refused, and what it does, is :mod:`mixer.rules.act_rules`.

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
record   ``on``, and perhaps ``tracks``                            ``record``: a :class:`mixer.rules.model.Recorded`
extend   ``minutes``, or ``until``: ``"17:30"`` on its clocks      ``end``: seconds since the epoch; ``zone``
look     \\                                                         ``present``, ``end``, ``zone``
end      \\                                                         \\
who      what ``who`` of others may be, of all that run            ``conferences``: each with its ``code``, ``title``,
                                                                   who is on the ``line``, and the ``list``
======== ========================================================= =======================================

Which conference is meant, and who, is :mod:`mixer.request_words`.  Each answer has its ``code`` and ``title``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mixer.control import Refused
from mixer.phrases import Phrase
from mixer.rules.acts import (
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
from mixer.rules.model import Person, Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mixer.control import Answers, Json, Request
    from mixer.programme import Programme
    from mixer.request_words import RequestWords
    from mixer.rules.acts import Act
    from mixer.running import Running
    from mixer.whom import Someone


MOST_OFFERED: Final = 500
"""Of whom a shell offers at TAB."""


class Acting:
    def __init__(self, programme: Programme, words: RequestWords) -> None:
        self._programme = programme
        self._words = words
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
        running, words = self._words.conference(request)
        silent = request.do == "mute"
        if request.flag("others"):
            self._act(request, running, SilenceOthers(silent))
            return _told(running)
        if request.flag("all"):
            self._act_all(request, running, (SilenceOthers(silent), Silence(_owners(running), silent)))
            return _told(running)
        people = await self._words.on_the_line(running, words)
        self._act(request, running, Silence(_legs(people), silent))
        return _told(running, (each.person for each in people))

    async def _kick(self, request: Request) -> Mapping[str, Json]:
        running, words = self._words.conference(request)
        people = await self._words.on_the_line(running, words, awaited=True)
        awaited = tuple(each.person.number for each in people if not each.legs)
        self._act(request, running, Kick(_legs(people), awaited))
        return _told(running, (each.person for each in people))

    def _lock(self, request: Request) -> Mapping[str, Json]:
        running, _ = self._words.conference(request)
        self._act(request, running, Lock(request.do == "lock"))
        return _told(running)

    async def _call(self, request: Request) -> Mapping[str, Json]:
        running, words = self._words.conference(request)
        if request.flag("missing"):
            self._act(request, running, CallAgain())
            return _told(running)
        people = await self._words.to_call(running, words)
        acts = [_calling(person, running) for person in people]
        for act in acts:  # all or none
            if (why := running.why_not(act)) is not None:
                raise Refused(why)
        for act in acts:
            self._act(request, running, act)
        return _told(running, people)

    async def _owner(self, request: Request) -> Mapping[str, Json]:
        running, words = self._words.conference(request)
        person = await self._words.on_the_list(running, words)
        self._act(request, running, HandOver(person.number))
        return {**_told(running, [person]), "here": _is_here(running, person)}

    async def _deputy(self, request: Request) -> Mapping[str, Json]:
        running, words = self._words.conference(request)
        if request.flag("none"):
            self._act(request, running, NameDeputy(None))
            return _told(running)
        person = await self._words.on_the_list(running, words)
        self._act(request, running, NameDeputy(person.number))
        return _told(running, [person])

    def _record(self, request: Request) -> Mapping[str, Json]:
        """With tracks also where it was planned so."""
        running, _ = self._words.conference(request)
        how = Recorded.NOT
        if request.flag("on"):
            tracks = request.flag("tracks") or running.plan.record is Recorded.TRACKS
            how = Recorded.TRACKS if tracks else Recorded.MIXED
        self._act(request, running, WantRecording(how))
        return {**_told(running), "record": how.value}

    def _extend(self, request: Request) -> Mapping[str, Json]:
        running, _ = self._words.conference(request)
        if "until" in request.args:
            seconds = _until(request.text("until"), running) - running.extends_from
        else:
            seconds = request.number("minutes") * 60
        self._act(request, running, Extend(seconds))
        return {**_told(running), "end": running.conference.end, "zone": running.plan.zone}

    def _look(self, request: Request) -> Mapping[str, Json]:
        running, _ = self._words.conference(request)
        conference = running.conference
        return {
            **_told(running),
            "present": conference.present,
            "end": conference.end,
            "zone": running.plan.zone,
        }

    def _end(self, request: Request) -> Mapping[str, Json]:
        running, _ = self._words.conference(request)
        told = _told(running)
        self._act(request, running, EndNow())
        return told

    def _who(self, _: Request) -> Mapping[str, Json]:
        return {"conferences": [self._whom(running) for running in self._programme.begun]}

    def _whom(self, running: Running) -> dict[str, Json]:
        line = self._words.line(running)
        people = running.plan.people
        return {
            "code": running.plan.code,
            "title": running.plan.title,
            "line": _named(islice((each.person for each in line), MOST_OFFERED)),
            "list": _named(people[:MOST_OFFERED]),
        }

    # Doing it

    def _act(self, request: Request, running: Running, act: Act) -> None:
        running.act(act, user=request.by)

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


def _legs(people: Iterable[Someone]) -> tuple[str, ...]:
    return tuple(leg for each in people for leg in each.legs)


def _owners(running: Running) -> tuple[str, ...]:
    return tuple(leg.name for leg in running.conference.legs.values() if leg.owner and not leg.called)


def _is_here(running: Running, person: Person) -> bool:
    return any(leg.person == person.number and not leg.called for leg in running.conference.legs.values())


def _calling(person: Person, running: Running) -> Act:
    listed = running.plan.person(person.number) is not None
    return CallAgain((person.number,)) if listed else CallIn(person)


def _until(text: str, running: Running) -> float:
    """The end on another time of its day, or in the night that follows or went before: whichever is nearer.
    Where the clocks go back and show it twice, also the nearer one, or the later of both."""
    try:
        time = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of a day has no zone
    except ValueError:
        raise Refused(Phrase("“%(text)s” is no time of the day; write for example: 17:30", {"text": text})) from None
    end, zone = running.extends_from, ZoneInfo(running.plan.zone)
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
