"""What phones that call may do, as sipp does it: each scenario of its own fails at any message that it doesn't expect.

The scenario says which messages; here stands what has become of the caller.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import CONFERENCE_NUMBER
from tests.calls.talk import media_of
from tests.calls.voices import ABSENT, hear_more, last
from tests.interop.house import Way, no_ipv6
from tests.interop.phone_flows import LEVEL, OTHER_HZ, OWN_HZ, companion
from tests.phones.listening import tone_level, tone_peak
from tests.phones.rtp_pen import RtpPen
from tests.phones.sounds import tone

if TYPE_CHECKING:
    from tests.interop.house import House
    from tests.phones.sipp_phone import SippPhone

MOVED_HZ = 1130


@dataclass(frozen=True, slots=True)
class Flow:
    scenario: str
    comes_in: bool = True
    """Whether the caller was in the conference, once, and has left it."""
    way: Way = Way.UDP
    ends_on_hold: bool = False
    """For half a second the phone wants no sound."""


FLOWS = (
    Flow("early-offer"),
    Flow("early-offer", way=Way.TCP),
    Flow("early-offer", way=Way.IPV6),
    Flow("late-offer"),
    Flow("late-offer-without-answer", comes_in=False),
    Flow("late-offer-with-a-bad-answer", comes_in=False),
    Flow("hold"),
    Flow("hold-inactive", ends_on_hold=True),
    Flow("hold-by-zeros", ends_on_hold=True),
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
    Flow("unreliable-ringing"),
    Flow("session-timer"),
    Flow("update"),
    Flow("replaces-nobody", comes_in=False),
)
OTHERS = ("talk", "refused", "options", "crowd", "keys-by-info")
"""Scenarios with tests of their own, or of use to others."""


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: f"{flow.scenario} {flow.way.value}")
def test_a_caller_is_answered_as_the_scenario_says_and_has_been_in_or_not(house: House, flow: Flow) -> None:
    if flow.way is Way.IPV6 and (reason := no_ipv6()):
        pytest.skip(reason)
    code = house.conference()
    with house.stranger(way=flow.way) as phone:
        phone.dial(house.uri(code, flow.way), flow.scenario)
        phone.finish()
        ended = time.time()
    if flow.ends_on_hold:
        assert ended - phone.pen.packets[-1].arrived > 0.4
    if flow.comes_in:
        house.mixer.wait_for(code, "left")
    assert (house.joined(code), house.left(code)) == (flow.comes_in, flow.comes_in)


def test_a_number_behind_which_there_is_nothing_is_not_found(house: House) -> None:
    for user in ("7999", "nobody", "101"):
        with house.stranger() as phone:
            phone.dial(house.uri(user), "refused")
            phone.finish()


def test_options_are_answered_with_what_we_understand(house: House) -> None:
    with house.stranger() as phone:
        phone.play("options", dialled=house.uri("anybody"))
        phone.finish()


@pytest.mark.parametrize("events", [96, 97, 127])
def test_keys_under_any_payload_type_are_the_code(house: House, events: int) -> None:
    code = house.conference()
    with house.stranger(events=events) as phone:
        phone.dial(house.uri(CONFERENCE_NUMBER), "talk")
        phone.wait_to_hear(0.5, within=5)
        phone.press(f"{code}*")
        house.mixer.wait_for(code, "joined")
        phone.hang_up()
        phone.finish()


def test_keys_by_info_are_the_code(house: House) -> None:
    code = house.conference()
    with house.stranger() as phone:
        keys = dict(zip(("first", "second", "third", "fourth"), code, strict=True))
        phone.dial(house.uri(CONFERENCE_NUMBER), "keys-by-info", **keys)
        phone.finish()
    house.mixer.wait_for(code, "left")
    assert house.joined(code) == 1


def test_a_hundred_who_dial_within_a_second_are_in_within_three(house: House) -> None:
    code = house.conference()
    house.crowd("crowd", house.uri(code), 100)
    came = [record.at for record in house.mixer.journal(code) if record.kind == "joined"]
    assert len(came) == 100
    assert max(came) - min(came) < 3


# The tone test (each is heard as loud as they speak, and nobody hears themselves) after each change of a call


def test_a_phone_is_heard_and_hears_after_hold_another_codec_and_another_address(house: House) -> None:
    code = house.conference()
    with companion(house, code) as other, house.company.stranger(house.number()) as phone:
        phone.say(tone(OWN_HZ, 30, LEVEL))
        phone.dial(house.uri(code), "dial_and_obey")
        house.mixer.wait_for(code, "joined", count=2)
        hear_each_other(phone, other)
        assert phone.offer("sendonly") == 200
        hear_more(other, 0.4)
        assert tone_peak(hear_more(other, 0.5), OWN_HZ) < ABSENT, "on hold"
        assert phone.offer("sendrecv") == 200
        hear_each_other(phone, other)
        phone.pen.payload_type = 8
        assert phone.offer("sendrecv", "8 101") == 200
        hear_each_other(phone, other)
        assert {packet.payload_type for packet in phone.pen.packets[-5:]} == {8}
        assert phone.offer("sendrecv", "96") == 488
        hear_each_other(phone, other)
        with RtpPen(phone.pen.port, payload_type=8, host="127.0.0.2") as moved:
            moved.say(tone(MOVED_HZ, 10, LEVEL))
            assert phone.offer("sendrecv", "8 101", host="127.0.0.2") == 200
            moved.send_to(*media_of(phone))
            hear_more(other, 0.4)
            heard = hear_more(other, 0.6)
            assert tone_level(heard, MOVED_HZ) == pytest.approx(LEVEL, abs=1)
            assert tone_peak(heard, OWN_HZ) < ABSENT, "the former address is heard no more"
            assert tone_level(last(moved.heard(), 0.5), OTHER_HZ) == pytest.approx(LEVEL, abs=1)
        phone.hang_up()
        phone.finish()


def hear_each_other(phone: SippPhone, other: SippPhone) -> None:
    hear_more(other, 0.4)
    for one, own, others in ((other, OTHER_HZ, OWN_HZ), (phone, OWN_HZ, OTHER_HZ)):
        heard = hear_more(one, 0.5)
        assert tone_level(heard, others) == pytest.approx(LEVEL, abs=1)
        assert tone_peak(heard, own) < ABSENT
