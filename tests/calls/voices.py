"""Anna, Boris, Carol and Dmitri: each speaks a tone of their own, so that who hears whom can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.phones.sounds import RATE, Pcm, tone
from tests.phones.waiting import until

if TYPE_CHECKING:
    from tests.calls.company import Company
    from tests.phones.baresip_phone import BaresipPhone
    from tests.phones.phone import Phone

ANNA, BORIS, CAROL, DMITRI = "101", "102", "103", "104"
HZ = {ANNA: 440, BORIS: 620, CAROL: 850, DMITRI: 1130}
"""None is a multiple of another's, so that no overtone is mistaken for a voice."""
LEVEL = -12.0
ABSENT = -40.0
"""dB; below this a tone is not heard.  G.711's own noise with three other tones is some 20 dB lower."""


def voice(number: str, seconds: float = 1) -> Pcm:
    return tone(HZ[number], seconds, LEVEL)


def speaking(company: Company, number: str) -> BaresipPhone:
    return company.baresip(number, speech=voice(number))


def last(pcm: Pcm, seconds: float) -> Pcm:
    return pcm[-round(seconds * RATE) :]


def hear_more(phone: Phone, seconds: float) -> Pcm:
    """What a phone hears from now on, for so long."""
    before = phone.heard().size
    until(lambda: phone.heard().size >= before + seconds * RATE, seconds + 5, f"{phone.name} hears {seconds:g} s more")
    return phone.heard()[before:]
