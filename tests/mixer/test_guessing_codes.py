"""Somebody guesses codes at a whole conductor: what they hear, what others hear, what is logged."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mixer.code_guard import HELD_SECONDS
from mixer.rules.records import Kind
from tests.mixer.house import MUSIC, House, open_house
from tests.mixer.rehearsal import ANNA, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NUMBER = "+74955550100"
WRONG = "9" * len(PLAN.code)


async def hear_out(house: House, leg: str) -> None:
    """Until the prompt that plays has ended."""
    await asyncio.sleep(2)
    if house.board.party(leg):
        house.hears_to_the_end(leg)


async def guess_by_keys(house: House, **caller: str) -> None:
    """A call with three wrong codes."""
    leg = house.calls(NUMBER, **caller)
    for _ in range(3):
        house.keys(leg, f"{WRONG}*")
        await asyncio.sleep(HELD_SECONDS + 2)
    await hear_out(house, leg)


def refused(house: House) -> int:
    return sum(record.kind == Kind.REFUSED for record in house.journal.read(None))


@in_virtual_time
async def test_who_has_to_wait_hears_of_a_right_code_what_is_said_of_a_wrong_one_and_later(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        for _ in range(3):
            await guess_by_keys(house)
        leg = house.calls(NUMBER)
        house.keys(leg, f"{PLAN.code}*")
        assert house.board.hears[leg] != (MUSIC,)
        await asyncio.sleep(HELD_SECONDS + 2)
        assert house.said(leg) == ["no-such-conference", "tone"]
        assert house.calls(PLAN.code) in dict(house.board.refused)
        assert house.board.refused[-1][1] == 404


@in_virtual_time
async def test_a_short_wait_only_holds_the_code(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        for _ in range(4):
            house.calls(WRONG)
        await asyncio.sleep(6)
        leg = house.calls(NUMBER)
        house.keys(leg, f"{PLAN.code}*")
        await asyncio.sleep(HELD_SECONDS + 2)
        assert house.board.hears[leg] == (MUSIC,)


@in_virtual_time
async def test_keyed_and_dialled_codes_of_all_calls_count_together_and_no_other_host_s(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        await guess_by_keys(house)
        house.calls(WRONG)
        assert house.board.party(house.calls(PLAN.code)) is None
        assert house.board.party(house.calls(PLAN.code, host="192.0.2.8")) is not None


@in_virtual_time
async def test_while_the_world_guesses_a_participant_gets_in_at_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        for number in range(300):
            house.calls(WRONG, host=f"203.0.113.{number}")
            house.calls(WRONG, trunk="provider", host="198.51.100.1")
        assert refused(house) <= 100
        for caller in ({"caller": ANNA.number}, {"caller": "+74955550102", "trunk": "provider"}):
            assert house.board.party(house.calls(PLAN.code, **caller)) is not None
        assert house.board.party(house.calls(PLAN.code, host="192.0.2.99")) is None


@in_virtual_time
async def test_numbers_that_can_be_no_code_are_no_guesses(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        for number in ("00972592277524", "100", "admin", "+", "١٢٣٤", "", *map(str, range(1, 1000))):
            if len(number) not in (len(PLAN.code), len(PLAN.owner_code)) or not number.isascii():
                house.calls(number)
                assert house.board.refused[-1][1] == 404
        assert refused(house) == 0
        assert house.board.party(house.calls(PLAN.code)) is not None


def test_a_guesser_is_in_the_log_with_host_few_lines_and_one_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @in_virtual_time
    async def guess() -> None:
        async with open_house(tmp_path, PLAN, now=START + 5) as house:
            await asyncio.sleep(1)
            for number in range(500):
                house.calls(WRONG, host="192.0.2.7" if number % 2 else f"203.0.113.{number}")
            house.calls("x\r\n2026-11-23 WARNING stranger 192.0.2.1: y", host="192.0.2.200")
            house.calls(WRONG, caller=ANNA.number)
            house.calls(WRONG, trunk="provider", host="198.51.100.1")

    with caplog.at_level(logging.WARNING):
        guess()
    lines = [record.getMessage() for record in caplog.records]
    assert sum("stranger 192.0.2.7: " in line for line in lines) <= 10
    assert sum("somebody guesses codes: 20 wrong ones" in line for line in lines) == 1
    assert not any("198.51.100.1" in line or ANNA.number in line for line in lines)
    assert len(lines) <= 25


@in_virtual_time
async def test_strangers_who_never_key_a_code_take_no_more_than_their_share_of_the_lines(tmp_path: Path) -> None:
    async with open_house(tmp_path, PLAN, now=START + 5) as house:
        await asyncio.sleep(1)
        answered = [house.board.party(house.calls(NUMBER)) for _ in range(220)]
        assert answered[-1] is None
        assert house.board.refused[-1][1] == 503
        assert sum(party is not None for party in answered) == 200
        assert house.board.party(house.calls(NUMBER, caller=ANNA.number)) is not None
        assert house.board.party(house.calls(NUMBER, trunk="provider")) is not None
        assert house.board.party(house.calls(NUMBER, host="192.0.2.8")) is not None


@in_virtual_time
async def test_a_wrong_code_of_a_stranger_is_one_line_of_the_log_and_in_the_journal_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 60) as house:
        with caplog.at_level(logging.INFO):
            house.calls(WRONG)
            house.calls("0044123456")
        assert [record.getMessage() for record in caplog.records] == [
            "stranger 192.0.2.7: gives a code that no conference has",
            "stranger 192.0.2.7: calls “…56”, which is no number of ours",
        ]
        assert refused(house) == 1
