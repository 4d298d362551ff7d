"""Two who talk, and what is known of their calls."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.calls.voices import ANNA, BORIS, hear_more, voice
from tests.phones.listening import silences

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.calls.company import Company
    from tests.phones.rtp_pen import Packet
    from tests.phones.sipp_phone import SippPhone
    from tests.phones.sounds import Pcm

_LONGEST_WAIT = 0.1


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


def whole_sound(phone: SippPhone, meanwhile: Callable[[], None]) -> Pcm:
    """What a phone hears of who speaks all the time, without a hole of a frame, while ``meanwhile`` is done to them."""
    at, came = phone.heard().size, len(phone.pen.packets)
    meanwhile()
    heard = phone.heard()[at:]
    assert silences(heard, at_least=0.02) == []
    assert phone.pen.gaps(came) == []
    assert longest_wait(phone.pen.packets[came:]) < _LONGEST_WAIT
    return heard
