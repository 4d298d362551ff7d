"""Calls, answers, failures, losses, keys, time and crashes in every order: nobody is pestered, nobody is forgotten."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mixer.rules.call_policy import AGAIN, CallPolicy, PressOne, Ring
from mixer.rules.call_rules import Answered, Left, NotReached
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import KeyPressed
from mixer.rules.model import Person
from mixer.rules.retry_rules import PhoneRegistered
from mixer.rules.step import Tick
from tests.mixer.rehearsal import END, PLAN, START, Rehearsal

PEOPLE = (
    Person("Olga Krasnova", ("101", "+74955550101"), password="x"),
    Person("Anna Petrova", ("102", "+74955550102", "+79165550102"), sip="sip:anna@198.51.100.4"),
    Person("Boris Chudnov", ("+79165550103",), ring=Ring.ALL),
)
PICK = st.integers(0, 99)
STATUS = st.sampled_from((302, 404, 408, 480, 486, 500, 503, 600, 603))
POLICY = st.builds(CallPolicy, st.sampled_from(Ring), st.sampled_from(PressOne), st.booleans(), st.booleans())
MOST_ROUNDS = 1 + sum(times for _, times in AGAIN.values())


class Ringing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.play = Rehearsal()
        self.crashes = 0
        self.answers = 0

    @initialize(policy=POLICY)
    def plan(self, policy: CallPolicy) -> None:
        plan = replace(PLAN, owner=PEOPLE[0], participants=PEOPLE[1:])
        self.play = Rehearsal(plan, START, policy)
        self.play.do(Tick())

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK)
    def answer(self, pick: int) -> None:
        self.answers += 1
        self.play.do(Answered(self.ringing(pick)))

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK, status=STATUS)
    def fail(self, pick: int, status: int) -> None:
        leg = self.ringing(pick)
        person, asked = self.play.rings[leg], leg in self.play.hears
        self.play.do(NotReached(leg, status, ""))
        assert status < 600 or asked or person not in self.play.rings.values()

    @precondition(lambda self: self.play.conference.legs)
    @rule(pick=PICK, key=st.sampled_from("125"))
    def press(self, pick: int, key: str) -> None:
        self.play.do(KeyPressed(self.leg(pick), key))

    @precondition(lambda self: self.play.conference.legs)
    @rule(pick=PICK, lost=st.booleans())
    def leave(self, pick: int, lost: bool) -> None:
        self.play.do(Left(self.leg(pick), "gone", lost))

    @rule(person=st.sampled_from((*PEOPLE, None)))
    def dial_in(self, person: Person | None) -> None:
        self.answers += 1
        self.play.dial_in(person, person is PEOPLE[0])

    @rule(person=st.sampled_from(PEOPLE))
    def register(self, person: Person) -> None:
        self.play.do(PhoneRegistered(person.number))

    @rule(seconds=st.sampled_from((0.0, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)))
    def wait(self, seconds: float) -> None:
        self.play.wait(seconds)

    @rule(down=st.sampled_from((0.0, 10.0, 200.0)))
    def crash(self, down: float) -> None:
        self.crashes += 1
        self.play.crash(down, self.play.now)

    def ringing(self, pick: int) -> str:
        return sorted(self.play.rings)[pick % len(self.play.rings)]

    def leg(self, pick: int) -> str:
        return sorted(self.play.conference.legs)[pick % len(self.play.conference.legs)]

    @invariant()
    def nobody_is_called_twice_at_one_phone_at_the_same_time(self) -> None:
        legs = self.play.conference.legs.values()
        called = Counter((leg.person, leg.address) for leg in legs if leg.name in self.play.rings)
        assert all(count == 1 for count in called.values())

    @invariant()
    def in_turn_one_phone_of_a_person_rings_at_a_time(self) -> None:
        for number, count in Counter(self.play.rings.values()).items():
            person = self.play.conference.plan.person(number)
            assert person is not None
            assert count == 1 or self.play.conference.policy.ring_of(person) is Ring.ALL

    @invariant()
    def whoever_is_in_is_neither_called_nor_to_be_called(self) -> None:
        conference = self.play.conference
        heard = {leg for leg, what in self.play.hears.items() if what is not Sound.PRESS_ONE}
        there = {leg.person for leg in conference.legs.values() if leg.name in heard} - {None}
        later = {number for number, pursuit in conference.pursuits.items() if pursuit.at is not None}
        assert not there & later
        assert not there & set(self.play.rings.values())

    @invariant()
    def only_addresses_that_the_person_has_are_called(self) -> None:
        for leg in self.play.conference.legs.values():
            person = self.play.conference.plan.person(leg.person or "")
            assert person is None or leg.address == 0 or leg.address in self.play.conference.policy.choices(person)

    @invariant()
    def nobody_is_called_past_the_planned_end_or_without_end(self) -> None:
        calls = Counter(record.person for record in self.play.journal if record.kind == "calling")
        rounds = MOST_ROUNDS * (1 + self.answers + self.crashes)
        assert all(count <= 3 * rounds for count in calls.values())
        assert self.crashes or all(record.at < END for record in self.play.journal if record.kind == "calling")

    @invariant()
    def who_has_not_pressed_1_is_not_in(self) -> None:
        asked = {leg for leg, what in self.play.hears.items() if what is Sound.PRESS_ONE}
        assert asked <= set(self.play.rings)
        assert self.play.conference.present == len(set(self.play.hears) - asked)


Ringing.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestRinging = Ringing.TestCase
