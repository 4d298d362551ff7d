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
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from media.prompt import Prompt
from mixer import admission, announcement_rules, menu, report, rules
from mixer.call_log import of_call
from mixer.journal import Journal, JournalError
from mixer.narration import narrate
from mixer.reception import Reception
from mixer.resumption import resume
from mixer.running import Running, Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mixer.conference import Conference, Ending
    from mixer.control import Json
    from mixer.model import Person, Plan
    from mixer.party import Arrived
    from mixer.recording.studio import Studio
    from mixer.records import Record
    from mixer.settings import MixerSettings
    from mixer.shelf import Shelf
    from mixer.stranger_log import StrangerLog
    from mixer.switchboard import Switchboard

_log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How soon a change of the book is seen, and a step of the wall clock."""
RETRY_SECONDS = 10.0
"""After a conference could not be opened, by a mistake of ours."""
LOOK_AGAIN_SECONDS = 0.25
"""How soon after a look at the book an unknown code leads to another: strangers dial them too."""
OPEN_AHEAD = 60.0
"""Seconds before its start at which a conference's greeting is made ready."""
BEAT_SECONDS = 5.0
SOON = 300.0
"""Seconds: with a conference due within them, a mixer that may end when idle stays."""


class BookError(Exception):
    """The book can't be read or changed: one line that says which file and why."""


class Book(Protocol):
    """What the conductor needs of the stored conferences."""

    def stamp(self) -> object:
        """Differs from the last one if a conference was added, changed or deleted since.  Raises BookError."""

    def plans(self) -> Sequence[Plan]:
        """Planned and running conferences; what is wrong with others has been told to somebody.  Raises BookError."""

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
        by_number: Callable[[str], Person | None],
        studio: Studio,
        strangers: StrangerLog,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        aside: Callable[[Callable[[], None]], Awaitable[None]] = asyncio.to_thread,
    ) -> None:
        """``by_number`` finds people of the directory.  ``clock`` is the wall's, which may be set; ``steady`` measures
        how long callers take; ``aside`` does what has to wait for the disk."""
        self._settings = settings
        self._book = book
        self._journal = journal
        self._switchboard = switchboard
        self._shelf = shelf
        self._language_of = language_of
        self._by_number = by_number
        self._studio = studio
        self._clock = clock
        self._steady = steady
        self._aside = aside
        self._looked = -LOOK_AGAIN_SECONDS
        """When an unknown code last made us look at the book; steady."""
        self._seen: object = None
        """The book's stamp when it was read last."""
        self._unreadable = False
        self._plans: dict[str, Plan] = {}
        self._lengths: set[int] = set()
        """Of the codes that there are."""
        self._running: dict[str, Running] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._retiring: dict[Running, asyncio.Task[None]] = {}
        """Ended, and the book is being told."""
        self._stuck: set[Running] = set()
        """Ended, and the book can't be told: tried again at each poll."""
        self._rooms = itertools.count(1)
        self._last_seen = journal.last_seen()
        self._next_beat = 0.0
        self._stopping = False
        self._wake = asyncio.Event()
        self._journal_fails = False
        self._reception = Reception(settings, switchboard, self, strangers, self._say, clock, steady)
        self.watch: Watch = lambda *_: None
        self.on_open: list[Callable[[str, Sequence[Record]], None]] = []
        """Each is told the code of a conference that is opened, and its records so far."""
        self.on_record: list[Callable[[str | None, Record], None]] = []
        """Each is told the records as they are written, and of which conference."""
        self.on_poll: Callable[[Sequence[Conference], float], None] = lambda *_: None
        """Is told every second how the conferences are, before those that are over are put away."""

    # The clock

    async def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stopping:
            self._poll(self._clock())
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause())

    def _pause(self) -> float:
        """Seconds to what is due next; the book, the clocks and the callers are looked at every second anyway."""
        due = [plan.start for code, plan in self._plans.items() if code not in self._running]
        due += [deadline for running in self._running.values() if (deadline := rules.deadline(running.conference))]
        now = self._clock()
        return max(0.0, min([POLL_SECONDS, *(at - now for at in due if at > now)]))

    def _poll(self, now: float) -> None:
        self._read_book()
        for code, plan in self._plans.items():
            if now >= plan.start - OPEN_AHEAD and code not in self._running and code not in self._opening:
                self._opening[code] = asyncio.create_task(self._open(plan, self._seen))
        self.on_poll(self.conferences, now)
        for running in tuple(self._running.values()):
            self._look_after(running, now)
        self._reception.tick()
        if now >= self._next_beat or now < self._next_beat - BEAT_SECONDS:
            self._next_beat = now + BEAT_SECONDS
            self._guard(lambda: self._journal.beat(now))

    def _look_after(self, running: Running, now: float) -> None:
        if running.conference.ended is not None:
            if running not in self._retiring:
                self._retiring[running] = asyncio.create_task(self._retire(running, running.conference.ended))
        elif (due := rules.deadline(running.conference)) is not None and due <= now:
            running.feed(rules.Tick())

    def _read_book(self) -> None:
        """As it is now; while it can't be read, the conferences are as they were."""
        try:
            stamp = self._book.stamp()
            if stamp != self._seen:
                self._plans = {plan.code: plan for plan in self._book.plans()}
                self._seen = stamp
                plans = (*self._plans.values(), *(running.plan for running in self._running.values()))
                self._lengths = {len(code) for plan in plans for code in (plan.code, plan.owner_code)}
                self._close_the_outdated()
        except BookError as error:
            if not self._unreadable:
                _log.error("%s; conferences stay as they are known until it can be read", error)
            self._unreadable = True
        else:
            self._unreadable = False

    def _close_the_outdated(self) -> None:
        """A greeting's file keeps its name when it changes, so whoever has one is opened anew."""
        for code, running in tuple(self._running.items()):
            plan = running.plan
            if running.conference.started is None and (plan.greeting or self._plans.get(code) != plan):
                self._close(running)

    # Conferences

    async def _open(self, plan: Plan, seen: object) -> None:
        try:
            greeting = None if plan.greeting is None else await self._shelf.greeting(plan.greeting)
            music = await self._shelf.music()
            if self._stopping or seen is not self._seen:  # what has changed meanwhile may be this one
                self._forget_greeting(plan)
            else:
                self._begin(plan, music, greeting)
                languages = {self._language_of(person.number) for person in plan.people} | {self._settings.language}
                soon = (*menu.prompts(self._settings.keys), *announcement_rules.prompts(self._settings.announcements))
                await self._shelf.prepare(soon, sorted(languages))
        except Exception:  # noqa: BLE001  a mistake of ours costs one conference, not the others
            _log.exception("“%s” can't be opened; trying again in %.0f s", plan.title, RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            del self._opening[plan.code]
            self._wake.set()

    def _begin(self, plan: Plan, music: int, greeting: int | None) -> None:
        policy, past = self._settings.call_policy, self._past(plan)
        room = next(self._rooms)
        label = f"{self._switchboard.run}-{room}"
        conference, actions = resume(plan, past, self._clock(), self._last_seen, policy, self._by_number, label)
        running = self._running[plan.code] = Running(
            replace(conference, announcements=self._settings.announcements),
            room,
            self._switchboard,
            self.write,
            self._clock,
            music=music,
            greeting=greeting,
            say=self._say,
            studio=self._studio,
            keys=self._settings.keys,
            on_end=self._wake.set,
        )
        running.watch = self.watch
        for each in self.on_open:
            each(plan.code, past)
        running.begin(actions)

    def _past(self, plan: Plan) -> list[Record]:
        try:
            return self._journal.read(plan.code)
        except OSError as error:
            _log.error("%s: %s; “%s” is opened as if it were new", error.filename, error.strerror, plan.title)
            return []

    def _close(self, running: Running) -> None:
        del self._running[running.plan.code]
        self._stuck.discard(running)
        self._forget_greeting(running.plan)

    def _forget_greeting(self, plan: Plan) -> None:
        if plan.greeting is not None:
            self._shelf.forget(plan.greeting)

    async def _retire(self, running: Running, ending: Ending) -> None:
        """Moves an ended conference to the past."""
        code = running.plan.code
        try:
            await self._aside(lambda: self._book.end(code, ending.at, str(ending.reason)))
        except BookError as error:
            if running not in self._stuck:
                _log.error("“%s” has ended and can't be moved to the past: %s", running.plan.title, error)
            self._stuck.add(running)
        else:
            self._plans.pop(code, None)
            if self._running.get(code) is running:
                self._close(running)
        finally:
            del self._retiring[running]

    # Callers

    def arrived(self, event: Arrived) -> None:
        """Somebody calls."""
        if self._stopping:
            self._switchboard.refuse(event.leg, 503, "Shutting Down")
        else:
            self._reception.arrived(event)

    def _plan(self, code: str) -> Plan | None:
        """A conference that runs is as it was opened, whatever became of its file."""
        running = self._running.get(code)
        return self._plans.get(code) if running is None else running.plan

    def planned(self, code: str) -> Plan | None:
        """The conference of this code, or owner code; the book is looked at again where there is none."""
        return self._of_code(code) or self._added_just_now(code)

    def opened(self, code: str) -> Running | None:
        plan = self._of_code(code)
        return None if plan is None else self._running.get(plan.code)

    def runs(self, code: str) -> Conference | None:
        """The conference of this code, if it has begun and is not over."""
        running = self._running.get(code)
        if running is None or running.conference.started is None or running.conference.ended is not None:
            return None
        return running.conference

    def has_codes_like(self, code: str) -> bool:
        """Whether the code of a conference has as many digits: else it can't be one."""
        return len(code) in self._lengths and code.isascii() and code.isdigit()

    @property
    def codes(self) -> frozenset[str]:
        """Of the conferences that one can come into now or later, their owners' codes too."""
        plans = (*self._plans.values(), *(running.plan for running in self._running.values()))
        return frozenset(code for plan in plans for code in (plan.code, plan.owner_code))

    def lists(self, number: str) -> bool:
        """Whether somebody who is on the list of a conference has this number."""
        plans = (self._plan(each) for each in (*self._running, *self._plans))
        return any(plan is not None and admission.person_of(plan, number) for plan in plans)

    def _of_code(self, code: str) -> Plan | None:
        """By its own code, or by its owner's."""
        if (plan := self._plan(code)) is not None:
            return plan
        plans = (self._plan(each) for each in (*self._running, *self._plans))
        return next((plan for plan in plans if plan is not None and plan.owner_code == code), None)

    def _added_just_now(self, code: str) -> Plan | None:
        """Whoever adds a conference may dial its code before the next poll."""
        if self._steady() < self._looked + LOOK_AGAIN_SECONDS:
            return None
        self._looked = self._steady()
        self._read_book()
        plan = self._of_code(code)
        if plan is not None:
            self._wake.set()  # it may be due
        return plan

    def _say(self, leg: str, names: tuple[str, ...], /, *, loop: bool = False, room: float | None = None) -> int:
        language = self._language_of(self._switchboard.caller(leg))
        sounds = (self._shelf.prompt(Prompt(name), language) for name in names)
        return self._switchboard.play(leg, tuple(sounds), loop=loop, room=room)

    # The journal

    def write(self, code: str | None, *records: Record, told: bool = False) -> None:
        """``told``: the log has it already, in other words."""
        plan = None if code is None else self._plan(code)
        for record in () if told else records:
            _log.info("%s", narrate(plan, record), extra=of_call(record.leg, plan))
        self.keep(code, *records)
        for each in self.on_record:
            for record in records:
                each(code, record)

    def keep(self, code: str | None, *records: Record) -> None:
        """For the journal alone."""
        self._guard(lambda: self._journal.write(code, *records))

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

    def change(self, settings: MixerSettings) -> None:
        """For conferences that are opened from now on, and for callers."""
        self._settings = settings
        self._reception.settings = settings

    def stop(self) -> None:
        """Hangs up every leg, whoever has it; no conference ends by that."""
        self._stopping = True
        for running in self._running.values():
            running.feed(rules.Stopping())
        for leg in self._switchboard.legs:
            self._switchboard.hang_up(leg, "stopping")
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing runs, nobody is on the line, and nothing is due soon."""
        soon = self._clock() + SOON
        due = self._seen is None or any(plan.start <= soon for plan in self._plans.values())
        return not (due or self._opening or self._switchboard.legs)

    @property
    def conferences(self) -> list[Conference]:
        """Those that are open: they run, are about to, or are over and not yet put away."""
        return [each.conference for each in self._running.values()]

    @property
    def begun(self) -> list[Running]:
        """Those that run, by their start."""
        open_ones = (each for each in self._running.values() if each.conference.started is not None)
        return sorted((each for each in open_ones if each.conference.ended is None), key=lambda each: each.plan.start)

    @property
    def load(self) -> tuple[int, int]:
        """Conferences that run, and people in them."""
        begun = [each for each in self.conferences if each.started is not None and each.ended is None]
        return len(begun), sum(each.present for each in begun)

    def status(self, absent: Callable[[str], Json] = lambda _: ()) -> dict[str, Json]:
        """Running conferences with who is in them, then those that are planned, both by their start.  ``absent`` says
        who is not."""
        opened = {code: running.conference for code, running in self._running.items()}
        begun = {code: each for code, each in opened.items() if each.started is not None or each.ended is not None}
        running = [each for each in begun.values() if each.ended is None]
        planned = [plan for code, plan in self._plans.items() if code not in begun]
        return {
            "running": [
                {
                    **report.of_running(each, self._switchboard),
                    "absent": absent(each.plan.code),
                }
                for each in sorted(running, key=lambda each: each.plan.start)
            ],
            "planned": [report.of_planned(plan) for plan in sorted(planned, key=lambda plan: plan.start)],
        }
