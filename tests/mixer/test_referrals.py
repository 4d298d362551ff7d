"""REFER from inside a conference: the owner's guests, and that nobody else is ever called."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from mixer.rules.call_policy import CallPolicy, PressOne, Ring
from mixer.rules.model import Person
from mixer.settings import TrunkRoute
from sip.message import respond
from tests.mixer.hall import (
    ANNA,
    ATTENDED,
    BORIS,
    CLARA,
    DORA,
    Talker,
    invited,
    legs,
    meet,
    open_hall,
    progress,
    refer,
)
from tests.mixer.test_conference_info import read, said
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

# The owner's guests


@pytest.mark.parametrize("to", ["sip:103@conf.example", "sip:103@10.0.0.1", "sip:clara@10.0.0.7", "tel:103"])
def test_the_owner_has_somebody_of_the_directory_called_into_the_conference(tmp_path: Path, to: str) -> None:
    @in_virtual_time
    async def invite() -> None:
        async with open_hall(tmp_path, BORIS) as hall:
            anna, _ = await meet(hall, ANNA, BORIS)
            clara = Talker(hall, CLARA)
            assert refer(anna, to) == "202"
            await asyncio.sleep(0.5)
            clara.respond(180)
            await asyncio.sleep(0.5)
            clara.pick_up()
            await asyncio.sleep(0.5)
            assert progress(anna) == ["100 Trying", "180 Ringing", "200 OK"]
            assert legs(hall) == {"101": "in", "102": "in", "103": "in"}
            assert anna.in_call
            calling = [record for record in hall.journal.read("4711471") if record.kind == "calling"]
            assert calling[-1].person == "103"

    invite()


@in_virtual_time
async def test_of_somebody_who_does_not_come_the_owner_hears_why(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        refer(anna, "sip:103@conf.example")
        await asyncio.sleep(0.5)
        clara.respond(603)
        await asyncio.sleep(0.5)
        assert progress(anna) == ["100 Trying", "603 Decline"]
        assert anna.in_call


OPERATOR = Person("Operator", ("5",), sip="sip:10.0.0.5@10.0.0.5")
LINE = TrunkRoute("line", "sip:10.0.0.5")


@in_virtual_time
async def test_of_somebody_with_several_phones_the_owner_hears_when_one_of_them_is_answered(tmp_path: Path) -> None:
    async with open_hall(tmp_path, trunks=(LINE,)) as hall:
        (anna,) = await meet(hall, ANNA)
        boris, mobile = Talker(hall, BORIS), Talker(hall, OPERATOR)
        refer(anna, "sip:102@conf.example")
        await asyncio.sleep(0.5)
        boris.respond(486)
        await asyncio.sleep(0.5)
        assert progress(anna) == ["100 Trying"], "the next phone rings"
        mobile.pick_up()
        await asyncio.sleep(0.5)
        assert progress(anna)[-1] == "200 OK"


@in_virtual_time
async def test_of_somebody_whose_phones_all_fail_the_owner_hears_it_once(tmp_path: Path) -> None:
    async with open_hall(tmp_path, trunks=(LINE,)) as hall:
        (anna,) = await meet(hall, ANNA)
        boris, mobile = Talker(hall, BORIS), Talker(hall, OPERATOR)
        refer(anna, "sip:102@conf.example")
        await asyncio.sleep(0.5)
        boris.respond(480)
        await asyncio.sleep(0.5)
        mobile.respond(486)
        await asyncio.sleep(0.5)
        assert progress(anna) == ["100 Trying", "486 Busy Here"]
        assert not hall.transfers._guests


@in_virtual_time
async def test_phones_that_stop_ringing_since_another_is_answered_are_no_failure(tmp_path: Path) -> None:
    async with open_hall(tmp_path, trunks=(LINE,), policy=CallPolicy(Ring.ALL)) as hall:
        (anna,) = await meet(hall, ANNA)
        boris, mobile = Talker(hall, BORIS), Talker(hall, OPERATOR)
        anna.takes_news = False
        refer(anna, "sip:102@conf.example")
        await asyncio.sleep(0.2)
        mobile.respond(180)
        boris.pick_up()
        await asyncio.sleep(0.1)
        anna.takes_news = True
        anna.say(respond(anna.requests("NOTIFY")[-1], 200))
        await asyncio.sleep(1)
        assert progress(anna)[-1] == "200 OK"
        assert not hall.transfers._guests


@in_virtual_time
async def test_a_mailbox_that_answers_is_nobody_who_has_come(tmp_path: Path) -> None:
    async with open_hall(tmp_path, policy=CallPolicy(press_one=PressOne.ALWAYS, trunk=False)) as hall:
        (anna,) = await meet(hall, ANNA)
        anna.press("1")
        boris, clara = Talker(hall, BORIS), Talker(hall, CLARA)
        refer(anna, "sip:102@conf.example")
        refer(anna, "sip:103@conf.example")
        await asyncio.sleep(0.5)
        boris.pick_up()
        clara.pick_up()
        await asyncio.sleep(0.5)
        assert progress(anna) == ["100 Trying"] * 2
        clara.press("1")
        await asyncio.sleep(0.5)
        assert progress(anna)[2:] == ["200 OK"]
        await asyncio.sleep(30)
        assert progress(anna)[2] == "200 OK" and progress(anna)[3] != "200 OK"


@in_virtual_time
async def test_whoever_is_in_already_is_not_called_again(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        before = len(invited(hall))
        assert refer(anna, "sip:102@conf.example") == "202"
        await asyncio.sleep(0.5)
        assert (progress(anna)[-1], len(invited(hall))) == ("200 OK", before)


@in_virtual_time
async def test_the_owner_drops_somebody_by_number_or_as_the_roster_names_them(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS, CLARA) as hall:
        anna, boris, clara = await meet(hall, ANNA, BORIS, CLARA)
        anna.inside("SUBSCRIBE", ("Event", "conference"))
        roster = said(read(anna.requests("NOTIFY")[-1].body, None))
        (running,) = hall.conductor.programme.open.values()
        (theirs,) = [leg.name for leg in running.conference.legs.values() if leg.person == "103"]
        named = next(uri for uri in roster if uri and hall.focus._opaque(theirs) in uri)
        assert refer(anna, "sip:102@conf.example;method=BYE") == "202"
        assert refer(anna, f"{named};method=BYE") == "202"
        await asyncio.sleep(0.5)
        assert len(boris.requests("BYE")) == len(clara.requests("BYE")) == 1
        assert legs(hall) == {"101": "in"}
        left = [record for record in hall.journal.read("4711471") if record.kind == "left"]
        assert [record.detail for record in left] == ["kicked", "kicked"]


@in_virtual_time
async def test_nobody_else_drops_anybody(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        assert refer(boris, "sip:101@conf.example;method=BYE") == "403"
        assert refer(anna, "sip:199@conf.example;method=BYE") == "403"
        assert refer(anna, "sip:102@conf.example;method=MESSAGE") == "403"
        assert anna.in_call and boris.in_call


# Nobody is called whom the book and the directory don't name


@pytest.mark.parametrize(
    "to",
    [
        "sip:+79005550000@conf.example",
        "tel:+79005550000",
        "sip:103@elsewhere.example",
        "sip:clara@10.0.0.66",
        "sip:999@conf.example",
        "sip:conf.example",
        "sip:4711471@conf.example",
        "http://conf.example/103",
        f"sip:+79005550000@conf.example{ATTENDED}",
        f"sip:anybody@203.0.113.5{ATTENDED}",
    ],
)
def test_a_number_that_neither_book_nor_directory_names_is_never_dialled(tmp_path: Path, to: str) -> None:
    @in_virtual_time
    async def ask() -> None:
        async with open_hall(tmp_path, BORIS) as hall:
            anna, boris = await meet(hall, ANNA, BORIS)
            before = invited(hall)
            assert refer(anna, to) == "403"
            assert refer(boris, to) == "403"
            await asyncio.sleep(5)
            assert invited(hall) == before
            assert anna.in_call and boris.in_call
            assert len(hall.agent.notifier) == 0

    ask()


@in_virtual_time
async def test_a_guest_has_nobody_called(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        await meet(hall, ANNA, BORIS)
        guest = Talker(hall, DORA)
        assert guest.dial("sip:4711471@conf.example", call_id="guest") == 200
        ok = guest.last("200 INVITE")
        before = invited(hall)
        for to in ("sip:103@conf.example", f"sip:103@conf.example{ATTENDED}"):
            inside = script.request(
                "REFER",
                2 + len(guest.heard),
                tag=guest.name,
                to_tag=ok.to.tag,
                call_id="guest",
                headers=(("Refer-To", f"<{to}>"),),
            )
            assert guest.say(inside) == ["403 REFER"]
        await asyncio.sleep(1)
        assert invited(hall) == before


@in_virtual_time
async def test_what_is_refused_is_a_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        with caplog.at_level(logging.INFO, "mixer.transfers"):
            assert refer(anna, "sip:0900123456@conf.example") == "403"
        (record,) = caplog.records
        assert record.getMessage() == (
            "Anna Petrova asks for a transfer, or for somebody to be called or dropped: refused (403 Forbidden)"
        )
        assert record.__dict__["call"] in hall.switchboard.legs
