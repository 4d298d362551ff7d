"""What is music and what is not, of sounds made or shipped here; ``tests.bench.hold_music`` takes recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr

from media.music_detection import MusicDetection
from media.prompt import Prompt
from media.prompts import Prompts
from tests.media.watching import RATE, telephone, tones, watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = 160


def noise(seconds: float, dbov: float, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 10 ** (dbov / 20), round(seconds * RATE))


def vacuum_cleaner(seconds: float) -> NDArray[np.float64]:
    """Harmonics of its motor in a roar."""
    return tones(seconds, range(300, 3000, 300), -26) + noise(seconds, -30)


def motor(seconds: float, seed: int = 4) -> NDArray[np.float64]:
    """Harmonics of one fundamental that wanders between half and twice 110 Hz."""
    rng, size = np.random.default_rng(seed), round(seconds * RATE)
    walk = np.cumsum(rng.normal(0, 0.03, round(seconds * 5) + 2)).clip(-0.7, 0.7)
    turns = np.cumsum(110 * np.exp(np.interp(np.arange(size) / RATE * 5, np.arange(len(walk)), walk))) / RATE
    return sum(np.sin(2 * np.pi * nth * turns + nth**2) for nth in range(1, 18)) * 0.01


def applause(seconds: float, seed: int = 2) -> NDArray[np.float64]:
    """Claps at any time, each a burst of noise."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE))
    burst = np.exp(-np.arange(400) / 60)
    for start in rng.integers(0, len(sound) - 400, round(seconds * 60)):
        sound[start : start + 400] += rng.normal(0, 0.05, 400) * burst
    return sound


SPOKEN = (
    Prompt.ENTER_CODE,
    Prompt.NOT_STARTED,
    Prompt.NO_SUCH_CONFERENCE,
    Prompt.NOT_ADMITTED,
    Prompt.NOT_NOW,
    Prompt.GOOD_BYE,
    Prompt.RECORDED,
    Prompt.PRESS_ONE,
    Prompt.MUTED,
)
"""Whoever talks says sentences, not single words; by name, so that other prompts change nothing of what is heard."""


def speech(seconds: float, seed: int = 3) -> NDArray[np.float64]:
    """Sentences of ours in both languages in any order, with pauses between them."""
    rng = np.random.default_rng(seed)
    prompts, parts, length = Prompts("en"), [], 0
    while length < seconds * RATE:
        prompt, language = SPOKEN[rng.integers(len(SPOKEN))], ("en", "ru")[rng.integers(2)]
        parts += [prompts.pcm(prompt, language), np.zeros(round(rng.uniform(0.1, 0.8) * RATE), np.int16)]
        length += len(parts[-2]) + len(parts[-1])
    return np.concatenate(parts)[: round(seconds * RATE)] / 32768


def music(seconds: float) -> NDArray[np.float64]:
    """What we play ourselves."""
    return np.resize(Prompts("en").music(), round(seconds * RATE)) / 32768


def silence(seconds: float) -> NDArray[np.float64]:
    return np.zeros(round(seconds * RATE))


def test_hold_music_is_found_out_within_25_seconds_and_not_at_once() -> None:
    (found,) = watch([telephone(music(60))])
    assert found.music
    assert 8 < found.second < 25


@pytest.mark.parametrize(
    "sound",
    [
        speech(180),
        speech(90) + noise(90, -35),
        noise(60, -25),
        vacuum_cleaner(60),
        speech(90) + vacuum_cleaner(90) / 2,
        applause(60),
        np.full(10 * RATE, 0.99),
        np.full(10 * RATE, -0.01),
        np.tile([0.5, -0.5], 5 * RATE),
    ],
    ids=[
        "speech",
        "speech in noise",
        "noise",
        "a vacuum cleaner",
        "speech beside a vacuum cleaner",
        "applause",
        "direct current",
        "a little direct current",
        "the highest frequency",
    ],
)
def test_speech_and_noise_are_no_music(sound: NDArray[np.float64]) -> None:
    assert watch([telephone(sound)]) == []


@pytest.mark.parametrize(
    ("tone", "within"),
    [
        (tones(60, [350, 440]), 10),  # a dial tone of North America
        (tones(60, [425], on=0.5, off=0.5), 25),  # busy, in most of Europe
        (tones(60, [480, 620], on=0.25, off=0.25), 60),  # congestion in North America
        (tones(90, [425], on=1, off=4), 60),  # ring-back in Europe
        (tones(90, [440, 480], on=2, off=4), 30),  # ring-back in North America
        (tones(90, [1100], on=0.5, off=3), 90),  # a fax machine that calls
    ],
    ids=["dial tone", "busy", "congestion", "ring-back", "ring-back of two tones", "fax"],
)
def test_the_tones_of_a_telephone_network_are_found_out_too(tone: NDArray[np.float64], within: float) -> None:
    (found,) = watch([telephone(tone)])
    assert found.music
    assert found.second < within


def test_a_pause_between_two_tracks_ends_nothing_and_a_longer_silence_does() -> None:
    tracks = np.concatenate([music(40), silence(4), music(20)])
    found, ended = watch([telephone(np.concatenate([tracks, silence(30)]))])
    assert (found.music, ended.music) == (True, False)
    assert 64 + 5 < ended.second < 64 + 16


def test_an_announcement_between_the_music_ends_nothing_and_whoever_comes_back_and_talks_is_noticed() -> None:
    call = [music(40), speech(5), music(20), speech(30, seed=5)]
    found, ended = watch([telephone(np.concatenate(call))])
    assert (found.music, ended.music) == (True, False)
    assert 65 < ended.second < 65 + 15


def test_whoever_talks_after_the_music_is_noticed_within_twelve_seconds_with_all_the_pauses_of_speech() -> None:
    calls = [telephone(np.concatenate([music(30), speech(20, seed=seed)])) for seed in range(12)]
    ended = {each.leg: each.second - 30 for each in watch(calls) if not each.music}
    assert len(ended) == len(calls)
    assert 5 < min(ended.values()) < max(ended.values()) < 12


def test_at_16_khz_the_same_is_found_at_the_same_time() -> None:
    narrow = telephone(np.concatenate([music(30), speech(20)]))
    wide = soxr.resample(narrow, RATE, 2 * RATE)
    for one, other in zip(watch([narrow]), watch([wide], rate=2 * RATE), strict=True):
        assert (one.leg, one.music) == (other.leg, other.music)
        assert one.second == pytest.approx(other.second, abs=1.5)


def test_of_a_machine_all_lines_move_at_once_and_of_music_they_do_not() -> None:
    detection = MusicDetection(3)
    watch([telephone(motor(30)), telephone(music(30)), telephone(motor(30, seed=5))], detection=detection)
    one, tune, other = detection._glides
    assert min(one, other) > 0.6
    assert tune < 0.3


def test_whoever_glides_as_a_machine_does_is_not_taken_for_music(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MusicDetection, "_glide", lambda _, leg, lines: np.ones(len(leg)))
    assert watch([telephone(music(60))]) == []


def test_of_a_wide_leg_what_is_beyond_the_band_alone_is_no_music() -> None:
    assert watch([np.tile(np.array([16000, -16000], np.int16), 10 * RATE)], rate=2 * RATE) == []


def test_each_of_many_legs_is_found_out_as_if_it_were_alone() -> None:
    call = telephone(np.concatenate([music(25), speech(20)]))
    talk = telephone(speech(45, seed=6))
    together = watch([talk, call, talk, talk, talk, call, talk])
    assert {news.leg for news in together} == {1, 5}
    for leg in (1, 5):
        alone = watch([*[np.zeros(FRAME, np.int16)] * leg, call])
        assert [news for news in together if news.leg == leg] == alone


def test_a_row_that_is_used_again_begins_anew_and_more_rows_change_nothing() -> None:
    call = telephone(music(30))
    detection = MusicDetection(2)
    first = watch([call[: 10 * RATE]] * 2, detection=detection)
    assert first == []
    detection.enlarge(9)
    detection.forget(1)
    (goes_on,) = watch([call[10 * RATE : 17 * RATE]] * 2, detection=detection)
    assert (goes_on.leg, goes_on.music) == (0, True)


def test_who_is_not_watched_stays_as_they_are() -> None:
    detection = MusicDetection(2)
    watch([telephone(music(30))] * 2, detection=detection)
    assert detection.music.all()
    for tick in range(3000, 5000):
        assert all(leg == 0 for leg in detection.look(np.array([True, False]), tick))
    assert detection.music.tolist() == [False, True]
