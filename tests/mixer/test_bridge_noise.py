"""Comfort noise on its way through the bridge."""

from __future__ import annotations

import numpy as np

from tests.mixer.bridge_rig import Rig, level, rtp, through

NOISE, LEVEL = 13, 50


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def test_in_the_pause_of_a_phone_the_others_hear_its_noise_for_seconds_and_no_loss_is_counted():
    rig = Rig()
    phone, listener = rig.add(1), rig.add(2)
    for _ in range(50):
        rig.tick({phone: level(3000)})
    rig.put(rtp(bytes([LEVEL]), rig.sequence, payload_type=NOISE), phone)
    pause = [rig.tick()[listener].sound for _ in range(400)]
    assert 0.7 < rms(np.concatenate(pause[8:100])) / (32768 * 10 ** (-LEVEL / 20)) < 1.4
    assert not (np.concatenate(pause[260:]) != through(np.zeros(1, np.int16))).any()
    statistics = rig.statistics()
    assert [(leg.lost, leg.late) for leg in statistics.legs] == [(0, 0), (0, 0)]
    assert statistics.malformed == 0


def test_comfort_noise_without_an_octet_is_no_noise():
    rig = Rig()
    phone, listener = rig.add(1), rig.add(2)
    rig.ticks(20, {phone: level(3000)})
    rig.put(rtp(b"", rig.sequence, payload_type=NOISE), phone)
    assert not rig.ticks(10)[listener].sound.any()
