"""The conferences of a book, from the poll before their start to their move to the past."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.prompt import Prompt
from mixer.conductor import BELIEVED_AFTER
from mixer.party import Pressed
from mixer.rules.call_policy import CallPolicy, PressOne
from mixer.rules.conference import EndReason
from mixer.rules.records import Kind
from tests.mixer.house import GREETING, MUSIC, open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

LATER = replace(PLAN, code="4712", owner_code="471299", title="Later", start=START + 10, end=END)
EVERYBODY = [OWNER.number, ANNA.number, BORIS.number]


@in_virtual_time
async def test_everybody_is_called_at_the_hour_and_not_before(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 100) as house:
        await house.until(START - 0.01)
        assert house.called == []
        await house.until(START + 1)
        assert house.called == EVERYBODY
        assert all(at == pytest.approx(START, abs=0.01) for at, _ in house.board.dialled)


@in_virtual_time
async def test_a_conference_written_after_its_start_begins_within_seconds(tmp_path: Path) -> None:
    async with open_house(tmp_path, now=START + 600) as house:
        await asyncio.sleep(30)
        house.book.change(PLAN)
        await asyncio.sleep(1.1)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_one_whose_time_has_passed_without_a_mixer_is_filed_away_and_calls_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=END + 1) as house:
        await asyncio.sleep(BELIEVED_AFTER + 2)
        assert house.called == []
        assert house.book.ended == {PLAN.code: EndReason.MISSED}


@in_virtual_time
async def test_a_change_before_the_start_counts_to_the_last_second(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 30) as house:
        await house.until(START - 2)
        house.book.change(replace(PLAN, participants=(ANNA,)))
        await house.until(START + 1)
        assert house.called == [OWNER.number, ANNA.number]


@in_virtual_time
async def test_a_conference_put_off_at_the_last_second_begins_at_its_new_time(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 30) as house:
        await house.until(START - 2)
        house.book.change(replace(PLAN, start=START + 60))
        await house.until(START + 59)
        assert house.called == []
        await house.until(START + 61)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_a_conference_deleted_before_its_start_calls_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - 30) as house:
        await house.until(START - 2)
        house.book.change()
        await house.until(START + 60)
        assert house.called == []
        assert house.library.dropped == [GREETED.greeting]
        assert house.conductor.idle


@in_virtual_time
async def test_another_greeting_under_the_same_name_is_read_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - 30) as house:
        await asyncio.sleep(5)
        assert house.library.read == [GREETED.greeting]
        house.book.change(GREETED)
        await asyncio.sleep(2)
        assert house.library.dropped == [GREETED.greeting]
        assert house.library.read == [GREETED.greeting] * 2
        await house.until(START + 1)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_a_change_while_the_greeting_is_read_is_not_overlooked(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - 30) as house:
        house.library.reading = 3.0
        await asyncio.sleep(1.5)
        house.book.change(replace(GREETED, participants=()))
        await house.until(START + 1)
        assert house.called == [OWNER.number]


@in_virtual_time
async def test_a_change_is_seen_at_once_while_what_may_be_told_is_prepared(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 30) as house:
        house.library.preparing = 25.0
        await house.until(START - 15)
        house.book.change(replace(PLAN, start=START - 10))
        await house.until(START - 9)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_what_becomes_of_the_file_of_a_running_conference_changes_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        leg = house.answers(ANNA)
        for changed in ((replace(PLAN, title="Other", participants=()),), ()):
            house.book.change(*changed)
            await asyncio.sleep(2)
            (running,) = house.conductor.status()["running"]
            assert running["title"] == PLAN.title
        assert house.board.hears[leg] == (MUSIC,)
        assert house.called == EVERYBODY


@in_virtual_time
async def test_a_book_that_cannot_be_read_is_told_once_and_the_calls_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await asyncio.sleep(1)
        house.book.broken = True
        await house.until(START + 10)
        assert house.called == EVERYBODY
        assert caplog.text.count("Input/output error") == 1
        house.book.broken = False
        house.book.change(PLAN, LATER)
        await house.until(START + 12)
        assert len(house.called) == 6


@in_virtual_time
async def test_who_answers_where_a_mailbox_may_be_hears_how_to_come_in_and_presses_1(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START, policy=CallPolicy(press_one=PressOne.ALWAYS)) as house:
        await house.until(START + 1)
        owner = house.answers(OWNER)
        assert house.said(owner) == [Prompt.PRESS_ONE]
        house.board.parties[owner].take(Pressed(owner, "1"))
        assert house.board.hears[owner] == house.board.room[owner] is not None
        mailbox = house.answers(ANNA)
        await house.until(START + 33)
        assert house.board.hung_up[mailbox] == "not-pressed"
        assert house.board.addresses[house.board.leg_of[ANNA.number]] == 1


@in_virtual_time
async def test_people_hear_the_greeting_then_music_then_each_other(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START) as house:
        await asyncio.sleep(1)
        anna = house.answers(ANNA)
        assert house.board.hears[anna] == (GREETING,)
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == (MUSIC,)
        owner = house.answers(OWNER)
        house.hears_to_the_end(owner)
        assert house.board.hears[anna] == house.board.hears[owner] == house.board.room[anna]
        house.leaves(owner)
        assert house.board.hears[anna] == (MUSIC,)
        assert house.board.room[anna] is None


@in_virtual_time
async def test_the_end_of_another_sound_is_not_taken_for_the_greetings(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START) as house:
        await asyncio.sleep(1)
        anna = house.answers(ANNA)
        house.board.token[anna] -= 1
        house.hears_to_the_end(anna)
        assert house.board.hears[anna] == (GREETING,)


@in_virtual_time
async def test_without_the_file_of_its_greeting_a_conference_does_without_one(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - 90) as house:
        house.library.lost = True
        await house.until(START + 1)
        assert house.board.hears[house.answers(ANNA)] == (MUSIC,)


@in_virtual_time
async def test_an_ended_conference_is_moved_to_the_past_and_its_code_dies(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START) as house:
        await asyncio.sleep(1)
        owner = house.answers(OWNER)
        for person in (ANNA, BORIS):
            house.declines(person)
        assert house.book.ended == {}
        house.leaves(owner)
        await asyncio.sleep(0.01)
        assert house.book.ended == {PLAN.code: EndReason.LAST_LEFT}
        assert house.conductor.status() == {"running": [], "planned": []}
        assert house.library.dropped == [GREETED.greeting]
        house.calls(PLAN.code)
        assert house.board.refused == [("in-1", 404)]
        assert house.conductor.idle


@in_virtual_time
async def test_a_move_to_the_past_that_fails_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.book.locked = True
        await house.until(END + 60)
        assert caplog.text.count("can't be moved to the past: 4711.toml:3") == 1
        assert house.conductor.status() == {"running": [], "planned": []}
        house.book.locked = False
        await asyncio.sleep(1.1)
        assert house.book.ended == {PLAN.code: EndReason.PLANNED_END}
        assert house.called == EVERYBODY


@in_virtual_time
async def test_a_mistake_while_one_opens_costs_the_others_nothing_and_it_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, GREETED, LATER, now=START) as house:
        house.library.mistakes = 1
        await asyncio.sleep(10.5)
        assert "“Projects” can't be opened" in caplog.text
        assert len(house.called) == 6


@in_virtual_time
async def test_a_journal_that_cannot_be_read_keeps_nobody_from_being_called(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal" / f"{PLAN.code}.jsonl").mkdir(parents=True)
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        assert house.called == EVERYBODY
        assert "is opened as if it were new" in caplog.text
        assert caplog.text.count("calls go on without it") == 1


@in_virtual_time
async def test_the_wall_clock_set_forward_begins_what_is_due_then(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, replace(LATER, end=START + 600), now=START - 2 * HOUR) as house:
        await asyncio.sleep(10)
        house.set_clock(2 * HOUR + 700)
        await asyncio.sleep(1.1)
        assert house.called == EVERYBODY
        await asyncio.sleep(BELIEVED_AFTER)
        assert house.book.ended == {LATER.code: EndReason.MISSED}


@in_virtual_time
async def test_the_wall_clock_set_back_neither_begins_a_conference_twice_nor_ends_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(ANNA)
        house.set_clock(-HOUR)
        await asyncio.sleep(1800)
        assert house.called == EVERYBODY
        assert house.book.ended == {}
        house.set_clock(3 * HOUR)
        await asyncio.sleep(10)
        assert house.book.ended == {}, "somebody is in"


@in_virtual_time
async def test_told_to_stop_it_hangs_up_every_leg_and_ends_no_conference(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, LATER, now=START) as house:
        await asyncio.sleep(1)
        house.answers(ANNA)
        asking = house.calls("+74955550100")
        early = house.calls(LATER.code)
        house.conductor.stop()
        house.calls(PLAN.code)
        assert not house.board.legs
        assert set(house.board.hung_up.values()) == {"stopping"}
        assert {asking, early} < house.board.hung_up.keys()
        assert house.board.refused == [("in-3", 503)]
        assert house.kinds(PLAN.code)[-1] == Kind.STOPPED
        assert house.book.ended == {}


@in_virtual_time
async def test_after_a_crash_who_was_in_is_called_back(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(ANNA)
        house.declines(BORIS)
        house.declines(OWNER)
    async with open_house(tmp_path, PLAN, now=START + 60) as house:
        await asyncio.sleep(1)
        assert house.called == [ANNA.number]


@in_virtual_time
async def test_it_is_idle_while_nobody_is_on_the_line_and_nothing_is_due_soon(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 400) as house:
        assert house.conductor.idle
        leg = house.calls("+74955550100")
        assert not house.conductor.idle
        house.leaves(leg)
        assert house.conductor.idle
        await house.until(START - 299)
        assert not house.conductor.idle
        await house.until(START + 1)
        house.leaves(house.answers(ANNA))
        for person in (BORIS, OWNER):
            house.declines(person)
        await asyncio.sleep(1)
        assert house.conductor.idle


@in_virtual_time
async def test_it_is_not_idle_before_it_has_looked_at_the_book(tmp_path: Path) -> None:
    async with open_house(tmp_path, now=START) as house:
        fresh = type(house)(tmp_path, PLAN, now=START).conductor
        assert not fresh.idle


@in_virtual_time
async def test_the_status_says_who_is_where_and_what_comes_next(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(LATER, start=START + HOUR, end=END + HOUR), PLAN, now=START) as house:
        await asyncio.sleep(1)
        owner = house.answers(OWNER)
        guest = house.calls(PLAN.code)
        status = house.conductor.status()
        (running,) = status["running"]
        assert {key: running[key] for key in ("code", "title", "start", "end", "owner_in")} == {
            "code": PLAN.code,
            "title": "Projects",
            "start": START,
            "end": END,
            "owner_in": True,
        }
        legs = {leg["leg"]: leg for leg in running["legs"]}
        assert legs[owner] | {"since": 0} == {
            "leg": owner,
            "person": OWNER.number,
            "name": OWNER.name,
            "guest": None,
            "owner": True,
            "stage": "in",
            "hears": "room",
            "on_hold": False,
            "muted": False,
            "silenced": False,
            "encrypted": False,
            "since": 0,
        }
        assert (legs[guest]["person"], legs[guest]["name"], legs[guest]["hears"]) == (None, None, "room")
        assert [leg["hears"] for leg in running["legs"]] == ["room", None, None, "room"]
        house.board.holding.add(guest)
        (running,) = house.conductor.status()["running"]
        assert [leg["leg"] for leg in running["legs"] if leg["on_hold"]] == [guest]
        (planned,) = status["planned"]
        assert planned == {"code": "4712", "title": "Later", "start": START + HOUR, "end": END + HOUR}


@in_virtual_time
async def test_a_mistake_while_an_action_is_carried_out_does_not_deafen_the_conference(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        play, house.board.play = house.board.play, None
        with pytest.raises(TypeError):
            house.answers(ANNA)
        house.board.play = play
        assert house.board.hears[house.answers(BORIS)] == (MUSIC,)
