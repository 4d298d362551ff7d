"""What the report says of a conference that was played through the rules, and of the journals of dying mixers."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.report import attendance
from confctl.report.acts import acts
from confctl.report.attendance import Apart, Attendee, Came, Outcome, Rating, Report, Role, Until
from mixer.rules.acts import Acted, CallIn, Kick, Lock, Silence
from mixer.rules.call_rules import Answered, NotReached
from mixer.rules.model import Person
from mixer.rules.records import Kind, Record
from tests.confctl.report.held import Held, story
from tests.mixer.rehearsal import ANNA, BORIS, OWNER, PLAN, START


@cache
def journal() -> tuple[Record, ...]:
    return tuple(story().play.journal)


@pytest.fixture
def report() -> Report:
    return attendance.of(PLAN, journal())


def of(report: Report, number: str) -> Attendee:
    (found,) = (each for each in report.attendees if each.number == number)
    return found


def after_start(spans: list[attendance.Span] | list[attendance.Stay]) -> list[tuple[float, float]]:
    return [(span.start - START, span.end - START) for span in spans]


def test_stays_are_as_they_were_and_those_that_a_crash_cut_off_end_with_what_is_known(report: Report) -> None:
    assert after_start(of(report, "101").stays) == [(5, 180), (200, 290), (320, 345)]
    assert after_start(of(report, "102").stays) == [(10, 290), (320, 345)]
    assert after_start(of(report, "103").stays) == [(120, 270)]
    assert [stay.until for stay in of(report, "102").stays] == [Until.LAST_KNOWN, Until.LEFT]
    assert [stay.came for stay in of(report, "101").stays] == [Came.ANSWERED, Came.DIALLED_IN, Came.ANSWERED]


def test_who_was_called_is_told_with_what_came_of_it(report: Report) -> None:
    boris = of(report, "103").calls
    assert [(call.at - START, call.outcome, call.detail) for call in boris] == [
        (0, Outcome.NOT_REACHED, "486 Busy Here"),
    ]
    assert [call.outcome for call in of(report, "101").calls] == [Outcome.ANSWERED, Outcome.ANSWERED]


def test_talk_is_what_was_heard_and_a_crash_costs_what_its_minute_had(report: Report) -> None:
    assert of(report, "101").talked == 40
    assert of(report, "102").talked == pytest.approx(10 + 25)  # not to the music, and not in the minute of the crash
    assert of(report, "103").talked == 0
    assert report.talked == 75
    assert report.share(of(report, "101")) == pytest.approx(40 / 75)


def test_the_owner_s_absence_does_not_begin_before_the_start_nor_go_on_while_no_mixer_runs(report: Report) -> None:
    assert after_start(list(report.owner_away)) == [(0, 5), (180, 200)]


def test_while_phones_ring_first_nobody_is_said_to_be_without_the_owner(report: Report) -> None:
    assert after_start(list(report.without_owner)) == [(180, 200)]
    late = Held()
    late.wait(61)
    late.play.dial_in(OWNER, owner=True)
    late.wait(1)
    found = attendance.of(PLAN, late.play.journal, late.play.now)
    assert after_start(list(found.without_owner)) == [(0, 61)]


def test_after_a_crash_too_phones_ring_first() -> None:
    held = Held()
    held.play.answer(OWNER)
    held.wait(30)
    held.crash(10)
    held.wait(4)
    held.play.answer(OWNER)
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    assert after_start(list(found.owner_away)) == [(40, 44)] and found.without_owner == ()


def test_the_time_without_a_mixer_is_told_as_unknown(report: Report) -> None:
    assert [(gap.start - START, gap.end - START, gap.crashed) for gap in report.gaps] == [(290, 320, True)]


def test_hold_and_silence_have_their_times(report: Report) -> None:
    assert of(report, "102").apart_for(Apart.ON_HOLD) == 20
    assert of(report, "103").apart_for(Apart.SILENCED) == 30
    assert of(report, "101").apart == {}


def test_sound_is_known_of_who_has_left_and_of_others_as_it_was_noted_last(report: Report) -> None:
    anna, owner = of(report, "102").quality, of(report, "101").quality
    assert owner is not None and (owner.codecs, owner.received, owner.worst) == (("OPUS",), 10_000, 4.3)
    assert anna is None or anna.loss == pytest.approx(0.0099, abs=0.0001)


def test_sound_is_that_of_all_legs_each_by_its_weight() -> None:
    records = [
        Record(Kind.ANSWERED, START, "a", "102"),
        Record(Kind.QUALITY, START + 60, detail="a:PCMA,900,50,50,7.0,3.00,2.50"),
        Record(Kind.QUALITY, START + 90, detail="a:PCMA,3000,0,0,5.0,4.00,3.50"),
        Record(Kind.LEFT, START + 90, "a", "102"),
        Record(Kind.ENTERED, START + 95, "in-1", "102"),
        Record(Kind.QUALITY, START + 99, detail="in-1:OPUS,900,80,20,9.0,3.00,2.80"),
    ]
    anna = of(attendance.of(PLAN, records), "102").quality
    assert anna is not None
    assert (anna.codecs, anna.received, anna.missed, anna.jitter, anna.worst) == (("PCMA", "OPUS"), 3900, 100, 9.0, 2.8)
    assert anna.mos == pytest.approx((4.0 * 3000 + 3.0 * 900) / 3900)
    assert anna.loss == pytest.approx(100 / 3980), "what came too late was received"


def test_when_the_sound_was_bad_is_told_to_the_minute() -> None:
    minute = START // 60 * 60
    told = [(3000, 0, 4.40), (6000, 0, 4.40), (8400, 600, 3.75), (11400, 600, 3.92), (14400, 600, 4.03)]
    records = [
        Record(Kind.ANSWERED, minute, "a", "102"),
        *(
            Record(Kind.QUALITY, minute + 60 * n, detail=f"a:PCMA,{received},{lost},0,5.0,{mos:.2f},2.50")
            for n, (received, lost, mos) in enumerate(told, 1)
        ),
        Record(Kind.LEFT, minute + 300, "a", "102"),
    ]
    found = [(rating, span.start - minute, span.end - minute) for rating, span in of_two(records).sounded()]
    assert found == [(Rating.GOOD, 0, 120), (Rating.BAD, 120, 180), (Rating.GOOD, 180, 300)]
    assert [rating for rating, _ in of_two(records).sounded(5)] == [Rating.BAD], "as at its worst"


@pytest.mark.parametrize("at", [START - 1e9, START + 1e9, 0.0])
def test_a_clock_that_was_set_makes_no_years_of_bad_sound(at: float) -> None:
    records = [
        Record(Kind.ANSWERED, START, "a", "102"),
        Record(Kind.QUALITY, at, detail="a:PCMA,900,500,0,7.0,1.00,1.00"),
        Record(Kind.QUALITY, START + 60, detail="a:PCMA,1800,1000,0,7.0,1.00,1.00"),
        Record(Kind.LEFT, START + 60, "a", "102"),
    ]
    anna = of_two(records)
    assert len(list(anna.heard.items())) <= 20
    assert sum(span.seconds for _, span in anna.sounded()) <= 60


def of_two(records: list[Record]) -> Attendee:
    return of(attendance.of(PLAN, records), "102")


def test_who_was_put_out_is_told_and_by_whom(report: Report) -> None:
    (stay,) = of(report, "103").stays
    assert (stay.why, stay.by) == ("kicked", of(report, "101"))
    assert [deed.kind for deed in report.deeds] == ["silenced", "unsilenced", "kicked", "extended"]


def test_the_end_is_the_one_that_was_and_the_planned_one_as_it_was_put_off(report: Report) -> None:
    assert report.ended is not None and report.ended - START == 345
    assert report.reason == "last-left"
    assert report.end == PLAN.end + 600


def test_recordings_are_named_and_end_with_the_mixer_that_made_them(report: Report) -> None:
    (tape,) = report.recordings
    assert (tape.name, after_start(tape.spans)) == ("projects", [(10, 290)])


def test_refused_attempts_are_there(report: Report) -> None:
    assert [(each.number, each.why) for each in report.refused] == [("+74951112233", "NotListed")]


def test_lateness_counts_from_the_planned_start(report: Report) -> None:
    assert [report.late(of(report, number)) for number in ("101", "102", "103")] == [0, 0, 120]


def test_who_on_the_machine_has_done_it_is_told_where_the_journal_has_it() -> None:
    held = Held()
    for act, user in (
        (Lock(True), "anna"),
        (Lock(False), ""),
        (CallIn(Person("Vera", ("120",), password="x")), "боря"),
    ):
        held.play.do(Acted(act, user=user))
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    assert [(deed.kind, deed.user) for deed in found.deeds] == [
        ("locked", "anna"),
        ("unlocked", ""),
        ("added", "боря"),
        ("call_wanted", "боря"),
    ]
    assert [str(told) for _, told in acts(found)][:2] == [
        "the conference was locked (from the machine, by anna)",
        "the conference was open again",
    ]


def test_guests_and_who_is_called_in_meanwhile_are_not_late() -> None:
    held = Held()
    held.play.answer(OWNER)
    held.wait(600)
    held.play.dial_in(Person("", ("+79161234567",)))
    held.play.do(Acted(CallIn(Person("Vera", ("120",), password="registered")), ""))
    held.wait(1)
    held.play.answer(Person("Vera", ("120",), password="registered"))
    held.wait(1)
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    assert [(each.role, found.late(each)) for each in found.came[1:]] == [(Role.GUEST, 0), (Role.ADDED, 0)]


def test_a_guest_whose_number_the_exchange_spells_otherwise_is_the_same_guest() -> None:
    held = Held()
    for caller in ("+79161234567", "89161234567", "79161234567"):
        held.play.leave(held.play.dial_in(None, caller=caller))
    held.play.dial_in(None, caller="+79161234568")
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    assert [(each.number, len(each.stays)) for each in found.came] == [("+79161234567", 3), ("+79161234568", 1)]


def test_of_a_conference_that_runs_who_is_in_is_in_still() -> None:
    held = Held()
    held.play.answer(ANNA)
    held.wait(100)
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    (stay,) = of(found, "102").stays
    assert (stay.end - START, stay.until) == (100, Until.NOW)
    assert found.ended is None and after_start(list(found.owner_away)) == [(0, 100)]
    assert [call.outcome for call in of(found, "101").calls] == [Outcome.RINGING]


def test_a_stop_is_no_crash() -> None:
    held = Held()
    held.play.answer(OWNER)
    held.wait(30)
    held.play.stop()
    held.play.crash(60)
    held.play.answer(OWNER)
    held.wait(10)
    held.leave(*held.play.conference.legs)
    found = attendance.of(PLAN, held.play.journal)
    assert [(gap.start - START, gap.end - START, gap.crashed) for gap in found.gaps] == [(30, 90, False)]
    assert [stay.until for stay in of(found, "101").stays] == [Until.STOPPED, Until.LEFT]


def test_a_mixer_that_died_and_ran_again_after_the_end_leaves_a_gap_to_the_end() -> None:
    held = Held()
    held.play.answer(OWNER)
    held.play.wait(600)
    held.play.crash(2 * 3600, START + 600)
    found = attendance.of(PLAN, held.play.journal)
    assert [(gap.start - START, gap.end - START) for gap in found.gaps] == [(600, 3600)]
    assert after_start(of(found, "101").stays) == [(0, 600)]
    assert found.reason == "planned-end"


def test_a_conference_that_nobody_held_is_reported_as_that() -> None:
    found = attendance.of(PLAN, [Record(Kind.ENDED, PLAN.end, detail="missed")])
    assert (found.started, found.reason, len(found.missing), found.owner_away) == (None, "missed", 3, ())


def test_everybody_but_the_owner_can_be_silenced_newcomers_too() -> None:
    records = [
        Record(Kind.STARTED, START),
        Record(Kind.ANSWERED, START, "a", "101", owner=True),
        Record(Kind.ANSWERED, START, "b", "102"),
        Record(Kind.OTHERS_SILENCED, START + 10, by="a"),
        Record(Kind.ENTERED, START + 20, "in-1", None),
        Record(Kind.UNSILENCED, START + 30, "b", "102", by="a"),
        Record(Kind.OTHERS_UNSILENCED, START + 40, by="a"),
    ]
    found = attendance.of(PLAN, records, START + 100)
    silenced = {each.number: each.apart_for(Apart.SILENCED) for each in found.came}
    assert silenced == {"101": 0, "102": 20, None: 20}


# Whatever happens

DEEDS = ("answer", "refuse", "dial in", "leave", "speak", "silence", "kick", "crash", "stop", "wait")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(1, 90)), max_size=14))
def test_stays_and_talk_are_those_that_were_whatever_happens(deeds: list[tuple[str, int, int]]) -> None:
    held = Held()
    seconds, said = 0.0, 0.0
    for deed, pick, lasts in deeds:
        before = sum(not leg.called for leg in held.play.conference.legs.values())
        talks = held.play.conference.owner_in
        began = held.play.now
        present = [leg.name for leg in held.play.conference.legs.values() if not leg.called]
        if deed == "speak" and present:
            held.speak(present[pick % len(present)], lasts)
            said += lasts if talks else 0
        else:
            held.wait(lasts)
        seconds += before * (held.play.now - began)
        do(held, deed, pick)
        if held.play.conference.ended is not None:
            break
    held.minutes.close([held.play.conference], held.play.now)
    found = attendance.of(PLAN, held.play.journal, held.play.now)
    assert sum(stay.seconds for each in found.attendees for stay in each.stays) == pytest.approx(seconds, abs=0.01)
    assert found.talked <= said + 0.1
    if not any(deed in ("crash", "stop") for deed, _, _ in deeds):
        assert found.talked == pytest.approx(said, abs=0.1)
    for count in range(0, len(held.play.journal), 3):
        assert not contradictions(attendance.of(PLAN, held.play.journal[:count]), found)


def do(held: Held, deed: str, pick: int) -> None:
    """With whom it concerns, if there is somebody; a stopped or dead mixer runs again at once."""
    play = held.play
    rings, present = list(play.rings), [leg.name for leg in play.conference.legs.values() if not leg.called]
    match deed:
        case "answer" if rings:
            play.do(Answered(rings[pick % len(rings)]))
        case "refuse" if rings:
            play.do(NotReached(rings[pick % len(rings)], 486, "Busy Here"))
        case "dial in":
            play.dial_in((OWNER, ANNA, BORIS, None)[pick % 4])
        case "leave" if present:
            play.leave(present[pick % len(present)])
        case "silence" if present:
            play.do(Acted(Silence((present[pick % len(present)],), True), ""))
        case "kick" if present:
            play.do(Acted(Kick((present[pick % len(present)],)), ""))
        case "crash":
            held.crash(0)
        case "stop":
            held.minutes.close([play.conference], play.now)
            play.stop()
            held.crash(0)
        case _:
            pass
    held.look()


# Whatever stands in the journal


def contradictions(part: Report, whole: Report) -> list[str]:
    """What the report of a journal's beginning says that the report of all of it denies."""
    found = []
    for early, late in zip(part.attendees, whole.attendees, strict=False):
        if (early.number, early.role) != (late.number, late.role):
            found.append(f"{early.number} is another")
        for stay, later in zip(early.stays, late.stays, strict=False):
            known = stay.until in (Until.LEFT, Until.STOPPED)
            if stay.start != later.start or stay.end > later.end or (known and stay.end != later.end):
                found.append(f"{early.number} stayed {stay}, no: {later}")
        if len(early.stays) > len(late.stays) or early.talked > late.talked or early.seconds > late.seconds:
            found.append(f"{early.number} was there longer, or spoke more")
        for call, after in zip(early.calls, late.calls, strict=False):
            if call.outcome not in (Outcome.CUT, Outcome.RINGING, after.outcome):
                found.append(f"{early.number}'s call went otherwise: {call}, no: {after}")
    if whole.gaps[: len(part.gaps)] != part.gaps or whole.refused[: len(part.refused)] != part.refused:
        found.append("gaps or refusals were others")
    if part.ended is not None and part.ended != whole.ended:
        found.append("it ended otherwise")
    return found


@pytest.mark.parametrize("count", range(len(journal()) + 1))
def test_a_mixer_killed_at_any_record_leaves_a_report_that_the_whole_does_not_contradict(count: int) -> None:
    part, whole = attendance.of(PLAN, journal()[:count]), attendance.of(PLAN, journal())
    assert not contradictions(part, whole)


RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from([*Kind, "from a newer version"]),
        st.floats(-1e6, 1e6).map(lambda at: START + at),
        st.sampled_from(["a", "b", "in-1", None]),
        st.sampled_from(["101", "102", "999", None]),
        st.booleans(),
        st.sampled_from(
            ["", "486", "\x1b[2J", "9" * 5000, "PCMA", f"{START:.0f} a:1,100 in-1:7", "a:OPUS,1,2,3,4.0,,"]
        ),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.none() | st.floats(-1e6, 1e6).map(lambda at: START + at))
def test_no_journal_makes_a_report_fail(records: list[Record], now: float | None) -> None:
    found = attendance.of(PLAN, records, now)
    for someone in found.attendees:
        assert someone.seconds >= 0 and 0 <= found.share(someone) <= 1
        assert all(span.seconds >= 0 for spans in someone.apart.values() for span in spans)
        assert all(stay.start <= stay.end for stay in someone.stays)
    assert all(span.seconds > 0 for span in found.owner_away)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, len(journal()) - 1), max_size=10).map(set))
def test_lines_that_are_torn_cost_what_they_told_and_nothing_else(torn: set[int]) -> None:
    left = [record for number, record in enumerate(journal()) if number not in torn]
    found = attendance.of(PLAN, left)
    assert [each.number for each in found.attendees[:3]] == [OWNER.number, ANNA.number, BORIS.number]
    assert found.talked <= 75
