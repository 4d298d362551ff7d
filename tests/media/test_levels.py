from __future__ import annotations

import numpy as np
import pytest

from media.levels import ONSET, ONSET_FRAMES, RELEASE, RELEASE_FRAMES, SILENT, Speech, as_dbov, power
from media.tones import sine

LOUD, QUIET, BETWEEN = ONSET + 10, RELEASE - 10, (ONSET + RELEASE) / 2


def test_the_level_of_a_full_square_is_zero_and_of_a_full_sine_minus_three() -> None:
    square = np.tile(np.array([-32768, -32768], np.int16), 80)
    full = np.rint(32767 * np.sin(2 * np.pi * np.arange(160) / 16)).astype(np.int16)
    levels = as_dbov(power(np.stack([square, full, np.zeros(160, np.int16), sine(1000, 0.02, 8000, -30)])))
    assert levels.tolist() == pytest.approx([0, -3.01, SILENT, -30], abs=0.01)


def test_no_frames_have_no_levels() -> None:
    assert as_dbov(power(np.zeros((0, 160), np.int16))).shape == (0,)


def heard(speech: Speech, levels: list[float]) -> list[bool]:
    said = []
    for level in levels:
        speech.update(np.full(len(speech.speaking), 10 ** (level / 10)))
        said.append(bool(speech.speaking[0]))
    return said


def test_a_click_is_no_speech_and_200_ms_of_sound_are() -> None:
    assert not any(heard(Speech(1), [LOUD, SILENT] * 10))
    assert heard(Speech(1), [LOUD] * ONSET_FRAMES)[-1]


def test_a_pause_between_words_is_speech_and_a_longer_one_is_silence() -> None:
    word, pause = [LOUD] * ONSET_FRAMES, [SILENT] * (RELEASE_FRAMES - 1)
    assert all(heard(Speech(1), word + pause + word + pause)[ONSET_FRAMES - 1 :])
    assert heard(Speech(1), word + pause + [SILENT])[-2:] == [True, False]


def test_between_the_two_levels_everything_stays_as_it_was() -> None:
    assert not any(heard(Speech(1), [BETWEEN] * 100))
    assert all(heard(Speech(1), [LOUD] * ONSET_FRAMES + [BETWEEN, QUIET] * 100)[ONSET_FRAMES - 1 :])


def test_each_change_is_told_once_with_its_leg() -> None:
    speech, told = Speech(3), []
    levels = np.array([LOUD, QUIET, LOUD], np.float64)
    for tick in range(60):
        if tick == 20:
            levels[2] = QUIET
        told += [(tick, leg, bool(speech.speaking[leg])) for leg in speech.update(10 ** (levels / 10)).tolist()]
    first = ONSET_FRAMES - 1
    assert told == [(first, 0, True), (first, 2, True), (19 + RELEASE_FRAMES, 2, False)]


def test_rows_are_added_and_forgotten() -> None:
    speech = Speech(1)
    heard(speech, [LOUD] * ONSET_FRAMES)
    speech.enlarge(3)
    assert speech.speaking.tolist() == [True, False, False]
    speech.forget(0)
    assert speech.speaking.tolist() == [False, False, False]
    assert speech.update(10 ** (np.array([LOUD, LOUD, SILENT]) / 10)).tolist() == []
