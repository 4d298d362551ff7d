"""What acts have ordered, as a journal tells it that anybody may have written into."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.rules.absence import Absence
from mixer.rules.orders import Orders
from mixer.rules.records import Kind, Record
from mixer.rules.resumption import resume
from tests.mixer.rehearsal import ONCE, PLAN, START, Rehearsal

WORDS = st.one_of(
    st.sampled_from(("", "mixed", "no", "600", "-1", "nan", "9" * 5000, "called-off", "busy 120", "no sound", "Vera")),
    st.text(max_size=5),
)
LEGS = st.sampled_from((None, "", "4711-1", "in-1"))
RECORDS = st.builds(
    Record,
    st.sampled_from(Kind),
    st.floats(START - 10, START + 7200),
    LEGS,
    st.sampled_from((None, "", "101", "102", "104", "999")),
    st.booleans(),
    WORDS,
    st.sampled_from(("", "4711-1", "nobody")),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORDS, max_size=25))
def test_whatever_a_journal_says_a_conference_is_resumed_from_it_and_goes_on(records: list[Record]) -> None:
    Orders().after(records)
    Absence().after(records)
    play = Rehearsal(now=START + 7200)
    play.conference, _ = resume(PLAN, records, play.now, policy=ONCE)
    play.wait(60)
    assert play.conference.end >= PLAN.end


def test_what_was_ordered_does_not_depend_on_when_it_is_folded() -> None:
    records = [
        Record(Kind.SILENCED, START, "4711-2", "102"),
        Record(Kind.LOCKED, START),
        Record(Kind.OTHERS_SILENCED, START),
        Record(Kind.EXTENDED, START, detail="600"),
        Record(Kind.HANDED_OVER, START, None, "102"),
        Record(Kind.EXTENDED, START, detail="60"),
        Record(Kind.DEPUTY_NAMED, START),
        Record(Kind.UNLOCKED, START),
    ]
    one_by_one = Orders()
    for record in records:
        one_by_one = one_by_one.after([record])
    assert one_by_one == Orders().after(records)
    assert one_by_one == Orders(others_silenced=True, owner="102", deputy="", extended_by=660)
