"""REFER from inside a conference: one hands one's own seat to another phone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, ChangeMedia, RemoveLeg
from sip.message import Request, respond
from tests.mixer.hall import (
    ANNA,
    ATTENDED,
    BORIS,
    CLARA,
    DORA,
    Hall,
    Talker,
    legs,
    meet,
    open_hall,
    progress,
    refer,
)
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def dora_rings(folder: Path, attended: str = "") -> AsyncIterator[tuple[Hall, Talker, Talker, Talker]]:
    """Anna and Boris are in, and Boris has asked for Dora in his place: the hall, and the three phones."""
    async with open_hall(folder, BORIS) as hall:
        anna, boris = await meet(hall, ANNA, BORIS)
        dora = Talker(hall, DORA)
        assert refer(boris, f"sip:dora@10.0.0.6{attended}") == "202"
        await asyncio.sleep(0.2)
        yield hall, anna, boris, dora


@pytest.mark.parametrize("to", ["sip:+74955550177@conf.example", f"sip:dora@10.0.0.6{ATTENDED}"])
def test_a_participant_hands_the_seat_to_another_phone_blindly_or_not(tmp_path: Path, to: str) -> None:
    @in_virtual_time
    async def hand_over() -> None:
        async with open_hall(tmp_path, BORIS) as hall:
            anna, boris = await meet(hall, ANNA, BORIS)
            dora = Talker(hall, DORA)
            before, told = legs(hall), len(hall.bridge.told)
            assert refer(boris, to) == "202"
            await asyncio.sleep(0.2)
            called = dora.requests("INVITE")[-1]
            attended = "Replaces" in to
            assert called.headers.get("Replaces") == ("their-call;to-tag=x1;from-tag=y2" if attended else None)
            assert called.headers.get("Require") == ("replaces" if attended else None)
            assert boris.in_call and len(hall.bridge.told) == told
            dora.respond(180)
            await asyncio.sleep(0.2)
            dora.pick_up()
            await asyncio.sleep(0.5)
            assert progress(boris) == ["100 Trying", "180 Ringing", "200 OK"]
            assert len(boris.requests("BYE")) == 1 and dora.in_call and anna.in_call
            assert legs(hall) == before
            (changed,) = hall.bridge.told[told:]
            assert isinstance(changed, ChangeMedia) and changed.media.remote.host == dora.peer.host
            assert len(hall.bridge.of(AddLeg)) == 2 and not hall.bridge.of(RemoveLeg)
            record = hall.journal.read("4711471")[-1]
            assert (record.kind, record.person, record.detail) == ("transferred", "102", "+74955550177")

    hand_over()


@in_virtual_time
async def test_its_news_come_before_the_bye(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (_, _, boris, dora):
        dora.pick_up()
        await asyncio.sleep(0.2)
        heard = [message.method for message in boris.heard if isinstance(message, Request)]
        assert heard[-2:] == ["NOTIFY", "BYE"]


@in_virtual_time
async def test_a_transfer_that_is_refused_leaves_the_call_as_it_was(tmp_path: Path) -> None:
    async with dora_rings(tmp_path, ATTENDED) as (hall, _, boris, dora):
        dora.respond(481)
        await asyncio.sleep(0.5)
        assert progress(boris)[-1].startswith("481")
        assert boris.in_call and boris.offer(boris.sdp(direction="sendonly")) == 200
        assert "transferred" not in hall.kinds()
        assert refer(boris, "sip:dora@10.0.0.6") == "202", "another one may be tried"


@in_virtual_time
async def test_a_transfer_that_is_refused_by_a_status_without_a_name_is_one_that_is_refused(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (_, _, boris, dora):
        dora.say(respond(dora.requests("INVITE")[-1], 499, "", to_tag=dora.name))
        await asyncio.sleep(0.5)
        assert progress(boris)[-1].startswith("499")
        assert boris.in_call
        assert refer(boris, "sip:dora@10.0.0.6") == "202", "another one may be tried"


@in_virtual_time
async def test_nobody_answers_and_the_call_goes_on(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (_, _, boris, dora):
        dora.respond(180)
        assert refer(boris, "sip:103@conf.example") == "491", "one at a time"
        await asyncio.sleep(31)
        assert dora.requests("CANCEL")
        assert progress(boris)[-1] == "408 Request Timeout"
        assert boris.in_call


@in_virtual_time
async def test_a_phone_that_hangs_up_at_once_keeps_its_seat_for_the_other(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        await meet(hall, ANNA)
        boris = Talker(hall, BORIS)
        boris.heard.append(hall.last("INVITE"))
        boris.pick_up()
        dora = Talker(hall, DORA)
        refer(boris, "sip:dora@10.0.0.6")
        boris.inside("BYE")
        assert "left" not in hall.kinds()
        paused = hall.bridge.of(ChangeMedia)[-1]
        assert isinstance(paused, ChangeMedia) and not (paused.media.sending or paused.media.receiving)
        await asyncio.sleep(0.5)
        dora.pick_up()
        await asyncio.sleep(0.5)
        assert "left" not in hall.kinds() and hall.kinds()[-1] == "transferred"
        resumed = hall.bridge.of(ChangeMedia)[-1]
        assert isinstance(resumed, ChangeMedia) and resumed.media.sending and resumed.media.receiving
        dora.say(
            script.request(
                "BYE",
                tag=dora.name,
                to_tag=dora.requests("INVITE")[-1].from_.tag,
                call_id=dora.requests("INVITE")[-1].call_id,
            )
        )
        await asyncio.sleep(0.5)
        assert hall.kinds()[-1] == "left"


@in_virtual_time
async def test_and_has_left_when_nobody_comes_in_its_place(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        _, boris = await meet(hall, ANNA, BORIS)
        dora = Talker(hall, DORA)
        refer(boris, "sip:dora@10.0.0.6")
        boris.inside("BYE")
        await asyncio.sleep(0.5)
        dora.respond(486)
        await asyncio.sleep(0.5)
        assert hall.kinds()[-1] == "left"
        assert legs(hall) == {"101": "in"}


@in_virtual_time
async def test_a_transfer_of_somebody_who_is_hung_up_meanwhile_is_called_off(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (hall, anna, _, dora):
        dora.respond(180)
        refer(anna, "sip:102@conf.example;method=BYE")
        await asyncio.sleep(0.5)
        cancel = dora.requests("CANCEL")[-1]
        dora.say(respond(cancel, 200))
        dora.pick_up()  # its answer crosses our CANCEL
        await asyncio.sleep(0.5)
        assert dora.requests("BYE")
        assert legs(hall) == {"101": "in"}


@in_virtual_time
async def test_whoever_has_taken_the_seat_meanwhile_keeps_it(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (hall, _, boris, dora):
        clara = Talker(hall, CLARA)
        assert clara.dial(f"sip:{boris.token}@conf.example", ("Replaces", boris.replaces())) == 200
        dora.pick_up()
        await asyncio.sleep(0.5)
        assert dora.requests("CANCEL") or dora.requests("BYE")
        assert not clara.requests("BYE")


@in_virtual_time
async def test_an_answer_without_sound_that_fits_leaves_the_seat(tmp_path: Path) -> None:
    async with dora_rings(tmp_path) as (_, _, boris, dora):
        dora.pick_up(dora.sdp(formats="18"))
        await asyncio.sleep(0.5)
        assert dora.requests("BYE") and boris.in_call
        assert progress(boris)[-1].startswith("488")


@in_virtual_time
async def test_the_owner_who_hands_over_an_attended_call_stays_the_owner(tmp_path: Path) -> None:
    async with open_hall(tmp_path, BORIS) as hall:
        anna, _ = await meet(hall, ANNA, BORIS)
        clara = Talker(hall, CLARA)
        refer(anna, f"sip:clara@10.0.0.7{ATTENDED}")
        await asyncio.sleep(0.2)
        clara.pick_up()
        await asyncio.sleep(0.5)
        (running,) = hall.conductor.programme.open.values()
        assert running.conference.owner_in and "owner_out" not in hall.kinds()
        assert anna.requests("BYE") and clara.in_call
