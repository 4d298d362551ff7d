"""Rooms in which somebody's codec is wideband: who hears what, and how well."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.bridge.protocol import Codec, RemoveLeg
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone, amplitude, converse, decibels, tone

every_wide = pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)
every_codec = pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA, *WIDE], ids=lambda codec: codec.name)

HALF = 25


def last(phone: Phone, frames: int = 50) -> np.ndarray:
    return np.concatenate(phone.heard[-frames:]).astype(float)


@every_wide
def test_narrow_and_wide_hear_each_other_as_loud_as_they_speak(codec):
    rig = Rig()
    narrow, wide = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec)
    converse(rig, [narrow, wide], {1: tone(narrow, 1000)}, 100)
    assert abs(decibels(amplitude(last(wide), 16000, 1000), 8000)) < 0.5
    assert decibels(np.abs(last(narrow)).max(), 8000) < -50
    converse(rig, [narrow, wide], {2: tone(wide, 1000)}, 100)
    assert abs(decibels(amplitude(last(narrow), 8000, 1000), 8000)) < 0.5


@every_wide
def test_what_only_wideband_has_is_heard_by_the_wide_and_no_ghost_of_it_by_the_narrow(codec):
    rig = Rig()
    narrow, speaker, listener = Phone(rig, 1, Codec.PCMU), Phone(rig, 2, codec), Phone(rig, 3, codec)
    converse(rig, [narrow, speaker, listener], {2: tone(speaker, 6000)}, 100)
    assert abs(decibels(amplitude(last(listener), 16000, 6000), 8000)) < 3
    assert decibels(amplitude(last(narrow), 8000, 2000), 8000) < -50


@every_codec
def test_nobody_hears_oneself(codec):
    rig = Rig()
    phones = [Phone(rig, 1, codec), Phone(rig, 2, Codec.PCMU), *(Phone(rig, 3 + n, one) for n, one in enumerate(WIDE))]
    said = {1: tone(phones[0], 1000), 2: tone(phones[1], 400)}
    converse(rig, phones, said, 150)
    rate = phones[0].form.sample_rate
    assert abs(decibels(amplitude(last(phones[0]), rate, 400), 8000)) < 0.5
    assert decibels(amplitude(last(phones[0]), rate, 1000), 8000) < -50


@every_wide
def test_a_silent_wide_leg_that_comes_and_goes_changes_no_bit_of_what_narrow_ones_hear(codec):
    def heard(guest: bool) -> list[bytes]:
        rig = Rig()
        phones = [Phone(rig, n, law) for n, law in ((1, Codec.PCMU), (2, Codec.PCMA), (3, Codec.PCMU))]
        said = {n: tone(phone, 300 * n, 20000) for n, phone in enumerate(phones[:2], 1)}
        converse(rig, phones, said, 10)
        everybody = [*phones, Phone(rig, 9, codec)] if guest else phones
        converse(rig, everybody, said, 20, 10)
        if guest:
            rig.obey(RemoveLeg(9))
        converse(rig, phones, said, 10, 30)
        return [packet[12:] for phone in phones for packet in phone.octets]

    assert heard(guest=True) == heard(guest=False)
