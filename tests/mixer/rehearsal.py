"""A conference played without phones: a clock that jumps, and the actions carried out on what phones would hear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import Answered, Call, Entered, GreetingEnded, HangUp, Left, Note, NotReached
from mixer.rules.conference import Conference, Sound
from mixer.rules.hold_music_rules import Mute, TellMuted
from mixer.rules.model import Person, Plan, Recorded
from mixer.rules.recording_rules import Cut, NoticeEnded, Pause, Roll
from mixer.rules.resumption import resume
from mixer.rules.step import Action, Actions, Dismiss, End, Event, Hear, Stopping, Tick, deadline, step

if TYPE_CHECKING:
    from mixer.rules.records import Record

OWNER = Person("Olga Krasnova", ("101", "+74955550101"))
ANNA = Person("Anna Petrova", ("102", "+74955550102"))
BORIS = Person("Boris Chudnov", ("103",))
START = 1_764_505_800.0
"""2025-11-30 15:30 in Moscow."""
HOUR = 3600.0
END = START + HOUR

PLAN = Plan("4711", "471199", "Projects", OWNER, (ANNA, BORIS, OWNER), START, END, "Europe/Moscow")
GREETED = replace(PLAN, greeting=Path("4711.wav"))
RECORDED = replace(PLAN, record=Recorded.MIXED)

ONCE = CallPolicy(again=False, trunk=False)
"""Everybody is called at their first number, and not again."""


class Rehearsal:
    """A mixer with one conference.  ``hears`` and ``rings`` are built from the actions alone."""

    def __init__(self, plan: Plan = PLAN, now: float = START, policy: CallPolicy = ONCE) -> None:
        self.conference = Conference(plan, policy=policy)
        self.now = now
        self.hears: dict[str, Sound] = {}
        self.rings: dict[str, str] = {}
        self.called: list[str] = []
        """Who was called since the start or the last restart."""
        self.addresses: dict[str, int] = {}
        """Of what rings: at which address of the person's."""
        self.hung_up: dict[str, str] = {}
        self.dismissed: dict[str, str] = {}
        """Who was told why it is over."""
        self.journal: list[Record] = []
        self.ended: str | None = None
        self.tape: str | None = None
        """``rolls``, ``pauses``, or why it was cut; None: there never was one."""
        self.taped = Recorded.NOT
        """How, since the tape rolled last."""
        self.muted: set[str] = set()
        self._names = 0

    def do(self, event: Event) -> Actions:
        self.conference, actions = step(self.conference, event, self.now)
        self._carry_out(actions)
        return actions

    def wait(self, seconds: float) -> None:
        """Lets time pass, with a tick at every deadline, as the mixer's loop does."""
        until = self.now + seconds
        while (due := deadline(self.conference, self.now)) is not None and due <= until:
            self.now = max(self.now, due)
            self.do(Tick())
            again = deadline(self.conference, self.now)
            assert again is None or again > self.now, "a deadline that a tick doesn't meet would be a busy loop"
        self.now = until

    def leg(self, person: Person) -> str:
        return next(name for name, number in self.rings.items() if number == person.number)

    def answer(self, person: Person) -> str:
        """The person picks up, and hears the greeting, if any, to its end."""
        name = self.pick_up(person)
        self.do(GreetingEnded(name))
        return name

    def hear_notice(self, *legs: str) -> None:
        """To its end."""
        for leg in legs:
            self.do(NoticeEnded(leg))

    def pick_up(self, person: Person) -> str:
        name = self.leg(person)
        self.do(Answered(name))
        return name

    def refuse(self, person: Person, status: int = 486, reason: str = "Busy Here") -> None:
        self.do(NotReached(self.leg(person), status, reason))

    def dial_in(self, person: Person | None, owner: bool = False, caller: str | None = None) -> str:
        """Somebody enters the right code, and hears the greeting, if any, to its end."""
        name = self.enter(person, owner, caller)
        self.do(GreetingEnded(name))
        return name

    def enter(self, person: Person | None, owner: bool = False, caller: str | None = None) -> str:
        self._names += 1
        name = f"in-{self._names}"
        number = None if person is None else person.number
        self.do(Entered(name, number, owner or self.conference.is_owner(number or ""), caller))
        return name

    def leave(self, *legs: str) -> None:
        for leg in legs:
            self.do(Left(leg, "hung up"))

    def crash(self, down: float = 5.0, last_seen: float | None = None) -> None:
        """The mixer dies, and runs again ``down`` seconds later: only the journal is left."""
        self.hears.clear()
        self.rings.clear()
        self.called.clear()
        self.hung_up.clear()
        self.tape = None
        self.muted.clear()
        self.now += down
        self.conference, actions = resume(
            self.conference.plan, tuple(self.journal), self.now, last_seen, self.conference.policy
        )
        self._carry_out(actions)

    def stop(self) -> None:
        self.do(Stopping())

    def kinds(self) -> list[str]:
        return [str(record.kind) for record in self.journal]

    def _carry_out(self, actions: Actions) -> None:
        for action in actions:
            self._carry_out_one(action)

    def _carry_out_one(self, action: Action) -> None:
        match action:
            case Call(leg, person, address):
                self.rings[leg] = person
                self.addresses[leg] = address
                self.called.append(person)
            case Hear(leg, what):
                assert self.hears.get(leg) is not what, "told to hear what it hears already"
                self.hears[leg] = what
            case HangUp(leg, reason):
                self.hung_up[leg] = reason
            case Note(record):
                self._note(record)
            case Mute(leg, muted):
                assert (leg in self.muted) != muted, "told what holds already"
                (self.muted.add if muted else self.muted.discard)(leg)
            case TellMuted(leg):
                assert leg in self.muted and self.hears[leg] is Sound.ROOM
            case Roll(how):
                assert (self.tape, self.taped) != ("rolls", how), "told what holds already"
                self.taped = how
                self.tape = "rolls"
            case Pause():
                assert self.tape == "rolls"
                self.tape = "pauses"
            case Cut(reason):
                self.tape = None if self.tape is None else reason
            case Dismiss(leg, reason):
                self.dismissed[leg] = reason
            case End(reason):
                self.ended = reason

    def _note(self, record: Record) -> None:
        self.journal.append(record)
        if record.leg is not None and record.kind in ("answered", "not_reached", "taken_back"):
            self.rings.pop(record.leg)
            self.hears.pop(record.leg, None)
        if record.leg is not None and record.kind == "left":
            self.hears.pop(record.leg, None)
            self.muted.discard(record.leg)


def begun() -> Rehearsal:
    play = Rehearsal()
    play.do(Tick())
    return play


def meeting() -> tuple[Rehearsal, str, str, str]:
    play = begun()
    return play, play.answer(OWNER), play.answer(ANNA), play.answer(BORIS)
