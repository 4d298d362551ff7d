"""People who call by themselves: what each of them hears, and where they end up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mixer.code_guard import Source
from mixer.party import Arrived, Settled
from mixer.rules.records import Kind
from tests.mixer.house import GREETING, MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, GREETED, HOUR, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = "+74955550100"
"""The conference number, as an exchange writes it."""
ASKED = ["enter-code", "tone"]
TOMORROW = replace(PLAN, code="4799", owner_code="479999", start=START + 24 * HOUR, end=END + 24 * HOUR)


def entered(house: House) -> list[tuple[str | None, bool]]:
    return [(record.person, record.owner) for record in house.journal.read(PLAN.code) if record.kind == Kind.ENTERED]


@pytest.mark.parametrize("number", [NUMBER, "74955550100"])
@in_virtual_time
async def test_who_calls_the_conference_number_is_asked_for_the_code(tmp_path: Path, number: str) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        assert house.said(house.calls(number)) == ASKED


@pytest.mark.parametrize(
    ("caller", "code", "who"),
    [
        ("102", PLAN.code, (ANNA.number, False)),
        ("7 495 555-01-02", PLAN.code, (ANNA.number, False)),
        ("101", PLAN.code, (OWNER.number, True)),
        (None, PLAN.code, (None, False)),
        ("999", PLAN.code, (None, False)),
        (None, PLAN.owner_code, (OWNER.number, True)),
    ],
)
@in_virtual_time
async def test_the_right_code_lets_each_in_as_who_they_are(
    tmp_path: Path, caller: str | None, code: str, who: tuple[str | None, bool]
) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        leg = house.calls(NUMBER, caller)
        house.keys(leg, f"{code}*")
        assert entered(house) == [who]
        assert house.board.hears[leg] == (house.board.room[leg] if who[1] else (MUSIC,))
        assert house.conductor.status()["running"][0]["owner_in"] == who[1]


@in_virtual_time
async def test_who_dials_in_hears_the_greeting_first_and_the_own_phone_stops_ringing(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START + 5) as house:
        await asyncio.sleep(1)
        leg = house.calls(NUMBER, ANNA.number)
        house.keys(leg, f"{PLAN.code}*")
        assert house.board.hears[leg] == (GREETING,)
        assert house.board.hung_up == {house.board.leg_of[ANNA.number]: "joined-elsewhere"}


@in_virtual_time
async def test_before_the_start_a_caller_is_asked_to_try_later_and_hung_up(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - 300) as house:
        await asyncio.sleep(1)
        leg = house.calls(NUMBER)
        house.keys(leg, f"{PLAN.code}*")
        assert house.said(leg) == ["not-started"]
        house.hears_to_the_end(leg)
        assert house.board.hung_up == {leg: "too-early"}
        (refused,) = house.journal.read(PLAN.code)
        assert (refused.kind, refused.detail) == (Kind.REFUSED, "TooEarly")


@in_virtual_time
async def test_a_code_that_was_never_given_out_may_be_mistyped_three_times(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        leg = house.calls(NUMBER)
        for _ in range(2):
            house.keys(leg, "9999*")
            assert house.said(leg) == ["no-such-conference", "tone"]
        house.keys(leg, "9999*")
        assert house.said(leg) == ["no-such-conference", "good-bye"]
        house.hears_to_the_end(leg)
        assert house.board.hung_up == {leg: "no-such-conference"}
        assert [record.kind for record in house.journal.read(None)] == [Kind.REFUSED] * 3


@in_virtual_time
async def test_only_who_is_listed_comes_in_where_the_company_wants_it_so(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5, listed_only=True) as house:
        await asyncio.sleep(1)
        stranger = house.calls(NUMBER)
        house.keys(stranger, f"{PLAN.code}*")
        assert house.said(stranger) == ["not-admitted"]
        house.keys(house.calls(NUMBER, BORIS.number), f"{PLAN.code}*")
        assert entered(house) == [(BORIS.number, False)]
        direct = house.calls(PLAN.code)
        assert house.said(direct) == ["not-admitted"]
        house.hears_to_the_end(direct)
        assert house.board.hung_up[direct] == "not-admitted"


@in_virtual_time
async def test_past_its_planned_end_a_running_conference_still_lets_people_in(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.answers(OWNER)
        await house.until(END + 600)
        leg = house.calls(NUMBER, ANNA.number)
        house.keys(leg, f"{PLAN.code}*")
        assert house.board.hears[leg] == house.board.room[leg] is not None


@in_virtual_time
async def test_who_keys_in_nothing_is_asked_again_and_then_hung_up_whatever_the_wall_clock_does(tmp_path: Path) -> None:
    async with open_house(tmp_path, TOMORROW, now=START) as house:
        leg = house.calls(NUMBER)
        house.set_clock(HOUR)
        await asyncio.sleep(5)
        assert house.said(leg) == ASKED
        for _ in range(2):
            house.hears_to_the_end(leg)
            token = house.board.token[leg]
            await asyncio.sleep(9)
            assert house.board.token[leg] == token
            await asyncio.sleep(2.1)
            assert house.said(leg) == ASKED
            assert house.board.token[leg] != token
            house.set_clock(-2 * HOUR)
        house.hears_to_the_end(leg)
        await asyncio.sleep(11.1)
        assert house.said(leg) == ["good-bye"]
        house.hears_to_the_end(leg)
        assert house.board.hung_up == {leg: "no-code"}


@in_virtual_time
async def test_a_caller_who_hangs_up_while_asked_is_forgotten(tmp_path: Path) -> None:
    async with open_house(tmp_path, TOMORROW, now=START) as house:
        house.leaves(house.calls(NUMBER))
        said = house.board.tokens
        await asyncio.sleep(300)
        assert house.board.tokens == said
        assert house.conductor._reception._code_calls == []


@in_virtual_time
async def test_a_call_straight_to_the_code_joins_without_a_prompt(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        leg = house.calls(PLAN.owner_code)
        assert entered(house) == [(OWNER.number, True)]
        assert house.board.hears[leg] == house.board.room[leg]


@in_virtual_time
async def test_a_call_straight_to_a_code_is_told_what_keeps_it_out(tmp_path: Path) -> None:
    async with open_house(tmp_path, TOMORROW, now=START) as house:
        await asyncio.sleep(1)
        early = house.calls(TOMORROW.code)
        assert house.said(early) == ["not-started"]
        house.hears_to_the_end(early)
        assert house.board.hung_up == {early: "too-early"}
        nowhere = house.calls("no such\r\nthing")
        assert house.board.refused == [(nowhere, 404)]


@in_virtual_time
async def test_a_conference_may_end_between_our_answer_and_its_acknowledgement(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START) as house:
        await asyncio.sleep(1)
        house.conductor.arrived(Arrived("late", PLAN.code, None, "", Source("192.0.2.7")))
        last = house.answers(ANNA)
        for person in (OWNER, BORIS):
            house.declines(person)
        house.leaves(last)
        house.board.parties["late"].take(Settled("late"))
        assert house.board.hung_up == {"late": "over"}
        assert entered(house) == []


@in_virtual_time
async def test_in_the_moment_of_the_start_a_caller_is_early_or_in_but_never_lost(tmp_path: Path) -> None:
    async with open_house(tmp_path, GREETED, now=START - 0.5) as house:
        house.library.reading = 2.0
        await house.until(START + 0.2)
        early = house.calls(NUMBER)
        house.keys(early, f"{PLAN.code}*")
        assert house.said(early) == ["not-started"]
        await house.until(START + 3)
        leg = house.calls(NUMBER)
        house.keys(leg, f"{PLAN.code}*")
        assert house.board.hears[leg] == (GREETING,)


@in_virtual_time
async def test_a_code_dialled_at_once_after_it_was_given_out_is_known(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1.5)
        house.book.change(PLAN, TOMORROW)
        assert house.said(house.calls(TOMORROW.code)) == ["not-started"]
        at_once = replace(TOMORROW, code="4800", owner_code="480000", start=START)
        await asyncio.sleep(0.3)
        house.book.change(PLAN, TOMORROW, at_once)
        leg = house.calls(NUMBER, ANNA.number)
        house.keys(leg, "4800*")
        assert house.said(leg) == ["not-started"]
        await asyncio.sleep(0.01)
        house.keys(house.calls(NUMBER, ANNA.number), "4800*")
        assert [record.person for record in house.journal.read("4800") if record.kind == Kind.ENTERED] == ["102"]


@in_virtual_time
async def test_strangers_who_dial_what_they_like_do_not_keep_the_mixer_at_its_book(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START - HOUR) as house:
        await asyncio.sleep(0.5)
        looks = house.book.looks
        for number in range(1000):
            house.calls(f"77{number}")
            await asyncio.sleep(0.01)
        assert house.book.looks - looks <= 10 * (1 + 4) + 1
        assert house.board.refused[-1][1] == 404
