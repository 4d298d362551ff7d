"""The conferences of a book, as they begin, run and end; and the callers who want into them.

Runs in the mixer's asyncio loop.  Decides nothing about a conference (:mod:`mixer.rules.step`), a caller's code
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
from typing import TYPE_CHECKING

from media.prompt import Prompt
from mixer import as_json, menu
from mixer.chronicle import Chronicle
from mixer.programme import BookError, Programme
from mixer.reception import Reception
from mixer.rules import announcement_rules
from mixer.rules import step as rules
from mixer.rules.clock_rules import ClockSet
from mixer.rules.resumption import resume
from mixer.rules.retry_rules import PhoneRegistered
from mixer.running import Running, Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mixer.control import Json
    from mixer.journal import Journal
    from mixer.party import Arrived
    from mixer.programme import Book
    from mixer.recording.studio import Studio
    from mixer.rules.conference import Conference, Ending
    from mixer.rules.model import Person, Plan
    from mixer.rules.records import Record
    from mixer.settings import MixerSettings
    from mixer.sound_library import SoundLibrary
    from mixer.stranger_log import StrangerLog
    from mixer.switchboard import Switchboard

_log = logging.getLogger(__name__)

CLOCK_SET = 1.0
"""Seconds by which the wall clock may differ from the steady one between two looks before it counts as set."""
POLL_SECONDS = 1.0
"""How soon a change of the book is seen, and a step of the wall clock."""
RETRY_SECONDS = 10.0
"""After a conference could not be opened, by a mistake of ours."""
OPEN_AHEAD = 60.0
"""Seconds before its start at which a conference's greeting is made ready."""
BEAT_SECONDS = 5.0
BELIEVED_AFTER = 600.0
"""Seconds of the steady clock: before that, one that says that the whole time of a conference has gone by without us
may be ahead.  Machines begin with such clocks, and NTP may take minutes to set them."""
SOON = 300.0
"""Seconds: with a conference due within them, a mixer that may end when idle stays."""


class Conductor:
    def __init__(
        self,
        settings: MixerSettings,
        book: Book,
        journal: Journal,
        switchboard: Switchboard,
        library: SoundLibrary,
        *,
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
        self.programme = Programme(book, steady, self._book_changed)
        self.chronicle = Chronicle(journal, self.programme.plan)
        self._settings = settings
        self._book = book
        self._switchboard = switchboard
        self._library = library
        self._language_of = language_of
        self._by_number = by_number
        self._studio = studio
        self._clock = clock
        self._steady = steady
        self._ahead = clock() - steady()
        """Seconds by which the wall's clock was ahead of the steady one."""
        self._aside = aside
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._preparing: set[asyncio.Task[None]] = set()
        """What may be told in conferences that are open already."""
        self._retiring: dict[Running, asyncio.Task[None]] = {}
        """Ended, and the book is being told."""
        self._stuck: set[Running] = set()
        """Ended, and the book can't be told: tried again at each poll."""
        self._gone_by: dict[str, float] = {}
        """By code, when the clock first said that the whole time of one that has not begun is over; steady."""
        self._rooms = itertools.count(1)
        self._last_seen = journal.last_seen()
        self._next_beat = 0.0
        self._stopping = False
        self._wake = asyncio.Event()
        self._reception = Reception(
            settings, switchboard, self.programme, self.chronicle, strangers, self._say, clock, steady
        )
        self.watch: Watch = lambda *_: None
        self.on_open: list[Callable[[str, Sequence[Record]], None]] = []
        """Each is told the code of a conference that is opened, and its records so far."""
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
        now, plans, opened = self._clock(), self.programme.plans, self.programme.open
        due = [plan.start for code, plan in plans.items() if code not in opened]
        due += [deadline for running in opened.values() if (deadline := rules.deadline(running.conference, now))]
        return max(0.0, min([POLL_SECONDS, *(at - now for at in due if at > now)]))

    def _poll(self, now: float) -> None:
        self._notice_a_set_clock()
        self.programme.read()
        self._forget_gone_by(now)
        opened = self.programme.open
        for code, plan in self.programme.plans.items():
            if now >= plan.start - OPEN_AHEAD and code not in opened and code not in self._opening:
                self._opening[code] = asyncio.create_task(self._open(plan, self.programme.seen))
        self.on_poll(self.programme.conferences, now)
        for running in tuple(opened.values()):
            self._look_after(running, now)
        self._reception.tick()
        if now >= self._next_beat or now < self._next_beat - BEAT_SECONDS:
            self._next_beat = now + BEAT_SECONDS
            self.chronicle.beat(now)

    def _notice_a_set_clock(self) -> None:
        """By hand or by NTP; or the machine has slept, and the steady clock with it."""
        ahead = self._clock() - self._steady()
        by, self._ahead = ahead - self._ahead, ahead
        if abs(by) < CLOCK_SET:
            return
        _log.warning("the clock was set by %+.0f s", by)
        for running in self.programme.open.values():
            running.feed(ClockSet(by))

    def _look_after(self, running: Running, now: float) -> None:
        conference = running.conference
        if conference.ended is not None:
            if running not in self._retiring:
                self._retiring[running] = asyncio.create_task(self._retire(running, conference.ended))
        elif conference.started is None and now >= conference.end:
            self._doubt(running)
        elif conference.started is None and now < conference.plan.start - OPEN_AHEAD:
            self._close(running)  # opened by a clock that was ahead
            return
        elif (due := rules.deadline(conference, now)) is not None and due <= now:
            running.feed(rules.Tick())
        running.catch_up()

    def _doubt(self, running: Running) -> None:
        """Whether it is missed: a clock that is a day ahead for a minute must not put all of that day away."""
        code, steady = running.plan.code, self._steady()
        if code not in self._gone_by:
            self._gone_by[code] = steady
            _log.warning(
                "“%s” has not begun, and by the clock its end has passed; it counts as not held if the clock still"
                " says so in %.0f min",
                running.plan.title,
                BELIEVED_AFTER / 60,
            )
        elif steady >= self._gone_by[code] + BELIEVED_AFTER:
            running.feed(rules.Missed())

    def _forget_gone_by(self, now: float) -> None:
        """Those whose time is still to come, as the clock is now, or their file; and those that there are no more."""
        plans = self.programme.plans
        self._gone_by = {
            code: since for code, since in self._gone_by.items() if code in plans and plans[code].end <= now
        }

    def _book_changed(self) -> None:
        """Something may be due.  A greeting's file keeps its name when it changes: who has one is opened anew."""
        for code, running in tuple(self.programme.open.items()):
            plan = running.plan
            if running.conference.started is None and (plan.greeting or self.programme.plans.get(code) != plan):
                self._close(running)
        self._wake.set()

    # Conferences

    async def _open(self, plan: Plan, seen: object) -> None:
        try:
            greeting = None if plan.greeting is None else await self._library.greeting(plan.greeting)
            music = await self._library.music()
            past = await self.chronicle.past(plan)
            if self._stopping or seen is not self.programme.seen:  # what has changed meanwhile may be this one
                self._forget_greeting(plan)
            else:
                self._begin(plan, music, greeting, past)
                preparing = asyncio.create_task(self._prepare(plan))
                self._preparing.add(preparing)
                preparing.add_done_callback(self._preparing.discard)
        except Exception:  # noqa: BLE001  a mistake of ours costs one conference, not the others
            _log.exception("“%s” can't be opened; trying again in %.0f s", plan.title, RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            del self._opening[plan.code]
            self._wake.set()

    async def _prepare(self, plan: Plan) -> None:
        """What may be told in it; that takes a while, in which the conference may begin, change and end."""
        languages = {self._language_of(person.number) for person in plan.people} | {self._settings.language}
        soon = (*announcement_rules.prompts(self._settings.announcements), *menu.prompts(self._settings.keys))
        await self._library.prepare(soon, sorted(languages))

    def _begin(self, plan: Plan, music: int, greeting: int | None, past: Sequence[Record]) -> None:
        policy, room = self._settings.call_policy, next(self._rooms)
        label = f"{self._switchboard.run}-{room}"
        conference, actions = resume(plan, past, self._clock(), self._last_seen, policy, self._by_number, label)
        running = self.programme.open[plan.code] = Running(
            replace(conference, announcements=self._settings.announcements),
            room,
            self._switchboard,
            self.chronicle.write,
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

    def _close(self, running: Running) -> None:
        del self.programme.open[running.plan.code]
        self._stuck.discard(running)
        self._forget_greeting(running.plan)

    def _forget_greeting(self, plan: Plan) -> None:
        if plan.greeting is not None:
            self._library.forget(plan.greeting)

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
            self.programme.plans.pop(code, None)
            if self.programme.open.get(code) is running:
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

    def _say(self, leg: str, names: tuple[str, ...], /, *, loop: bool = False, room: float | None = None) -> int:
        language = self._language_of(self._switchboard.caller(leg))
        sounds = (self._library.prompt(Prompt(name), language) for name in names)
        return self._switchboard.play(leg, tuple(sounds), loop=loop, room=room)

    # From outside

    def registered(self, account: str) -> None:
        """A phone of this account has come that was not there before."""
        for running in tuple(self.programme.open.values()):
            if account in running.conference.pursuits:
                running.feed(PhoneRegistered(account))

    def change(self, settings: MixerSettings) -> None:
        """For conferences that are opened from now on, and for callers."""
        self._settings = settings
        self._reception.settings = settings

    def stop(self) -> None:
        """Hangs up every leg, whoever has it; no conference ends by that."""
        self._stopping = True
        for preparing in self._preparing:
            preparing.cancel()
        for running in self.programme.open.values():
            running.feed(rules.Stopping())
        for leg in self._switchboard.legs:
            self._switchboard.hang_up(leg, "stopping")
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing runs, nobody is on the line, and nothing is due soon."""
        soon, programme = self._clock() + SOON, self.programme
        due = programme.seen is None or any(plan.start <= soon for plan in programme.plans.values())
        return not (due or self._opening or self._switchboard.legs)

    def status(self, absent: Callable[[str], Json] = lambda _: ()) -> dict[str, Json]:
        """Running conferences with who is in them, then those that are planned, both by their start.  ``absent`` says
        who is not."""
        opened = {code: running.conference for code, running in self.programme.open.items()}
        begun = {code: each for code, each in opened.items() if each.started is not None or each.ended is not None}
        running = [each for each in begun.values() if each.ended is None]
        planned = [plan for code, plan in self.programme.plans.items() if code not in begun]
        return {
            "running": [
                {
                    **as_json.of_running(each, self._switchboard),
                    "absent": absent(each.plan.code),
                }
                for each in sorted(running, key=lambda each: each.plan.start)
            ],
            "planned": [as_json.of_planned(plan) for plan in sorted(planned, key=lambda plan: plan.start)],
        }
