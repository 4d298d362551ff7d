"""Two who talk, and what is known of their calls."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.calls.voices import ANNA, BORIS, hear_more, voice

if TYPE_CHECKING:
    from tests.calls.company import Company
    from tests.phones.rtp_pen import Packet
    from tests.phones.sipp_phone import SippPhone


def talking(company: Company, anna: SippPhone, boris: SippPhone) -> str:
    """Anna and Boris in a conference, each with their tone; its code."""
    for phone, number in ((anna, ANNA), (boris, BORIS)):
        phone.register()
        phone.say(voice(number, 90))
    code = company.mixer.plan_now("Talk", ANNA, [BORIS]).code
    for number in (ANNA, BORIS):
        company.mixer.wait_for(code, "joined", number)
    hear_more(boris, 1)
    return code


def media_of(phone: SippPhone) -> tuple[str, int]:
    """Where the mixer wants the phone's sound."""
    return next(message.media for message in phone.messages if not message.sent and message.media is not None)


def longest_wait(packets: list[Packet]) -> float:
    """Seconds between two packets of a stream, at worst."""
    return max(b.arrived - a.arrived for a, b in itertools.pairwise(packets))
