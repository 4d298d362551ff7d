"""Who is told what: whatever happens to a conference, everybody's calendar says what the book says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from confctl.mail.changes import News, Notice, called_off, mailbox, news, with_known_addresses
from confctl.mail.superseding import superseding
from confctl.mail.told import Kind, Unsent
from mixer.rules.model import Person, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confctl.mail.told import Told

ANNA = Person("Anna", ("101", "+74951234567"), "anna@example.com")
BORIS = Person("Boris", ("102",), "boris@example.com")
CAROL = Person("Carol", ("103",), "carol@example.com")
ROOM = Person("Room", ("150",))
PLAN = Plan("123456", "87654321", "Weekly", ANNA, (BORIS,), 1000.0, 2000.0, "UTC")


def told(plan: Plan = PLAN) -> Told:
    first = news(None, plan, "uid", 1.0)
    assert first is not None
    return first.told


def after(plan: Plan, before: Plan = PLAN) -> News | None:
    return news(told(before), plan, "uid", 2.0)


def heard(found: News | None) -> set[tuple[str, str]]:
    assert found is not None
    return {(str(notice.kind), notice.to.name) for notice in found.notices}


def test_everybody_is_invited_to_a_new_conference() -> None:
    first = news(None, replace(PLAN, participants=(BORIS, ROOM)), "uid", 1.0)
    assert first is not None
    assert heard(first) == {("invitation", "Anna"), ("invitation", "Boris")}
    assert first.unreachable == (ROOM,)
    assert first.told.sequence == 0


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAN, title="Monthly"),
        replace(PLAN, start=1100.0),
        replace(PLAN, end=2100.0),
        replace(PLAN, zone="Europe/Moscow"),
    ],
)
def test_all_are_told_of_another_title_time_or_zone(changed: Plan) -> None:
    found = after(changed)
    assert heard(found) == {("update", "Anna"), ("update", "Boris")}
    assert found is not None and found.told.sequence == 1


def test_who_comes_is_invited_who_goes_is_cancelled_who_stays_is_told() -> None:
    found = after(replace(PLAN, participants=(CAROL,)))
    assert heard(found) == {("update", "Anna"), ("invitation", "Carol"), ("cancellation", "Boris")}


def test_nobody_is_told_what_is_no_matter_of_mails(tmp_path: Path) -> None:
    assert after(replace(PLAN, greeting=tmp_path / "hello.wav")) is None
    renamed = after(replace(PLAN, owner=replace(ANNA, name="Anna Jones", language="ru", timezone="Asia/Tokyo")))
    assert renamed is not None and not renamed.notices, "kept in mind, that is all"
    assert renamed.told.sequence == 0
    reordered = after(replace(PLAN, participants=(CAROL, BORIS)), replace(PLAN, participants=(BORIS, CAROL)))
    assert reordered is not None and not reordered.notices


def test_a_new_owner_code_is_told_to_the_owner_alone() -> None:
    assert heard(after(replace(PLAN, owner_code="11112222"))) == {("update", "Anna")}


def test_an_address_that_changed_is_invited_and_the_old_one_hears_no_more() -> None:
    moved = replace(BORIS, email="boris@home.example")
    found = after(replace(PLAN, participants=(moved,)))
    assert heard(found) == {("invitation", "Boris")}
    assert found is not None and found.notices[0].to.email == "boris@home.example"
    assert after(replace(PLAN, participants=(replace(BORIS, email="BORIS@Example.com"),))) is not None
    assert not after(replace(PLAN, participants=(replace(BORIS, email="BORIS@Example.com"),))).notices  # type: ignore[union-attr]


def test_a_person_with_a_new_first_number_is_the_same_person() -> None:
    found = after(replace(PLAN, owner=replace(ANNA, numbers=("201", "101"))))
    assert found is not None and not found.notices


def test_who_leaves_does_not_cancel_the_entry_in_a_mailbox_that_another_shares() -> None:
    office = replace(PLAN, participants=(replace(BORIS, email="office@x"), replace(CAROL, email="office@x")))
    assert heard(news(None, office, "uid", 1.0)) == {("invitation", "Anna"), ("invitation", "Boris")}
    assert heard(after(replace(office, participants=office.participants[1:]), office)) == {
        ("update", "Anna"),
        ("update", "Carol"),
    }


def test_who_is_gone_from_the_directory_is_written_to_as_before() -> None:
    nameless = replace(PLAN, participants=(Person("Boris", ("102",)),))
    known = with_known_addresses(nameless, told(), lambda number: ANNA if number == "101" else None)
    assert known == PLAN


def test_a_conference_that_is_back_is_announced_anew_with_a_higher_sequence() -> None:
    gone = called_off(told(), 2.0)
    assert heard(gone) == {("cancellation", "Anna"), ("cancellation", "Boris")}
    back = news(gone.told, PLAN, "another", 3.0)
    assert heard(back) == {("invitation", "Anna"), ("invitation", "Boris")}
    assert back is not None
    assert (back.told.sequence, back.told.uid, back.told.cancelled) == (2, "uid", False)


def test_a_clock_that_was_set_back_does_not_turn_the_order_round() -> None:
    found = news(replace(told(), at=5000.0), replace(PLAN, title="x"), "uid", 100.0)
    assert found is not None and found.told.at == 5000.0


@pytest.mark.parametrize("address", ["", None, "a@b@c", "no address", "a\n@b", "a\u202e@b"])
def test_what_is_no_address_is_none(address: str | None) -> None:
    assert mailbox(Person("x", ("1",), address)) is None


PEOPLE = st.integers(0, 4)
EDITS = st.one_of(
    st.tuples(st.just("title"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("times"), st.tuples(st.sampled_from([1000.0, 1100.0]), st.sampled_from([2000.0, 2100.0]))),
    st.tuples(st.just("owner"), PEOPLE),
    st.tuples(st.just("participants"), st.sets(PEOPLE)),
    st.tuples(st.just("address"), st.tuples(PEOPLE, st.sampled_from(["new@x", "other@x", None]))),
    st.tuples(st.just("rename"), st.tuples(PEOPLE, st.sampled_from(["X", "Y"]))),
    st.tuples(st.just("delete"), st.none()),
    st.tuples(st.just("restore"), st.none()),
)
STEPS = EDITS | st.tuples(st.sampled_from(["send", "begin"]), st.sets(PEOPLE))


class World:
    """A book with one conference, five people, and the calendars behind their mailboxes."""

    def __init__(self) -> None:
        self.people = [Person(f"P{n}", (f"10{n}",), f"p{n}@x") for n in range(5)]
        self.title, self.times, self.owner, self.participants = "a", (1000.0, 2000.0), 0, {1}
        self.there = True
        self.told: Told | None = None
        self.mails: dict[str, Notice] = {}
        self.waiting: list[Unsent] = []
        self.begun: set[str] = set()
        self.calendars: dict[str, object] = {}
        self.secrets: dict[str, str | None] = {}
        self.sequences: dict[str, int] = {}
        self.abandoned: set[str] = set()
        """Mailboxes that somebody had, and has no more: what is in their calendars is nobody's business."""

    @property
    def plan(self) -> Plan:
        others = tuple(self.people[n] for n in sorted(self.participants))
        return Plan("123456", "87654321", self.title, self.people[self.owner], others, *self.times, "UTC")

    def edit(self, what: str, value: object) -> None:
        if what in ("delete", "restore"):
            self.there = what == "restore"
        elif what in ("address", "rename"):
            n, new = value  # type: ignore[misc]  # as EDITS has it
            field = "email" if what == "address" else "name"
            if what == "address" and new in (person.email for person in self.people):
                return  # shared mailboxes have a test of their own
            box = mailbox(self.people[n])
            self.people[n] = replace(self.people[n], **{field: new})
            if box and mailbox(self.people[n]) != box:
                self.abandoned.add(box)
        else:
            setattr(self, what, value)

    def tell(self) -> News | None:
        if self.there:
            return news(self.told, self.plan, "uid", 1.0)
        return called_off(self.told, 1.0) if self.told and not self.told.cancelled else None

    def put(self, found: News | None) -> None:
        """Into the outbox."""
        if found is None:
            return
        boxes = [mailbox(notice.to) for notice in found.notices]
        assert len(boxes) == len(set(boxes)), "nobody gets two mails of one change"
        unsent = [mail for mail in self.waiting if mail.file not in self.begun]
        notices, superseded = superseding(found.notices, unsent)
        self.waiting = [mail for mail in self.waiting if mail.file not in superseded]
        for notice in notices:
            file = f"{len(self.mails)}"
            self.mails[file] = notice
            self.waiting.append(Unsent(file, notice.kind, notice.to, notice.before))
        if self.told:
            assert found.told.sequence >= self.told.sequence
        self.told = found.told

    def begin(self, numbers: Iterable[int]) -> None:
        """To send somebody's first mail: the server may have it, and nobody knows."""
        for mail in self._first(numbers):
            self.begun.add(mail.file)

    def send(self, numbers: Iterable[int]) -> None:
        """The first mail of each."""
        for mail in self._first(numbers):
            self.waiting.remove(mail)
            self._arrive(self.mails[mail.file])

    def _first(self, numbers: Iterable[int]) -> list[Unsent]:
        names = {f"10{n}" for n in numbers}
        first: dict[str | None, Unsent] = {}
        for mail in self.waiting:
            first.setdefault(mailbox(mail.to), mail)
        return [mail for mail in first.values() if mail.to.number in names]

    def _arrive(self, notice: Notice) -> None:
        box = mailbox(notice.to)
        assert box is not None
        assert notice.told.sequence > self.sequences.get(box, -1), "the sequence rises"
        self.sequences[box] = notice.told.sequence
        known = self.calendars.pop(box, None)
        if box not in self.abandoned:
            assert (known is None) == (notice.kind is Kind.INVITATION), "nobody hears more of what they did not know"
            assert notice.before is None or entry(notice.before) == known, "compared with what they know"
        if notice.kind is not Kind.CANCELLATION:
            self.calendars[box] = entry(notice.about)
            secret = notice.about.owner_code if notice.is_owner else None
            assert box in self.abandoned or (known, self.secrets.get(box)) != (self.calendars[box], secret), "twice"
            self.secrets[box] = secret


def entry(plan: Plan) -> object:
    return plan.title, plan.start, plan.end, plan.owner.number, {person.number for person in plan.people}


@example([[("send", {0, 1})], [("title", "b")], [("title", "a")]])
@given(st.lists(st.lists(STEPS, min_size=1, max_size=4), max_size=8))
@settings(max_examples=300, deadline=None)
def test_after_any_edits_every_calendar_is_as_the_book(rounds: list[list[tuple[str, object]]]) -> None:
    """Whatever is sent in between, and whatever waits for long."""
    world = World()
    world.put(world.tell())
    for steps in rounds:
        for what, value in steps:
            if what == "send":
                world.send(value)  # type: ignore[arg-type]  # as STEPS has it
            elif what == "begin":
                world.begin(value)  # type: ignore[arg-type]  # as STEPS has it
            else:
                world.edit(what, value)
        world.put(world.tell())
        assert world.tell() is None, "who has been told is not told again"
        of_each = Counter(mailbox(mail.to) for mail in world.waiting if mail.file not in world.begun)
        assert set(of_each.values()) <= {1}, "never more than one that nobody has tried to send"
    while world.waiting:
        world.send(range(5))
    invited = {mailbox(person) for person in world.plan.people if mailbox(person)} if world.there else set()
    known = {box for box in world.calendars if box not in world.abandoned or box in invited}
    assert known == invited
    for box in invited:
        assert box is not None
        assert world.calendars[box] == entry(world.plan)
