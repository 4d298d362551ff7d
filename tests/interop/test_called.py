"""What phones that are called may do, as sipp does it: each scenario fails at any message that it doesn't expect.

The scenario says which messages; here stands what has become of the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.calls.voices import ABSENT, hear_more
from tests.interop.phone_flows import LEVEL, OWN_HZ, companion
from tests.phones.listening import tone_level, tone_peak
from tests.phones.rtp_pen import RtpPen
from tests.phones.sounds import tone

if TYPE_CHECKING:
    from tests.interop.house import House


@dataclass(frozen=True, slots=True)
class Flow:
    scenario: str
    journal: str
    """The last that is written of the call."""
    status: str = "486 Busy Here"


FLOWS = (
    Flow("answers", "left"),
    *(
        Flow("refuses", "not_reached", status)
        for status in (
            "486 Busy Here",
            "603 Decline",
            "480 Temporarily Unavailable",
            "404 Not Found",
            "410 Gone",
            "484 Address Incomplete",
        )
    ),
    Flow("does-not-answer", "not_reached"),
    Flow("answers-too-late", "not_reached"),
    Flow("answers-twice", "left"),
    Flow("answers-reliably", "left"),
    Flow("answers-without-sdp", "not_reached"),
    Flow("answers-with-port-0", "not_reached"),
    Flow("answers-with-another-codec", "not_reached"),
    Flow("hangs-up-at-once", "left"),
    Flow("moved", "not_reached"),
    Flow("answers-with-a-session-timer", "left"),
    Flow("answers-by-a-proxy", "left"),
    Flow("answers-by-a-strict-router", "left"),
)
OTHERS = ("early-media", "moves")
"""Scenarios with tests of their own."""


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: f"{flow.scenario}-{flow.status[:3]}")
def test_whom_the_conference_calls_is_dealt_with_as_the_scenario_says_and_the_journal_knows(
    house: House, flow: Flow
) -> None:
    with house.called(flow.scenario, status=flow.status) as phone:
        phone.listen()
        code = house.conference_with(phone.number)
        phone.finish(12)
        last = house.mixer.wait_for(code, flow.journal, phone.number)
    if flow.scenario == "refuses":
        assert flow.status[:3] in last.detail
    assert house.joined(code) == (flow.journal == "left")


def test_what_a_phone_plays_before_it_answers_is_not_heard_and_what_it_says_afterwards_is(house: House) -> None:
    with house.called("early-media") as phone:
        phone.say(tone(OWN_HZ, 20, LEVEL))
        phone.listen()
        code = house.conference_with(phone.number)
        house.mixer.wait_for(code, "calling", phone.number)
        with companion(house, code) as other:
            house.mixer.wait_for(code, "joined", phone.number)
            before = other.heard()
            hear_more(other, 0.5)
            assert tone_level(hear_more(other, 0.6), OWN_HZ) == pytest.approx(LEVEL, abs=1)
            phone.hang_up()
            phone.finish()
        assert len(phone.pen.sent) * 0.02 > len(before) / 8000, "it has spoken all the while"
        assert tone_peak(before[: len(before) // 2], OWN_HZ) < ABSENT


def test_the_sound_follows_a_phone_that_moves(house: House) -> None:
    with house.called("moves") as phone, RtpPen(phone.pen.port, host="127.0.0.2") as moved:
        phone.listen()
        code = house.conference_with(phone.number)
        house.mixer.wait_for(code, "joined", phone.number)
        phone.finish()
        assert 25 < len(moved.packets) < 50
        assert moved.packets[0].arrived - phone.pen.packets[-1].arrived < 0.2
