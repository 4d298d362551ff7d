"""Where everybody of a conference is, from its roster and from its records; also after a restart."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import presence
from mixer.observed import Observed
from mixer.rules.absence import AbsencePolicy
from mixer.rules.acts import Acted, Extend, Lock, Silence
from mixer.rules.call_policy import CallPolicy
from mixer.rules.call_rules import Answered, Entered, Left, NotReached
from mixer.rules.records import Kind, Record
from mixer.rules.step import Stopping
from mixer.whereabouts import MOST_GUESTS, Whereabouts
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, PLAN, START, Rehearsal

HEARD = Observed(True, 61.5, -20, "G722", 100, 2, 1, 0.03, 0.004, 4.1, 4.0, 3.2, 0.04, None, None, None)


class Lines:
    def __init__(self, *ringing: str) -> None:
        self.ringing = ringing

    def rings(self, leg: str) -> bool:
        return leg in self.ringing

    def on_hold(self, leg: str) -> bool:
        return False

    def encrypted(self, leg: str) -> bool:
        return True


class Sounds:
    def of(self, leg: str) -> Observed | None:
        return HEARD


def rows(stage: Rehearsal, *ringing: str) -> list[dict[str, object]]:
    whereabouts = Whereabouts.of(stage.journal)
    return [*presence.people(stage.conference, whereabouts, Lines(*ringing), Sounds())]


def states(stage: Rehearsal, *ringing: str) -> list[object]:
    return [row["state"] for row in rows(stage, *ringing)]


def test_those_who_are_called_are_called_until_their_phone_says_that_it_rings():
    stage = Rehearsal()
    stage.wait(1)
    assert [row["name"] for row in rows(stage)] == [OWNER.name, ANNA.name, BORIS.name]
    assert [row["role"] for row in rows(stage)] == ["owner", "participant", "participant"]
    assert states(stage, stage.leg(ANNA)) == ["calling", "ringing", "calling"]


def test_who_is_in_without_the_owner_waits_and_who_is_in_with_the_owner_talks():
    stage = Rehearsal()
    stage.wait(1)
    stage.do(Answered(stage.leg(ANNA)))
    assert states(stage) == ["calling", "waiting", "calling"]
    stage.do(Answered(stage.leg(OWNER)))
    owner, anna, boris = rows(stage)
    assert (owner["state"], anna["state"]) == ("in", "in")
    assert (anna["codec"], anna["talked"], anna["speaking"], anna["mos"]) == ("G722", 61.5, True, 4.1)
    assert (boris["codec"], boris["speaking"]) == (None, False), "nothing is heard of who is still called"


def test_who_could_not_be_reached_is_listed_with_what_their_phone_said():
    stage = Rehearsal()
    stage.wait(1)
    for person, status, reason in ((ANNA, 486, "Busy Here"), (BORIS, 603, "In a meeting")):
        stage.do(NotReached(stage.leg(person), status, reason))
    _, anna, boris = rows(stage)
    assert (anna["state"], anna["reason"], anna["leg"]) == ("busy", "486 Busy Here", None)
    assert (boris["state"], boris["reason"]) == ("declined", "603 In a meeting")


def test_who_has_left_is_said_to_have_left_and_comes_back():
    stage = Rehearsal()
    stage.wait(1)
    stage.do(Answered(stage.leg(OWNER)))
    leg = stage.leg(ANNA)
    stage.do(Answered(leg))
    stage.do(Left(leg, "hung up"))
    assert states(stage)[1] == "left"
    stage.do(Entered("in-9", ANNA.number, False, "102"))
    assert states(stage)[1] == "in"


def test_guests_come_last_with_their_number_and_stay_listed_when_they_leave():
    stage = Rehearsal()
    stage.wait(1)
    stage.do(Answered(stage.leg(OWNER)))
    stage.do(Entered("in-1", None, False, "+74950001122"))
    guest = rows(stage)[-1]
    assert (guest["role"], guest["number"], guest["state"], guest["name"]) == ("guest", "+74950001122", "in", None)
    stage.do(Left("in-1", "hung up"))
    gone = rows(stage)[-1]
    assert (gone["role"], gone["number"], gone["state"]) == ("guest", "+74950001122", "left")


def test_after_a_restart_it_is_still_known_who_was_busy_and_since_when_the_owner_is_away():
    stage = Rehearsal()
    stage.wait(1)
    stage.do(NotReached(stage.leg(BORIS), 486, "Busy Here"))
    stage.do(Answered(stage.leg(OWNER)))
    stage.wait(60)
    stage.do(Stopping())
    whereabouts = Whereabouts.of(stage.journal)
    assert whereabouts.owner_out == stage.now
    assert whereabouts.absent[BORIS.number].detail == "486 Busy Here"


def test_an_owner_who_was_in_is_away_after_a_crash_however_soon_it_came():
    stage = Rehearsal()
    stage.wait(1)
    stage.do(Answered(stage.leg(OWNER)))
    stage.crash()
    assert Kind.CRASHED not in stage.kinds()
    assert Whereabouts.of(stage.journal).owner_out == stage.now


def test_an_owner_who_does_not_come_is_called_again_when_that_is_said():
    stage = Rehearsal(policy=CallPolicy(absence=AbsencePolicy(call_again_seconds=15, call_again_times=2)))
    stage.wait(1)
    for person in (*(OWNER for _ in OWNER.numbers), BORIS):
        stage.do(NotReached(stage.leg(person), 486, "Busy Here"))
    owner, _, boris = rows(stage)
    assert owner["again_at"] == stage.conference.started + 15
    assert boris["again_at"] > owner["again_at"]


def test_the_head_says_what_holds_for_all():
    stage = Rehearsal(PLAN)
    stage.wait(1)
    owner, anna = stage.leg(OWNER), stage.leg(ANNA)
    stage.do(Answered(owner))
    stage.do(Answered(anna))
    stage.do(Acted(Lock(True)))
    stage.do(Acted(Extend(600)))
    stage.do(Acted(Silence((anna,), True)))
    head = presence.head(stage.conference, Whereabouts.of(stage.journal))
    assert (head["locked"], head["extended_by"], head["owner_in"], head["in"]) == (True, 600, True, 2)
    assert head["end"] == PLAN.end + 600
    assert rows(stage)[1]["silenced"] is True
    stage.do(Left(owner, "hung up"))
    head = presence.head(stage.conference, Whereabouts.of(stage.journal))
    assert (head["owner_in"], head["owner_out_since"]) == (False, stage.now)


def test_the_recording_is_on_pauses_and_is_off():
    whereabouts = Whereabouts()
    told = []
    for at, kind in enumerate(
        (Kind.RECORDING_STARTED, Kind.RECORDING_PAUSED, Kind.RECORDING_RESUMED, Kind.RECORDING_STOPPED)
    ):
        whereabouts.take(Record(kind, at))
        told.append(whereabouts.tape)
    assert told == [("on", 0), ("paused", 1), ("on", 2), ("off", 3)]


def test_a_recording_that_a_crash_has_cut_is_off():
    records = [Record(Kind.RECORDING_STARTED, 10, detail="name"), Record(Kind.RESUMED, 30)]
    assert Whereabouts.of(records).tape == ("off", 30)
    records += [Record(Kind.RECORDING_STARTED, 40, detail="name-2")]
    assert Whereabouts.of(records).tape == ("on", 40)


def test_a_guest_is_called_the_same_after_they_have_left():
    stage = Rehearsal()
    stage.wait(1)
    for leg, caller in (("x-17", None), ("x-18", "+74950001122")):
        stage.do(Entered(leg, None, False, caller))
        stage.do(Left(leg, "hung up"))
    assert [row["guest"] for row in rows(stage)] == [None, None, None, "guest 17", "guest +74950001122"]


def test_not_more_guests_are_remembered_than_anybody_reads():
    whereabouts = Whereabouts()
    for number in range(3 * MOST_GUESTS):
        whereabouts.take(Record(Kind.ENTERED, number, f"in-{number}", detail="1"))
        whereabouts.take(Record(Kind.LEFT, number, f"in-{number}"))
    assert len(whereabouts.guests_gone) == MOST_GUESTS and not whereabouts.callers


records = st.builds(
    Record,
    st.sampled_from([*map(str, Kind), "of-tomorrow"]),
    st.floats(START, START + 1000),
    st.sampled_from([None, "4711-1", "4711-2", "in-1"]),
    st.sampled_from([None, OWNER.number, ANNA.number, "999"]),
    st.booleans(),
    st.sampled_from(["", "486 Busy Here", "hung up", "busy 60", "\x1b[2J"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(records))
def test_whatever_a_journal_has_everybody_on_the_list_has_a_row(journal):
    stage = Rehearsal()
    stage.wait(1)
    conference = replace(stage.conference, legs=type(stage.conference.legs)())
    found = [*presence.people(conference, Whereabouts.of(journal), Lines(), Sounds())]
    assert [row["number"] for row in found[:3]] == [OWNER.number, ANNA.number, BORIS.number]
