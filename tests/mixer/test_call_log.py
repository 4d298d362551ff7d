"""Calls in the log: one word that finds all of a call, and one line that says how it went."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mixer.codec_names import spelled
from mixer.rules.model import Person
from tests.mixer.desk import Desk, sdp
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

LEG = "5f3a9c12-3-2"


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Each line with the call that it is about."""
    return [(getattr(record, "call", ""), record.getMessage()) for record in caplog.records]


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@in_virtual_time
async def test_a_call_of_ours_is_one_line_at_its_end_and_its_call_id_begins_with_the_name_of_its_leg(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        sent = await desk.dial(LEG)
        assert sent.call_id.startswith(f"{LEG}.")
        desk.say(script.answer(sent, 200, body=sdp()))
        await asyncio.sleep(75)
        desk.switchboard.hang_up(LEG, "ended")
    assert told(caplog) == [
        (LEG, "call to Anna Petrova (sip:anna@10.0.0.9): 75 s, PCMU, the conference is over"),
    ]
    assert desk.switchboard.log.results == {("out", "answered"): 1}


@pytest.mark.parametrize(
    ("status", "result", "why"),
    [(486, "busy", "486 Busy Here"), (603, "declined", "603 Decline"), (503, "failed", "503 Service Unavailable")],
)
@in_virtual_time
async def test_a_call_that_comes_to_nothing_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int, result: str, why: str
) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.answer(await desk.dial(LEG), status))
    assert told(caplog) == [(LEG, f"call to Anna Petrova (sip:anna@10.0.0.9): {why}")]
    assert desk.switchboard.log.results == {("out", result): 1}


@in_virtual_time
async def test_who_can_not_be_called_at_all_makes_no_line_of_a_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        desk.switchboard.dial(LEG, Person("Dora", ("109",), password="secret"), desk.party)
        await asyncio.sleep(1)
    assert told(caplog) == []
    assert not desk.switchboard.log.results


@in_virtual_time
async def test_a_call_that_comes_and_is_taken_says_its_call_id_once_and_ends_with_its_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        first = script.invite(body=sdp())
        desk.say(first)
        leg = desk.arrived[0].leg
        desk.switchboard.answer(leg, desk.party)
        desk.acknowledge()
        await asyncio.sleep(3)
        desk.switchboard.hang_up(leg, "no-such")
    assert told(caplog) == [
        (leg, f"call from a caller (10.0.0.9): Call-ID {first.call_id}"),
        (leg, "call from a caller (10.0.0.9): 3 s, PCMU, no-such"),
    ]


@in_virtual_time
async def test_strangers_who_are_turned_away_do_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.refuse(desk.arrived[0].leg, 404, "Not Found")
    assert told(caplog) == []
    assert desk.switchboard.log.results == {("in", "not-found"): 1}


@in_virtual_time
async def test_a_call_whose_sound_does_not_fit_counts_as_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp(formats="18")))
        leg = desk.arrived[0].leg
        desk.switchboard.answer(leg, desk.party)
    assert desk.switchboard.log.results == {("in", "failed"): 1}
    assert told(caplog) == [(leg, f"call from a caller (10.0.0.9): Call-ID {script.invite().call_id}")]


@dataclass
class Heard:
    received: int = 100
    lost: int = 20
    late: int = 140
    jitter: float = 0.0
    mos_on_average: float | None = None


@in_virtual_time
async def test_no_phone_makes_more_than_all_of_its_sound_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Desk(tmp_path) as desk:
        desk.switchboard.log.measured = lambda _: Heard()
        desk.say(script.answer(await desk.dial(LEG), 200, body=sdp()))
        await asyncio.sleep(75)
        desk.switchboard.hang_up(LEG, "ended")
    assert told(caplog)[0][1].endswith(", 100.0 % of the sound lost")


@pytest.mark.parametrize(
    ("name", "written"), [("G722", "G.722"), ("opus", "Opus"), ("OPUS", "Opus"), ("PCMA", "PCMA"), ("AMR", "AMR")]
)
def test_a_codec_is_called_the_same_wherever_people_read_of_it(name: str, written: str) -> None:
    assert spelled(name) == written
