"""The conferences of a book, as they begin, run and end; and the callers who want into them.

Runs in the mixer's asyncio loop.  Decides nothing about a conference (:mod:`mixer.rules`), a caller's code
(:mod:`mixer.code_entry`) or a leg (:mod:`mixer.switchboard`); it opens what the clock says is due, and tells each leg's
news to the party that has the leg.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, assert_never

from media.prompts import Prompt
from mixer import admission, code_entry, rules
from mixer.admission import Admitted, NoSuch, NotListed, TooEarly
from mixer.code_entry import Answer
from mixer.conference import Conference, hearing
from mixer.dial_in import Announcement, Caller, CodeCall
from mixer.journal import Journal, JournalError
from mixer.party import Arrived, LegEvent, Settled
from mixer.records import Kind, Record
from mixer.resumption import resume
from mixer.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mixer.control import Json
    from mixer.model import Plan
    from mixer.settings import MixerSettings
    from mixer.shelf import Shelf
    from mixer.switchboard import Switchboard

_log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How soon a change of the book is seen, and a step of the wall clock."""
OPEN_AHEAD = 60.0
"""Seconds before its start at which a conference's greeting is made ready."""
BEAT_SECONDS = 5.0
SOON = 300.0
"""Seconds: with a conference due within them, a mixer that may end when idle stays."""


class BookError(Exception):
    """The book can't be changed: one line that says which file and why."""


class Book(Protocol):
    """What the conductor needs of the stored conferences."""

    def stamp(self) -> object:
        """Differs from the last one if a conference was added, changed or deleted since."""

    def plans(self) -> Sequence[Plan]:
        """Planned and running conferences; what is wrong with others has been told to somebody."""

    def end(self, code: str, at: float, reason: str) -> None:
        """To the past; nothing if it is there already.  Raises BookError."""


class Conductor:
    def __init__(
        self,
        settings: MixerSettings,
        book: Book,
        journal: Journal,
        switchboard: Switchboard,
        shelf: Shelf,
        language_of: Callable[[str | None], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._book = book
        self._journal = journal
        self._switchboard = switchboard
        self._shelf = shelf
        self._language_of = language_of
        self._clock = clock
        self._seen: object = None
        self._plans: dict[str, Plan] = {}
        self._running: dict[str, Running] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._stuck: set[Running] = set()
        """Ended, and the book can't be told: tried again at each poll."""
        self._code_calls: list[CodeCall] = []
        self._rooms = itertools.count(1)
        self._last_seen = journal.last_seen()
        self._next_beat = 0.0
        self._stopping = False
        self._wake = asyncio.Event()
        self._journal_fails = False

    # The clock

    async def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stopping:
            self._poll(self._clock())
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause())

    def _pause(self) -> float:
        """Seconds to the next thing that is due; the book and the wall clock are looked at every second anyway."""
        due = [plan.start for code, plan in self._plans.items() if code not in self._running]
        due += [deadline for running in self._running.values() if (deadline := rules.deadline(running.conference))]
        now = self._clock()
        return max(0.0, min([POLL_SECONDS, *(at - now for at in due if at > now)]))

    def _poll(self, now: float) -> None:
        self._read_book()
        for code, plan in self._plans.items():
            if now >= plan.start - OPEN_AHEAD and code not in self._running and code not in self._opening:
                self._opening[code] = asyncio.create_task(self._open(plan))
        for running in tuple(self._running.values()):
            self._look_after(running, now)
        self._code_calls = [call for call in self._code_calls if self._switchboard.party(call.caller.leg) is call]
        for call in self._code_calls:
            if (due := code_entry.deadline(call.entry)) is not None and due <= now:
                call.tick()
        if now >= self._next_beat or now < self._next_beat - BEAT_SECONDS:
            self._next_beat = now + BEAT_SECONDS
            self._guard(lambda: self._journal.beat(now))

    def _look_after(self, running: Running, now: float) -> None:
        if running.conference.ended is not None:
            self._retire(running)
        elif (due := rules.deadline(running.conference)) is not None and due <= now:
            running.feed(rules.Tick())

    def _read_book(self) -> None:
        stamp = self._book.stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        self._plans = {plan.code: plan for plan in self._book.plans()}
        for code, running in tuple(self._running.items()):
            if running.conference.started is None and self._plans.get(code) != running.plan:
                self._close(running)

    # Conferences

    async def _open(self, plan: Plan) -> None:
        try:
            greeting = None if plan.greeting is None else await self._shelf.greeting(plan.greeting)
            if self._plans.get(plan.code) != plan or self._stopping:
                return
            records = self._journal.read(plan.code)
            now = self._clock()
            conference, actions = resume(plan, records, now, self._last_seen)
            running = Running(
                conference,
                next(self._rooms),
                self._switchboard,
                self.write,
                self._clock,
                music=self._shelf.music(),
                greeting=greeting,
                on_end=lambda: self._wake.set(),
            )
            self._running[plan.code] = running
            running.begin(actions)
            self._wake.set()
        finally:
            del self._opening[plan.code]

    def _close(self, running: Running) -> None:
        del self._running[running.plan.code]
        if running.plan.greeting is not None:
            self._shelf.forget(running.plan.greeting)

    def _retire(self, running: Running) -> None:
        """Moves an ended conference to the past."""
        ending = running.conference.ended
        if ending is None:
            return
        try:
            self._book.end(running.plan.code, ending.at, str(ending.reason))
        except BookError as error:
            if running not in self._stuck:
                _log.error("“%s” has ended and can't be moved to the past: %s", running.plan.title, error)
            self._stuck.add(running)
            return
        self._stuck.discard(running)
        self._plans.pop(running.plan.code, None)
        self._close(running)

    # Callers

    def arrived(self, event: Arrived) -> None:
        """Somebody calls: the conference number, a code, or nothing that exists."""
        if self._stopping:
            self._switchboard.refuse(event.leg, 503, "Shutting Down")
        elif event.number == self._settings.conference_number:
            self._receive(event)
        else:
            self._direct(event)

    def _receive(self, event: Arrived) -> None:
        caller = Caller(event.leg, event.caller)
        call = CodeCall(caller, self._switchboard, self._say, self._look_up, self._clock)
        self._code_calls.append(call)
        self._switchboard.answer(event.leg, call)

    def _direct(self, event: Arrived) -> None:
        """A call to ``sip:CODE@domain`` joins without the prompt."""
        caller = Caller(event.leg, event.caller)
        match self._admission(caller, event.number):
            case Admitted():
                self._switchboard.answer(event.leg, _Entrance(self, caller, event.number))
            case TooEarly():
                self._announce(event.leg, Prompt.NOT_STARTED, "too-early")
            case NotListed():
                self._announce(event.leg, Prompt.NOT_ADMITTED, "not-admitted")
            case NoSuch():
                self._switchboard.refuse(event.leg, 404, "Not Found")

    def _announce(self, leg: str, prompt: Prompt, reason: str) -> None:
        self._switchboard.answer(leg, Announcement(leg, prompt, reason, self._switchboard, self._say))

    def _look_up(self, caller: Caller, code: str) -> Answer:
        """Lets the caller into the conference of this code, if that may be."""
        verdict = self._admission(caller, code)
        match verdict:
            case Admitted(person, owner):
                self._enter(self._opened(code), caller, person, owner)
                return Answer.OK
            case TooEarly():
                return Answer.TOO_EARLY
            case NotListed():
                return Answer.NOT_LISTED
            case NoSuch():
                return Answer.NO_SUCH
            case _:
                assert_never(verdict)

    def _enter(self, running: Running | None, caller: Caller, person: str | None, owner: bool) -> None:
        if running is None:
            return
        self._switchboard.hand_over(caller.leg, running)
        running.feed(rules.Entered(caller.leg, person, owner, caller.number))

    def enter_directly(self, caller: Caller, code: str) -> None:
        """The answered call to a code is acknowledged; meanwhile the conference may have ended."""
        if self._look_up(caller, code) is not Answer.OK:
            self._switchboard.hang_up(caller.leg, "over")

    def _admission(self, caller: Caller, code: str) -> admission.Admission:
        now = self._clock()
        plan = self._of_code(code)
        running = self._opened(code)
        conference = running.conference if running else None if plan is None else Conference(plan)
        policy: admission.Policy = "listed" if self._settings.listed_only else "code"
        verdict = admission.admit(conference, code, caller.number, policy, now)
        if isinstance(verdict, Admitted) and running is None:
            verdict = TooEarly()  # its time has come this very moment, and its sounds are not ready yet
        if not isinstance(verdict, Admitted):
            refused = Record(Kind.REFUSED, now, caller.leg, caller.number, detail=type(verdict).__name__)
            self.write(None if plan is None else plan.code, refused)
        return verdict

    def _of_code(self, code: str) -> Plan | None:
        """A conference that runs is as it was opened, whatever became of its file."""
        plans = self._plans | {running.plan.code: running.plan for running in self._running.values()}
        return next((plan for plan in plans.values() if code in (plan.code, plan.owner_code)), None)

    def _opened(self, code: str) -> Running | None:
        plan = self._of_code(code)
        return None if plan is None else self._running.get(plan.code)

    def _say(self, leg: str, names: tuple[str, ...]) -> int:
        language = self._language_of(self._switchboard.caller(leg))
        sounds = (self._shelf.prompt(Prompt(name), language) for name in names)
        return self._switchboard.play(leg, tuple(sounds))

    # The journal

    def write(self, code: str | None, record: Record) -> None:
        self._guard(lambda: self._journal.write(code, record))

    def _guard(self, write: Callable[[], None]) -> None:
        """A journal that can't be written is told once, and again when it can: the calls go on."""
        try:
            write()
        except JournalError as error:
            if not self._journal_fails:
                _log.error("%s; calls go on without it", error)
            self._journal_fails = True
        else:
            if self._journal_fails:
                _log.warning("the journal can be written again")
            self._journal_fails = False

    # From outside

    def stop(self) -> None:
        """Hangs up every leg; no conference ends by that."""
        self._stopping = True
        for running in self._running.values():
            running.feed(rules.Stopping())
        for call in self._code_calls:
            self._switchboard.hang_up(call.caller.leg, "stopping")
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing runs, nobody is on the line, and nothing is due soon."""
        now = self._clock()
        soon = any(plan.start <= now + SOON for plan in self._plans.values())
        return not soon and not self._opening and not self._switchboard.legs

    def status(self) -> dict[str, Json]:
        """Running conferences with who is in them, then those that are planned, by their start."""
        started = [running for running in self._running.values() if running.conference.started is not None]
        planned = sorted((p for p in self._plans.values() if not self._has_started(p)), key=lambda plan: plan.start)
        return {
            "running": [describe(running.conference) for running in started],
            "planned": [{"code": p.code, "title": p.title, "start": p.start, "end": p.end} for p in planned],
        }

    def _has_started(self, plan: Plan) -> bool:
        running = self._running.get(plan.code)
        return running is not None and running.conference.started is not None


def describe(conference: Conference) -> dict[str, Json]:
    heard = hearing(conference)
    names = {person.number: person.name for person in conference.plan.people}
    return {
        "code": conference.plan.code,
        "title": conference.plan.title,
        "start": conference.plan.start,
        "end": conference.plan.end,
        "owner_in": conference.owner_in,
        "legs": [
            {
                "leg": leg.name,
                "person": leg.person,
                "name": None if leg.person is None else names.get(leg.person),
                "owner": leg.owner,
                "stage": leg.stage.value,
                "hears": str(heard[leg.name].value) if leg.name in heard else None,
                "since": leg.since,
            }
            for leg in conference.legs.values()
        ],
    }


class _Entrance:
    """A direct call to a code, from our answer to its acknowledgement."""

    def __init__(self, conductor: Conductor, caller: Caller, code: str) -> None:
        self._conductor = conductor
        self._caller = caller
        self._code = code

    def take(self, event: LegEvent) -> None:
        if isinstance(event, Settled):
            self._conductor.enter_directly(self._caller, self._code)
