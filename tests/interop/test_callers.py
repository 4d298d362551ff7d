"""What phones that call may do, as sipp does it: each scenario of its own fails at any message that it doesn't expect.

The scenario says which messages; here stands what has become of the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.interop.house import Way

if TYPE_CHECKING:
    from tests.interop.house import House


@dataclass(frozen=True, slots=True)
class Flow:
    scenario: str
    comes_in: bool = True
    """Whether the caller was in the conference, once, and has left it."""
    way: Way = Way.UDP


FLOWS = (
    Flow("early-offer"),
    Flow("early-offer", way=Way.TCP),
    Flow("early-offer", way=Way.IPV6),
    Flow("late-offer"),
    Flow("late-offer-without-answer", comes_in=False),
    Flow("late-offer-with-a-bad-answer", comes_in=False),
    Flow("hold"),
    Flow("hold-inactive"),
    Flow("hold-by-zeros"),
    Flow("unhold-without-sdp"),
    Flow("codecs"),
    Flow("reinvite-before-ack"),
    Flow("cancel-too-late"),
    Flow("bye-before-ack", comes_in=False),
    Flow("bye-twice"),
    Flow("invite-twice"),
    Flow("invite-by-two-ways"),
    Flow("large-invite"),
    Flow("anonymous"),
    Flow("names"),
    Flow("multipart"),
    Flow("reliable"),
    Flow("session-timer"),
)
OTHERS = ("talk", "refused")
"""Scenarios with tests of their own, or of use to others."""


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: f"{flow.scenario} {flow.way.value}")
def test_a_caller_is_answered_as_the_scenario_says_and_has_been_in_or_not(house: House, flow: Flow) -> None:
    code = house.conference()
    with house.stranger(way=flow.way) as phone:
        phone.dial(house.uri(code, flow.way), flow.scenario)
        phone.finish()
    if flow.comes_in:
        house.mixer.wait_for(code, "left")
    assert (house.joined(code), house.left(code)) == (flow.comes_in, flow.comes_in)


def test_a_number_behind_which_there_is_nothing_is_not_found(house: House) -> None:
    for user in ("7999", "nobody", "101"):
        with house.stranger() as phone:
            phone.dial(house.uri(user), "refused")
            phone.finish()
