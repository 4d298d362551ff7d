from __future__ import annotations

import pytest

from mixer.narration import SAID, narrate
from mixer.rules.model import Person, Plan
from mixer.rules.records import Kind, Record

ANNA, BORIS = Person("Anna Petrova", ("101",)), Person("Boris Ivanov", ("102",))
PLAN = Plan("482913", "77345128", "Weekly meeting", ANNA, (BORIS,), 0.0, 3600.0, "UTC")


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (Record(Kind.STARTED, 0), "“Weekly meeting”: begins"),
        (Record(Kind.JOINED, 0, "482913-1", "101", owner=True), "“Weekly meeting”: Anna Petrova is in"),
        (Record(Kind.ENTERED, 0, "in-1", None), "“Weekly meeting”: a guest dials in"),
        (
            Record(Kind.NOT_REACHED, 0, "482913-2", "102", detail="486 Busy Here"),
            "“Weekly meeting”: Boris Ivanov is not reached (486 Busy Here)",
        ),
        (
            Record(Kind.NOT_REACHED, 0, "482913-2", "102", detail="480 no phone is registered"),
            "“Weekly meeting”: Boris Ivanov is not reached (no phone is registered)",
        ),
        (
            Record(Kind.NOT_REACHED, 0, "482913-2", "102", detail="408 1 was not pressed"),
            "“Weekly meeting”: Boris Ivanov is not reached (1 was not pressed)",
        ),
        (Record(Kind.ENDED, 0, detail="last-left"), "“Weekly meeting”: is over (the last one has left)"),
        (
            Record(Kind.REFUSED, 0, "in-1", "+74955550199", detail="TooEarly"),
            "“Weekly meeting”: +74955550199 is refused (it has not started)",
        ),
        (Record(Kind.MUTED, 0, "in-1"), "“Weekly meeting”: a guest plays hold music and is muted"),
        (
            Record(Kind.HEARD_AGAIN, 0, "482913-2", "102", detail="key"),
            "“Weekly meeting”: Boris Ivanov is heard again (having pressed the star)",
        ),
        (Record(Kind.OWNER_OUT, 0), "“Weekly meeting”: the owner has left, music for everybody"),
        (Record(Kind.LOCKED, 0), "“Weekly meeting”: is locked, from the machine"),
        (Record(Kind.LOCKED, 0, user="anna"), "“Weekly meeting”: is locked, from the machine, by anna"),
        (
            Record(Kind.KICKED, 0, "482913-2", "102", by="482913-1"),
            "“Weekly meeting”: Boris Ivanov is removed, by the owner",
        ),
        (Record(Kind.KICKED, 0, None, "102"), "“Weekly meeting”: Boris Ivanov is called no more, from the machine"),
        (
            Record(Kind.SILENCED, 0, "482913-2", "102", by="482913-2"),
            "“Weekly meeting”: Boris Ivanov is muted, by themselves",
        ),
        (
            Record(Kind.EXTENDED, 0, detail="900", by="482913-1"),
            "“Weekly meeting”: its end is put off by 15 min, by the owner",
        ),
        (Record(Kind.EXTENDED, 0, detail="143"), "“Weekly meeting”: its end is put off by 2 min, from the machine"),
        (
            Record(Kind.RECORDING_WANTED, 0, detail="tracks"),
            "“Weekly meeting”: recording is switched on, each person by themselves, too, from the machine",
        ),
        (
            Record(Kind.RECORDING_WANTED, 0, detail="mixed", by="482913-1"),
            "“Weekly meeting”: recording is switched on, by the owner",
        ),
        (
            Record(Kind.RECORDING_WANTED, 0, detail="no", by="482913-1"),
            "“Weekly meeting”: recording is switched off, by the owner",
        ),
        (
            Record(Kind.RECORDING_WANTED, 0, detail="in-some-newer-way"),
            "“Weekly meeting”: how it is recorded is changed, from the machine",
        ),
        (
            Record(Kind.END_WANTED, 0, detail="called-off"),
            "“Weekly meeting”: is to end now (the owner has not come)",
        ),
    ],
)
def test_a_record_is_told_by_title_and_name(record: Record, line: str) -> None:
    assert str(narrate(PLAN, record)) == line


def test_a_wrong_code_belongs_to_no_conference() -> None:
    assert str(narrate(None, Record(Kind.REFUSED, 0, "in-1", detail="NoSuch"))) == (
        "no conference: a caller is refused (no conference has this code)"
    )


def test_every_kind_has_its_words() -> None:
    assert set(SAID) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_no_code_is_told(kind: Kind) -> None:
    line = str(narrate(PLAN, Record(kind, 0, "482913-1", "101")))
    assert PLAN.code not in line
    assert PLAN.owner_code not in line
