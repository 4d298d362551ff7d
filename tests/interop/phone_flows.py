"""What is tried with every phone: a column of the table each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tests.calls.company import COMPANY_NUMBER, CONFERENCE_NUMBER
from tests.calls.mixer_process import ROOT
from tests.calls.voices import ABSENT, hear_more, last
from tests.interop.house import Way
from tests.interop.phone_kinds import Wish
from tests.phones.listening import hears, tone_level, tone_levels, tone_peak
from tests.phones.phone import State
from tests.phones.sounds import RATE, load, tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.interop.house import House
    from tests.interop.phone_kinds import Kind
    from tests.phones.phone import Phone
    from tests.phones.sipp_phone import SippPhone
    from tests.phones.sounds import Pcm

LEVEL: Final = -12.0
OWN_HZ, OTHER_HZ = 440, 850
"""What the phone says, and whom it talks to; neither is a multiple of the other."""
_LONG: Final = 30
"""Seconds of speech: longer than any flow."""
ENTER_CODE = load(ROOT / "media" / "sounds" / "en" / "enter-code.flac")
YOU_ARE_MUTED = load(ROOT / "media" / "sounds" / "en" / "you-are-muted.flac")
NOT_STARTED = load(ROOT / "media" / "sounds" / "en" / "not-started.flac")


def called(house: House, kind: Kind) -> None:
    """registers, is called, talks, hangs up"""
    number = house.account()
    with kind.make(house, number, Wish()) as phone:
        phone.say(tone(OWN_HZ, _LONG, LEVEL, phone.rate))
        code = house.conference_with(number)
        phone.wait_for(State.TALKING)
        assert phone.caller == COMPANY_NUMBER
        house.mixer.wait_for(code, "joined", number)
        with companion(house, code) as other:
            talk(phone, other, kind.allowance.get("PCMU", 1))
        house.mixer.wait_for(code, "left", number)


def dialled(house: House, kind: Kind) -> None:
    """dials the code, talks, hangs up"""
    _talk(house, kind, Wish())


def keyed(house: House, kind: Kind) -> None:
    """dials the number, hears the prompt, keys in the code (RFC 4733)"""
    code = house.conference()
    with kind.make(house, house.account(), Wish()) as phone, companion(house, code) as other:
        phone.say(tone(OWN_HZ, _LONG, LEVEL, phone.rate))
        phone.dial(house.uri(CONFERENCE_NUMBER))
        phone.wait_for(State.TALKING)
        hear_more(other, 1.5)
        phone.press(f"{code}*")
        house.mixer.wait_for(code, "joined", count=2)
        talk(phone, other)
        assert hears(phone.heard(), ENTER_CODE[: round(1.2 * RATE)])


def muted(house: House, kind: Kind) -> None:
    """mutes itself by the menu (RFC 4733), and is told so"""
    code = house.conference()
    with kind.make(house, house.account(), Wish()) as phone, companion(house, code) as other:
        phone.say(tone(OWN_HZ, _LONG, LEVEL, phone.rate))
        phone.dial(kind.address(house, code, Wish()))
        house.mixer.wait_for(code, "joined", count=2)
        assert tone_peak(hear_more(other, 0.6), OWN_HZ) > -20
        phone.press("*1")
        house.mixer.wait_for(code, "silenced")
        hear_more(other, 0.3)
        assert tone_peak(hear_more(other, 0.3), OWN_HZ) < ABSENT
        hear_more(other, YOU_ARE_MUTED.size / RATE)
        phone.hang_up()
        phone.wait_for(State.OVER)
        assert hears(phone.heard(), YOU_ARE_MUTED)


def held(house: House, kind: Kind) -> None:
    """holds, and is back"""
    code = house.conference()
    with kind.make(house, house.account(), Wish()) as phone, companion(house, code) as other:
        phone.say(tone(OWN_HZ, _LONG, LEVEL, phone.rate))
        phone.dial(house.uri(code))
        house.mixer.wait_for(code, "joined", count=2)
        assert tone_peak(hear_more(other, 1), OWN_HZ) > -20
        phone.hold()
        hear_more(other, 0.6)
        assert tone_peak(hear_more(other, 0.6), OWN_HZ) < ABSENT
        phone.resume()
        hear_more(other, 0.6)
        talk(phone, other)


def early(house: House, kind: Kind) -> None:
    """is told that it's too early, and hung up on"""
    code = house.conference_to_come()
    with kind.make(house, house.account(), Wish()) as phone:
        phone.dial(kind.address(house, code, Wish()))
        phone.wait_for(State.OVER, seconds=15)
        assert hears(phone.heard(), NOT_STARTED)


def a_law(house: House, kind: Kind) -> None:
    """PCMA"""
    _talk(house, kind, Wish(codec="PCMA"))


def wide(house: House, kind: Kind) -> None:
    """G.722"""
    _talk(house, kind, Wish(codec="G722"))


def opus(house: House, kind: Kind) -> None:
    """Opus"""
    _talk(house, kind, Wish(codec="opus"))


def over_tcp(house: House, kind: Kind) -> None:
    """TCP"""
    _talk(house, kind, Wish(way=Way.TCP))


def over_tls(house: House, kind: Kind) -> None:
    """TLS"""
    _talk(house, kind, Wish(way=Way.TLS))


def encrypted(house: House, kind: Kind) -> None:
    """SRTP (SDES), nothing else accepted"""
    _talk(house, kind, Wish(way=Way.TLS, encrypted=True))


def over_ipv6(house: House, kind: Kind) -> None:
    """IPv6, with the other one on IPv4"""
    _talk(house, kind, Wish(way=Way.IPV6))


FLOWS: Final[dict[str, Callable[[House, Kind], None]]] = {
    "called": called,
    "dialled": dialled,
    "keys": keyed,
    "menu": muted,
    "hold": held,
    "too early": early,
    "PCMA": a_law,
    "G.722": wide,
    "Opus": opus,
    "TCP": over_tcp,
    "TLS": over_tls,
    "SRTP": encrypted,
    "IPv6": over_ipv6,
}


@contextmanager
def companion(house: House, code: str) -> Iterator[SippPhone]:
    """Somebody to talk to: the owner, by the owner's code."""
    with house.stranger() as other:
        other.say(tone(OTHER_HZ, 2 * _LONG, LEVEL))
        other.dial(house.uri(f"{code}99"), "talk")
        house.mixer.wait_for(code, "owner_in")
        yield other
        other.hang_up()
        other.finish()


def talk(phone: Phone, other: SippPhone, allowance: float = 1) -> None:
    """For a second, then the phone hangs up: each has heard the other as loud as they speak, and nobody themselves."""
    hear_more(other, 0.5)
    heard = hear_more(other, 1)
    level = tone_level(heard, OWN_HZ)
    assert level == pytest.approx(LEVEL, abs=allowance), f"{phone.name} is heard"
    assert tone_peak(heard, OTHER_HZ) < ABSENT, "nobody hears themselves"
    phone.hang_up()
    phone.wait_for(State.OVER)
    level = _usual_level(phone.heard(), OTHER_HZ)
    assert level == pytest.approx(LEVEL, abs=allowance), f"{phone.name} hears"
    assert tone_peak(last(phone.heard(), 1), OWN_HZ) < ABSENT, f"{phone.name} hears itself"


def _talk(house: House, kind: Kind, wish: Wish) -> None:
    code = house.conference()
    with kind.make(house, house.account(), wish) as phone, companion(house, code) as other:
        phone.say(tone(OWN_HZ, _LONG, LEVEL, phone.rate))
        phone.dial(kind.address(house, code, wish))
        phone.wait_for(State.TALKING)
        house.mixer.wait_for(code, "joined", count=2)
        talk(phone, other, kind.allowance.get(wish.codec, 1))


def _usual_level(pcm: Pcm, hz: float) -> float:
    """Of a tone while it is heard, for a second of it at least."""
    levels = tone_levels(pcm, hz)
    present = levels[levels > -30]
    assert present.size >= 15, f"{hz} Hz is heard for {present.size / 20} s only"
    return float(np.median(present))
