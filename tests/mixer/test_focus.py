"""Phones that follow the roster of their conference, in virtual time, with a real agent (RFC 4575, RFC 4579)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mixer.running import Running
from sip.message import Request
from tests.mixer.hall import ANNA, BORIS, CLARA, CODE, Talker, meet, open_hall
from tests.mixer.test_conference_info import read, said
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

CONFERENCE = ("Event", "conference")


def news(phone: Talker) -> list[Element]:
    return [_document(notify) for notify in phone.requests("NOTIFY") if notify.body]


def _document(notify: Request) -> Element:
    assert CODE.encode() not in notify.body
    return read(notify.body, None)


def standings(phone: Talker) -> list[str]:
    return [
        (notify.headers.get("Subscription-State") or "").partition(";expires")[0] for notify in phone.requests("NOTIFY")
    ]


@in_virtual_time
async def test_a_phone_that_is_in_gets_everybody_and_then_what_changes(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS, CLARA) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        assert anna.inside("SUBSCRIBE", CONFERENCE) == ["200 SUBSCRIBE", "NOTIFY"]
        (first,) = news(anna)
        assert first.get("state") == "full"
        assert sorted(said(first).values()) == ["connected", "connected", "dialing-out"]
        assert "sip:101@conf.example" in said(first)
        await asyncio.sleep(2)
        boris.inside("BYE")
        await asyncio.sleep(2)
        assert len(news(anna)) == 2
        later = news(anna)[-1]
        assert (later.get("state"), list(said(later).values())) == ("partial", ["gone"])
        assert int(later.get("version") or 0) == int(first.get("version") or 0) + 1


@in_virtual_time
async def test_ringing_and_hold_are_told_and_news_come_once_a_second(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS, CLARA) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        anna.inside("SUBSCRIBE", CONFERENCE)
        invite = [message for message in hall.heard if isinstance(message, Request) and message.uri.user == "clara"][-1]
        clara.say(script.answer(invite, 180, tag="Clara"))
        await asyncio.sleep(1.5)
        assert list(said(news(anna)[-1]).values()) == ["alerting"]
        before = len(anna.requests("NOTIFY"))
        for direction in ("sendonly", "sendrecv", "sendonly"):
            assert boris.offer(boris.sdp(direction=direction)) == 200
        await asyncio.sleep(1.5)
        assert len(anna.requests("NOTIFY")) == before + 1
        assert list(said(news(anna)[-1]).values()) == ["on-hold"]


@in_virtual_time
async def test_the_end_of_the_conference_and_ones_own_ends_it(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        for phone in (anna, boris):
            phone.inside("SUBSCRIBE", CONFERENCE)
        boris.inside("BYE")
        await asyncio.sleep(3)
        assert standings(boris)[-1] == "terminated;reason=noresource"
        assert standings(anna)[-1] == "active"
        hall.conductor.stop()
        await asyncio.sleep(1)
        assert standings(anna)[-1] == "terminated;reason=noresource"
        await asyncio.sleep(40)
        assert len(hall.agent.notifier) == 0
        assert not hall.focus._audiences and not hall.focus._subscribed


@in_virtual_time
async def test_a_phone_that_does_not_answer_is_told_no_more_and_costs_nothing(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        boris.takes_news = False
        boris.inside("SUBSCRIBE", CONFERENCE)
        await asyncio.sleep(40)
        assert len(hall.agent.notifier) == 0
        assert not hall.focus._audiences
        assert anna.in_call and boris.in_call


@in_virtual_time
async def test_beside_its_call_a_phone_subscribes_to_the_address_that_the_call_has(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)

        def beside(phone: Talker, user: str) -> list[str]:
            return phone.say(
                script.request(
                    "SUBSCRIBE", uri=f"sip:{user}@10.0.0.1", call_id=f"{phone.name}{user}", headers=(CONFERENCE,)
                )
            )

        assert beside(anna, anna.token) == ["200 SUBSCRIBE", "NOTIFY"]
        assert beside(boris, anna.token) == ["404 SUBSCRIBE"], "another host, that has overheard the address"
        for guess in (CODE, f"{CODE}99", "500", "101", "0" * 24):
            assert beside(boris, guess) == ["404 SUBSCRIBE"]


@in_virtual_time
async def test_whoever_only_rings_is_told_nothing_and_nobody_has_more_than_two(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        (anna,) = await meet(hall, ANNA)
        for number, expected in enumerate(["200", "200", "403"]):
            said_back = anna.inside("SUBSCRIBE", ("Event", f"conference;id={number}"))
            assert said_back[0] == f"{expected} SUBSCRIBE"


@in_virtual_time
async def test_the_address_of_a_call_leads_to_the_door_and_lets_nobody_in(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        assert CODE not in str(anna.requests("INVITE")[-1].contacts[0])
        invite = script.invite(uri=f"sip:{anna.token}@10.0.0.1", call_id="in-by-contact", body=boris.sdp())
        assert boris.say(invite) == ["100 INVITE", "180 INVITE", "200 INVITE"]
        await asyncio.sleep(5)
        assert "entered" not in hall.kinds()
        (arrived,) = (leg for leg in hall.switchboard.legs if leg.startswith("in-"))
        assert not isinstance(hall.switchboard.party(arrived), Running)
