"""Calls that go on elsewhere: to the next trunk, or where a redirection leads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.party import NotReached, Rang, Reached
from mixer.rules.model import Person
from mixer.settings import TrunkRoute
from sip.effects import Peer
from sip.message import Request
from tests.mixer.desk import RING_SECONDS, Desk, sdp
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDE = Person("Dmitri", ("+7 999 000-00-01",))
FIRST, SECOND = TrunkRoute("first", "sip:10.0.0.8"), TrunkRoute("second", "sip:10.0.0.9", max_calls=1)
ANNA = Person("Anna", ("101",), sip="sip:anna@10.0.0.9")
CAROL = Person("Carol", ("7", "+7 999 000-00-07"), sip="sip:carol@10.0.0.7")


def peer(host: str) -> Peer:
    return Peer("udp", host, 5060)


async def invited(desk: Desk) -> Request:
    await asyncio.sleep(0.1)
    sent = desk.last("INVITE")
    assert isinstance(sent, Request)
    return sent


async def dial(desk: Desk, person: Person = OUTSIDE) -> Request:
    desk.switchboard.dial("leg", person, desk.party)
    return await invited(desk)


def in_use(desk: Desk) -> dict[str, object]:
    return {str(status["name"]): status["calls"] for status in desk.trunks.status(lambda at: at)}


@pytest.mark.parametrize("status", [503, 500, 403])
@in_virtual_time
async def test_a_trunk_that_fails_gives_way_to_the_next_and_the_person_hears_of_one_call(
    tmp_path: Path, status: int
) -> None:
    with Desk(tmp_path, trunks=(FIRST, SECOND)) as desk:
        sent = await dial(desk)
        assert sent.uri.host == "10.0.0.8"
        assert in_use(desk) == {"first": 1, "second": 0}
        desk.say(script.answer(sent, status), peer("10.0.0.8"))
        sent = await invited(desk)
        assert (str(sent.uri), in_use(desk)) == ("sip:+79990000001@10.0.0.9", {"first": 0, "second": 1})
        desk.say(script.answer(sent, 180), peer("10.0.0.9"))
        desk.say(script.answer(sent, 200, body=sdp()), peer("10.0.0.9"))
        assert desk.party.heard == [Rang("leg"), Reached("leg")]
        desk.switchboard.hang_up("leg", "ended")
        assert in_use(desk) == {"first": 0, "second": 0}
        assert desk.free()


@pytest.mark.parametrize("status", [486, 404, 603, 480, 484])
@in_virtual_time
async def test_what_speaks_for_who_was_called_is_asked_of_no_other_trunk(tmp_path: Path, status: int) -> None:
    with Desk(tmp_path, trunks=(FIRST, SECOND)) as desk:
        desk.say(script.answer(await dial(desk), status), peer("10.0.0.8"))
        await asyncio.sleep(0.1)
        (told,) = desk.party.heard
        assert isinstance(told, NotReached)
        assert told.status == status
        assert in_use(desk) == {"first": 0, "second": 0}


@in_virtual_time
async def test_when_the_last_trunk_fails_that_is_told(tmp_path: Path) -> None:
    with Desk(tmp_path, trunks=(FIRST, SECOND)) as desk:
        desk.say(script.answer(await dial(desk), 503), peer("10.0.0.8"))
        desk.say(script.answer(await invited(desk), 500), peer("10.0.0.9"))
        assert desk.party.heard == [NotReached("leg", 500, "Server Internal Error")]
        assert in_use(desk) == {"first": 0, "second": 0}
        assert desk.free()


@in_virtual_time
async def test_a_phone_that_has_rung_is_not_called_again_through_another_trunk(tmp_path: Path) -> None:
    with Desk(tmp_path, trunks=(FIRST, SECOND)) as desk:
        sent = await dial(desk)
        desk.say(script.answer(sent, 180), peer("10.0.0.8"))
        desk.say(script.answer(sent, 503), peer("10.0.0.8"))
        await asyncio.sleep(0.1)
        assert [type(event) for event in desk.party.heard] == [Rang, NotReached]
        assert "10.0.0.9" not in desk.lookups


def redirected(sent: Request, *contacts: str) -> object:
    moved = script.answer(sent, 302)
    return moved.with_headers(moved.headers.with_("Contact", *contacts))


@in_virtual_time
async def test_a_redirection_to_somebody_of_the_directory_is_followed(tmp_path: Path) -> None:
    with Desk(tmp_path, people=(ANNA, CAROL)) as desk:
        sent = await dial(desk, ANNA)
        desk.say(redirected(sent, "<sip:+79001112233@10.0.0.66>;q=1", "<sip:7@conf.example>;q=0.5"))  # type: ignore[arg-type]
        sent = await invited(desk)
        assert str(sent.uri) == "sip:carol@10.0.0.7"
        desk.say(script.answer(sent, 200, body=sdp(host="10.0.0.7")), peer("10.0.0.7"))
        assert desk.party.heard == [Reached("leg")]


@pytest.mark.parametrize(
    "contact",
    ["sip:+79001112233@conf.example", "tel:+79001112233", "sip:carol@10.0.0.66", "sip:anna@10.0.0.9", "sips:x@y"],
)
@in_virtual_time
async def test_a_redirection_to_anybody_else_ends_the_call_and_nobody_is_called(tmp_path: Path, contact: str) -> None:
    with Desk(tmp_path, people=(ANNA, CAROL), trunks=(FIRST,)) as desk:
        desk.say(redirected(await dial(desk, ANNA), f"<{contact}>"))  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        assert desk.party.heard == [NotReached("leg", 302, "redirected")]
        assert desk.words().count("INVITE") == 1
        assert desk.free()


@in_virtual_time
async def test_two_phones_that_redirect_to_each_other_are_each_called_once(tmp_path: Path) -> None:
    with Desk(tmp_path, people=(ANNA, CAROL)) as desk:
        desk.say(redirected(await dial(desk, ANNA), "<sip:7@conf.example>"))  # type: ignore[arg-type]
        desk.say(redirected(await invited(desk), "<sip:101@conf.example>"), peer("10.0.0.7"))  # type: ignore[arg-type]
        assert desk.party.heard == [NotReached("leg", 302, "redirected")]
        assert desk.words().count("INVITE") == 2


@in_virtual_time
async def test_a_chain_of_redirections_ends_after_five(tmp_path: Path) -> None:
    people = tuple(Person(f"P{n}", (str(n),), sip=f"sip:p{n}@10.0.0.{n}") for n in range(10, 20))
    with Desk(tmp_path, people=people) as desk:
        sent = await dial(desk, people[0])
        for number in range(11, 16):
            desk.say(redirected(sent, f"<sip:{number}@conf.example>"), peer(sent.uri.host))  # type: ignore[arg-type]
            sent = await invited(desk)
            assert sent.uri.user == f"p{number}"
        desk.say(redirected(sent, "<sip:16@conf.example>"), peer(sent.uri.host))  # type: ignore[arg-type]
        assert desk.party.heard == [NotReached("leg", 302, "redirected")]


@in_virtual_time
async def test_waiting_for_a_full_trunk_is_no_time_in_which_nobody_answers(tmp_path: Path) -> None:
    with Desk(tmp_path, trunks=(FIRST, SECOND)) as desk:
        desk.trunks.enter("second")
        sent = await dial(desk)
        desk.say(script.answer(sent, 503), peer("10.0.0.8"))
        await asyncio.sleep(RING_SECONDS + 5)
        assert desk.party.heard == []
        desk.trunks.leave("second")
        sent = await invited(desk)
        assert sent.uri.host == "10.0.0.9"
        desk.say(script.answer(sent, 180), peer("10.0.0.9"))
        await asyncio.sleep(RING_SECONDS)
        assert desk.party.heard == [Rang("leg"), NotReached("leg", 408, "no answer")]


@in_virtual_time
async def test_twenty_calls_at_once_all_ring_within_two_seconds(tmp_path: Path) -> None:
    with Desk(tmp_path, trunks=(FIRST,)) as desk:
        for number in range(20):
            desk.switchboard.dial(f"leg{number}", Person("P", (f"+7999{number:07}",)), desk.party)
        await asyncio.sleep(1.9)
        assert len({message.call_id for message in desk.heard}) == 20


@in_virtual_time
async def test_an_answer_without_sound_is_the_end_and_no_reason_to_call_again_with_another_offer(
    tmp_path: Path,
) -> None:
    with Desk(tmp_path) as desk:
        sent = await dial(desk, ANNA)
        errand = desk.switchboard._by_name["leg"].errand
        assert errand is not None
        errand.otherwise = ["off"]
        assert desk.say(script.answer(sent, 200)) == ["ACK", "BYE"]
        assert [type(event) for event in desk.party.heard] == [NotReached]
