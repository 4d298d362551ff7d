"""The rules under every order of events: joining, leaving, ringing, refusing, greetings, time, crashes and noise.

The machine keeps its own, simpler account of who is where, from the events alone, and holds against it what the actions
told the phones to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mixer.rules.acts import Acted, WantRecording
from mixer.rules.admission import NoSuch, admit
from mixer.rules.call_rules import Answered, Entered, GreetingEnded, HangUp, Left, NotReached
from mixer.rules.conference import Sound, hearing
from mixer.rules.hold_music_rules import KeyPressed, MusicEnded, MusicHeard
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import NoticeEnded, RecordingFailed
from mixer.rules.resumption import GRACE, OVERTIME_GAP
from mixer.rules.step import Event, Missed, Tick
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, OWNER, PLAN, START, Rehearsal

PEOPLE = (OWNER, ANNA, BORIS)
CALLERS = st.sampled_from((OWNER, ANNA, BORIS, None))
PICK = st.integers(0, 99)


@dataclass
class Seat:
    """A leg as the machine knows it."""

    person: str | None
    owner: bool
    greeted: bool
    told: bool = False
    muted: bool = False
    spared: bool = False
    """Has heard that it is recorded."""


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.play = Rehearsal()
        self.seats: dict[str, Seat] = {}
        self.owed: set[str] = set()
        """Who was called and neither reached nor refused."""
        self.started = False
        self.ever_in = False
        self.grace: float | None = None
        self.over = False
        self.past_events: list[Event] = []
        self.recorded = False
        self.wanted = Recorded.NOT

    @initialize(
        greeted=st.booleans(), recorded=st.sampled_from(Recorded), before=st.sampled_from((-5.0, 0.0, HOUR - 60, HOUR))
    )
    def plan(self, greeted: bool, recorded: Recorded, before: float) -> None:
        self.play = Rehearsal(replace(GREETED if greeted else PLAN, record=recorded), START + before)
        self.wanted = recorded
        self.recorded = recorded is not Recorded.NOT
        self.account()

    # What happens

    @rule(caller=CALLERS, owner_code=st.booleans())
    def dial_in(self, caller: object, owner_code: bool) -> None:
        person = next((p for p in PEOPLE if p is caller), None)
        name = self.play.enter(OWNER if owner_code else person, owner_code)
        self.account()
        if self.over or not self.started:
            assert name in self.play.hung_up
            return
        number = OWNER.number if owner_code else person.number if person else None
        self.owed.discard(number or "")
        self.sit(name, number)

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK)
    def pick_up(self, pick: int) -> None:
        name = self.some(self.play.rings, pick)
        number = self.play.rings[name]
        self.do(Answered(name))
        self.owed.discard(number)
        self.sit(name, number)

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK, status=st.sampled_from((404, 408, 486, 503, 603)))
    def refuse(self, pick: int, status: int) -> None:
        name = self.some(self.play.rings, pick)
        number = self.play.rings[name]
        self.owed.discard(number)
        self.do(NotReached(name, status, ""))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK)
    def hear_the_greeting_out(self, pick: int) -> None:
        name = self.some(self.seats, pick)
        self.seats[name].greeted = True
        self.do(GreetingEnded(name))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK)
    def hear_the_notice_out(self, pick: int) -> None:
        name = self.some(self.seats, pick)
        self.seats[name].told |= self.play.hears[name] is Sound.NOTICE
        self.do(NoticeEnded(name))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK)
    def play_music(self, pick: int) -> None:
        name = self.some(self.seats, pick)
        seat = self.seats[name]
        seat.muted |= not seat.spared and self.play.hears[name] is Sound.ROOM
        self.do(MusicHeard(name))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK)
    def end_the_music(self, pick: int) -> None:
        name = self.some(self.seats, pick)
        self.seats[name].muted = self.seats[name].spared = False
        self.do(MusicEnded(name))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK, key=st.sampled_from("*5"))
    def press_a_key(self, pick: int, key: str) -> None:
        name = self.some(self.seats, pick)
        seat = self.seats[name]
        if key == "*" and seat.muted:
            seat.muted, seat.spared = False, True
        self.do(KeyPressed(name, key))

    @rule(how=st.sampled_from(Recorded))
    def want_it_recorded(self, how: Recorded) -> None:
        if self.started and not self.over and self.play.conference.recorded is not how:
            self.wanted = how
            for seat in self.seats.values():
                seat.told = seat.told and self.recorded
            self.recorded = how is not Recorded.NOT
        self.do(Acted(WantRecording(how)))

    @rule()
    def fill_the_disk(self) -> None:
        self.recorded = self.recorded and self.over
        self.do(RecordingFailed("full"))

    @precondition(lambda self: self.seats)
    @rule(pick=PICK)
    def leave(self, pick: int) -> None:
        name = self.some(self.seats, pick)
        del self.seats[name]
        self.do(Left(name, "hung up"))

    @rule(seconds=st.sampled_from((0.0, 1.0, 45.0, GRACE, HOUR / 3, HOUR)))
    def wait(self, seconds: float) -> None:
        end_of_wait = self.play.now + seconds
        self.play.wait(seconds)
        assert self.play.now == end_of_wait
        self.account()

    @rule()
    def tick_for_nothing(self) -> None:
        self.do(Tick())

    @precondition(lambda self: self.past_events)
    @rule(pick=PICK)
    def hear_old_news(self, pick: int) -> None:
        """An event comes again; where its leg is gone, only a hang-up may answer."""
        event = self.past_events[pick % len(self.past_events)]
        if isinstance(event, Answered | NotReached | Left | GreetingEnded):
            known = event.leg in self.seats or event.leg in self.play.rings
            if not known:
                before = self.play.conference
                actions = self.play.do(event)
                assert all(isinstance(action, HangUp) for action in actions)
                assert self.play.conference == before

    @rule(name=st.sampled_from(("nobody", "4711-99")))
    def hear_of_a_leg_that_never_was(self, name: str) -> None:
        before = self.play.conference
        old = NotReached(name, 486, ""), Left(name, ""), GreetingEnded(name), Answered(name), MusicHeard(name)
        for event in (*old, MusicEnded(name), KeyPressed(name, "*")):
            assert all(isinstance(action, HangUp) for action in self.play.do(event))
        assert self.play.conference == before

    @rule(down=st.sampled_from((0.0, 1.0, 30.0, OVERTIME_GAP, HOUR / 2)), orderly=st.booleans())
    def go_down_and_up(self, down: float, orderly: bool) -> None:
        was_over, was_started = self.over, self.started
        cut_off = bool(self.seats)
        present = {seat.person for seat in self.seats.values() if seat.person is not None}
        if orderly:
            self.play.stop()
        seen = self.play.now
        self.play.crash(down, last_seen=seen)
        self.seats.clear()
        self.recorded = self.wanted is not Recorded.NOT  # a full disk may have room again
        self.account()
        if was_over or not was_started:
            assert set(self.play.called) == (self.owed if self.started and not was_over else set())
            return
        waiting = cut_off or self.grace is not None
        self.owed |= present
        gone_for_good = self.play.now >= END and (not waiting or down >= OVERTIME_GAP)
        if gone_for_good:
            assert not self.play.called
            self.owed.clear()
        else:
            assert set(self.play.called) == self.owed
        self.grace = None if gone_for_good or not waiting else self.play.now + GRACE

    # The account

    def do(self, event: Event) -> None:
        self.past_events.append(event)
        self.play.do(event)
        self.account()

    def sit(self, name: str, number: str | None) -> None:
        """Somebody is in now."""
        self.seats[name] = Seat(number, number == OWNER.number, greeted=self.play.conference.plan.greeting is None)
        self.ever_in, self.grace = True, None
        self.past_events.append(Entered(name, number, number == OWNER.number))

    def account(self) -> None:
        """The mixer's loop never sleeps past a deadline; the start is the one that changes the account."""
        self.play.wait(0.0)
        if not self.started and not self.over and self.play.now >= START:
            self.over = self.play.now >= END
            if self.over:
                self.play.do(Missed())  # as the mixer's loop does when it has believed the clock for some minutes
            self.started = not self.over
            self.owed = {person.number for person in PEOPLE} if self.started else set()

    @staticmethod
    def some(legs: dict[str, object] | dict[str, str] | dict[str, Seat], pick: int) -> str:
        return sorted(legs)[pick % len(legs)]

    # The rules

    @invariant()
    def it_has_ended_exactly_when_nobody_is_in_and_a_or_b_holds(self) -> None:
        now = self.play.now
        if self.started and not self.over:
            empty = not self.seats and not (self.grace is not None and now < self.grace)
            self.over = empty and (now >= END or (self.ever_in and not self.owed))
        assert (self.play.ended is not None) == self.over == (self.play.conference.ended is not None)
        if self.over:
            assert not self.play.rings
            assert not self.play.hears

    @invariant()
    def nobody_hears_another_while_no_owner_is_in(self) -> None:
        if not any(seat.owner and seat.greeted for seat in self.seats.values()):
            assert Sound.ROOM not in self.play.hears.values()

    @invariant()
    def everybody_hears_what_the_rules_say(self) -> None:
        owner_in = any(seat.owner and seat.greeted for seat in self.seats.values())

        def heard(seat: Seat) -> Sound:
            if not seat.greeted:
                return Sound.GREETING
            if not owner_in:
                return Sound.MUSIC
            return Sound.NOTICE if self.recorded and not seat.told else Sound.ROOM

        expected = {name: heard(seat) for name, seat in self.seats.items()}
        assert self.play.hears == expected == hearing(self.play.conference)

    @invariant()
    def whoever_plays_music_is_muted_and_nobody_else(self) -> None:
        assert self.play.muted == {name for name, seat in self.seats.items() if seat.muted}

    @invariant()
    def nobody_is_recorded_who_was_not_told(self) -> None:
        if self.play.tape == "rolls":
            talking = [name for name, what in self.play.hears.items() if what is Sound.ROOM]
            assert talking and all(self.seats[name].told for name in talking)
            assert self.recorded and not self.over

    @invariant()
    def the_talk_of_a_recorded_conference_is_on_tape(self) -> None:
        if self.recorded and not self.over and Sound.ROOM in self.play.hears.values():
            assert self.play.tape == "rolls"

    @invariant()
    def each_person_is_called_at_most_once_per_start_or_restart(self) -> None:
        assert len(self.play.called) == len(set(self.play.called))

    @invariant()
    def what_rings_is_what_was_called_and_neither_reached_nor_refused(self) -> None:
        if not self.over:
            assert set(self.play.rings.values()) == self.owed

    @invariant()
    def a_code_is_dead_after_the_end(self) -> None:
        if self.over:
            assert admit(self.play.conference, "4711", "101", "code", self.play.now) == NoSuch()
            assert admit(self.play.conference, "471199", None, "code", self.play.now) == NoSuch()


AnyOrder.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
