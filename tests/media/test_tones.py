from __future__ import annotations

import numpy as np
import pytest

from media.levels import as_dbov, power
from media.tones import faded, silence, sine


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_sine_has_its_pitch_length_and_level(rate: int) -> None:
    tone = sine(440, 1.5, rate, -20)
    assert len(tone) == 1.5 * rate and tone.dtype == np.int16
    assert np.abs(np.fft.rfft(tone)).argmax() / 1.5 == 440
    assert as_dbov(power(tone[None]))[0] == pytest.approx(-20, abs=0.01)


@pytest.mark.parametrize(("hertz", "level"), [(0, -10), (4000, -10), (440, -3)])
def test_what_cannot_sound_is_refused(hertz: int, level: float) -> None:
    with pytest.raises(ValueError, match=r"can't be told|exceeds full scale"):
        sine(hertz, 1, 8000, level)


def test_a_fade_touches_the_ends_only() -> None:
    flat = np.full(1000, 10_000, np.int16)
    soft = faded(flat, 8000, 0.01)
    assert abs(int(soft[0])) < 20 and abs(int(soft[-1])) < 20
    assert np.array_equal(soft[80:-80], flat[80:-80])
    assert np.all(np.diff(soft[:80].astype(np.int32)) > 0) and np.array_equal(soft, soft[::-1])


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_a_sound_shorter_than_its_fades_stays_as_long(length: int) -> None:
    assert len(faded(np.full(length, 100, np.int16), 8000)) == length


def test_a_faded_tone_starts_and_ends_without_a_click() -> None:
    tone = faded(sine(1000, 0.3, 16000), 16000)
    assert len(tone) == 4800
    assert np.abs(np.diff(tone.astype(np.int32))).max() < 4500
    assert np.abs(tone[[0, 1, -2, -1]]).max() < 100


def test_silence_is_silent() -> None:
    assert silence(0.5, 8000).tolist() == [0] * 4000
