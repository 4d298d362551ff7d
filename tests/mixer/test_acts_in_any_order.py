"""Acts among all that happens in a conference, in any order, with crashes between.

The machine keeps its own account of who is in, who is the owner and who was silenced, from what it does alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mixer.rules.act_rules import why_not
from mixer.rules.acts import (
    Act,
    Acted,
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
from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import Answered, Entered, HangUp, Left, NotReached
from mixer.rules.conference import Sound
from mixer.rules.hold_music_rules import KeyPressed, MusicEnded, MusicHeard
from mixer.rules.model import Person, Recorded
from mixer.rules.orders import Orders
from mixer.rules.recording_rules import NoticeEnded
from mixer.rules.resumption import resume
from tests.mixer.meeting_acts import VERA
from tests.mixer.rehearsal import ANNA, BORIS, HOUR, OWNER, Rehearsal

PEOPLE = st.sampled_from((OWNER, ANNA, BORIS))
PICK = st.integers(0, 99)


@dataclass
class Seat:
    person: str | None
    owner: bool
    caller: str | None = None
    silenced: bool = False
    quiet: bool = False
    muted: bool = False
    spared: bool = False

    @property
    def unheard(self) -> bool:
        return self.silenced or self.quiet or self.muted


class AnyActs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.play = Rehearsal(policy=CallPolicy())
        self.play.wait(0)
        self.seats: dict[str, Seat] = {}
        self.owner = OWNER.number
        self.names = count(1)
        self.locked = False
        self.cut_off: list[str] = []
        """Who was in when the mixer went down, and has not been in since, nor kicked, nor locked out."""
        self.others: bool = False
        self.single: dict[str, tuple[bool, bool]] = {}
        """Who was silenced, or allowed to speak, by themselves; and whether they were the owner then."""
        self.ended: str | None = None

    @property
    def there(self) -> dict[str, Seat]:
        """Who is in; nobody after the end."""
        if self.play.ended is not None:
            self.seats.clear()
        return self.seats

    # What happens

    @rule(
        person=st.sampled_from((OWNER, ANNA, BORIS, None)),
        owner_code=st.booleans(),
        caller=st.sampled_from((None, "+79995550100", "8 (999) 555-01-00")),
    )
    def dial_in(self, person: Person | None, owner_code: bool, caller: str | None) -> None:
        number = OWNER.number if owner_code else person.number if person else None
        owner = owner_code or number == self.owner
        pursuit = self.play.conference.pursuits.get(number or "")
        wanted = number in self.play.rings.values() or (pursuit is not None and pursuit.at is not None)
        returning = number or (caller and "79995550100") or ""
        name = f"in-{next(self.names)}"
        self.play.do(Entered(name, number, owner, caller))
        if self.play.ended is None and (not self.locked or owner or wanted or returning in self.cut_off):
            self.sit(name, number, owner, returning)
        else:
            assert name in self.play.hung_up
            assert name not in self.play.hears

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK)
    def pick_up(self, pick: int) -> None:
        name = sorted(self.play.rings)[pick % len(self.play.rings)]
        number = self.play.rings[name]
        self.play.do(Answered(name))
        self.sit(name, number, number == self.owner)

    @precondition(lambda self: self.play.rings)
    @rule(pick=PICK, status=st.sampled_from((408, 486, 603)))
    def refuse(self, pick: int, status: int) -> None:
        self.play.do(NotReached(sorted(self.play.rings)[pick % len(self.play.rings)], status, ""))

    @precondition(lambda self: self.there)
    @rule(pick=PICK, lost=st.booleans())
    def leave(self, pick: int, lost: bool) -> None:
        name = self.some(pick)
        del self.there[name]
        self.play.do(Left(name, "no sound for 30 seconds" if lost else "hung up", lost))

    @precondition(lambda self: self.there)
    @rule(pick=PICK, what=st.sampled_from(("music", "end", "star", "notice")))
    def sound(self, pick: int, what: str) -> None:
        name = self.some(pick)
        seat = self.there[name]
        if what == "music":
            seat.muted |= not seat.spared and self.play.hears[name] is Sound.ROOM
            self.play.do(MusicHeard(name))
        elif what == "end":
            seat.muted = seat.spared = False
            self.play.do(MusicEnded(name))
        elif what == "star":
            if seat.muted:
                seat.muted, seat.spared = False, True
            self.play.do(KeyPressed(name, "*"))
        else:
            self.play.do(NoticeEnded(name))

    @rule(seconds=st.sampled_from((0.0, 5.0, 120.0, HOUR / 2)))
    def wait(self, seconds: float) -> None:
        self.play.wait(seconds)

    @rule(down=st.sampled_from((0.0, 5.0, 30.0)), orderly=st.booleans())
    def go_down_and_up(self, down: float, orderly: bool) -> None:
        before = self.play.conference
        if orderly:
            self.play.stop()
        self.play.crash(down, last_seen=self.play.now)
        if before.ended is None:
            people = {seat.person for seat in self.there.values() if seat.person not in (None, *self.cut_off)}
            guests = [seat.caller for seat in self.there.values() if seat.person is None]
            self.cut_off += filter(None, (*people, *guests))
        self.there.clear()
        after = self.play.conference
        assert (after.orders, after.departed) == (before.orders, before.departed) or before.ended is not None
        assert {each.number for each in after.plan.people} == {each.number for each in before.plan.people}

    # Acts

    @rule(silent=st.booleans(), picks=st.lists(PICK, min_size=1, max_size=3), own=st.booleans())
    def silence(self, silent: bool, picks: list[int], own: bool) -> None:
        names = tuple(dict.fromkeys(self.some(pick) for pick in picks)) if self.there else ("nobody",)
        by = names[0] if own else ""
        if not self.do(Silence(names[:1] if own else names, silent), by):
            return
        if own:
            self.there[by].quiet = silent
            return
        for whose in {self.there[name].person or name for name in names}:
            legs = {name: seat for name, seat in self.there.items() if whose in (name, seat.person)}
            if any(seat.silenced is not silent for seat in legs.values()):
                self.single[whose] = silent, list(legs.values())[-1].owner
                for seat in legs.values():
                    seat.silenced = silent

    @rule(silent=st.booleans())
    def silence_others(self, silent: bool) -> None:
        if self.do(SilenceOthers(silent)):
            self.others = silent
            self.single = {whose: each for whose, each in self.single.items() if each[1]}
            for seat in self.there.values():
                seat.silenced = seat.silenced if seat.owner else silent

    @precondition(lambda self: self.play.conference.legs)
    @rule(picks=st.lists(PICK, min_size=1, max_size=3), own=st.booleans())
    def kick(self, picks: list[int], own: bool) -> None:
        legs = sorted(self.play.conference.legs)
        names = tuple(legs[pick % len(legs)] for pick in picks)
        people = {self.play.conference.legs[name].person for name in names}
        if self.do(Kick(names[:1] if own else names), names[0] if own else ""):
            self.cut_off = [who for who in self.cut_off if own or who not in people]
            for name in names[:1] if own else names:
                self.there.pop(name, None)
                assert name not in self.play.conference.legs
                assert name in self.play.hung_up

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        if self.do(Lock(locked)):
            self.locked = locked
            self.cut_off.clear()

    @rule(to=st.sampled_from((OWNER, ANNA, BORIS, VERA)))
    def hand_over(self, to: Person) -> None:
        if self.do(HandOver(to.number)):
            self.owner = to.number
            self.single.pop(to.number, None)
            for name, seat in self.there.items():
                if seat.owner or seat.person == to.number:
                    seat.owner = seat.person == to.number
                    seat.silenced = self.should_be_silenced(name, seat)

    @rule(
        act=st.one_of(
            st.builds(CallIn, st.sampled_from((ANNA, VERA))),
            st.builds(CallAgain, st.sampled_from(((), ("103",), ("102", "999")))),
            st.builds(NameDeputy, st.sampled_from((None, "102", "104", "999"))),
            st.builds(WantRecording, st.sampled_from(Recorded)),
            st.builds(Extend, st.sampled_from((-5.0, 0.5, 600.0, 7200.0))),
            st.builds(HandOver, st.sampled_from(("", "nobody"))),
        )
    )
    def anything_else(self, act: Act) -> None:
        self.do(act)

    @rule(often=st.integers(0, 3))
    def end_now(self, often: int) -> None:
        if not often and self.do(EndNow()):
            assert self.play.ended == "ended-now"
            assert self.play.dismissed.keys() >= self.there.keys()

    # The account

    def do(self, act: Act, by: str = "") -> bool:
        refused = why_not(self.play.conference, act, by, self.play.now) is not None
        before = self.play.conference
        actions = self.play.do(Acted(act, by))
        if refused:
            assert not [each for each in actions if not isinstance(each, HangUp)] or self.play.ended
            assert self.play.conference.orders == before.orders
        return not refused

    def sit(self, name: str, number: str | None, owner: bool, caller: str = "") -> None:
        seat = self.there[name] = Seat(number, owner, caller)
        if (number or caller) in self.cut_off:
            self.cut_off.remove(number or caller)
        seat.silenced = self.should_be_silenced(name, seat)

    def should_be_silenced(self, name: str, seat: Seat) -> bool:
        return self.single.get(seat.person or name, (self.others and not seat.owner,))[0]

    def some(self, pick: int) -> str:
        return sorted(self.there)[pick % len(self.there)]

    # What holds

    @invariant()
    def who_is_in_is_who_was_let_in_and_not_kicked(self) -> None:
        assert self.play.hears.keys() == self.there.keys()

    @invariant()
    def nobody_hears_the_room_without_an_owner(self) -> None:
        if not any(seat.owner for seat in self.there.values()):
            assert Sound.ROOM not in self.play.hears.values()

    @invariant()
    def exactly_those_are_unheard_who_should_be(self) -> None:
        assert self.play.muted == {name for name, seat in self.there.items() if seat.unheard}
        legs = self.play.conference.legs
        assert {name for name in self.there if legs[name].silenced} == {
            name for name, seat in self.there.items() if seat.silenced
        }

    @invariant()
    def the_end_is_final(self) -> None:
        if self.ended is not None:
            assert self.play.ended == self.ended
        self.ended = self.play.ended

    @invariant()
    def the_journal_tells_of_all_that_was_ordered(self) -> None:
        conference, journal = self.play.conference, self.play.journal
        assert Orders().after(journal) == conference.orders
        if conference.ended is None:
            assert (conference.owner, conference.orders.locked) == (self.owner, self.locked)
            resumed, _ = resume(conference.plan, journal, self.play.now, self.play.now, conference.policy)
            assert resumed.departed == conference.departed
            assert sorted(conference.cut_off) == sorted(self.cut_off)
            waiting = {number for number, each in conference.pursuits.items() if each.at is not None}
            assert {number for number, each in resumed.pursuits.items() if each.at is not None} == waiting


AnyActs.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAnyActs = AnyActs.TestCase
