"""Keys in the sound: what ITU-T Q.24 wants taken is taken, once, and next to nothing of it is heard by others."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media import levels
from media.codecs import G722, PCMA, PCMU
from media.inband import KEYS, InBand
from media.prompt import Prompt
from media.prompts import Prompts
from tests.media.tones_and_voices import key, noise, silence, tone, voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tests.media.tones_and_voices import Sound

MS = 0.001


def heard(sound: Sound, rate: int = 8000, begin: int = 0) -> tuple[str, NDArray[np.int16]]:
    """The keys, and what is left of the sound, which begins ``begin`` samples before a frame."""
    frame = rate // 50
    whole = np.r_[np.zeros(frame - begin % frame), sound, np.zeros(6 * frame)]
    pcm = np.clip(np.rint(whole[: len(whole) // frame * frame]), -32768, 32767).astype(np.int16).reshape(-1, 1, frame)
    detector, keys = InBand(rate), ""
    for now in pcm:
        keys += "".join(digit for _, digit in detector.take(np.array([0]), now, levels.power(now)))
    return keys, pcm.reshape(-1)


def count(sounds: Sequence[Sound], rate: int = 8000) -> list[str]:
    """The keys in each of them, all as legs of one detector."""
    frame, longest = rate // 50, max(map(len, sounds))
    pcm = np.zeros((len(sounds), longest // frame * frame + 6 * frame), np.int16)
    for row, sound in zip(pcm, sounds, strict=True):
        row[: len(sound)] = np.clip(np.rint(sound), -32768, 32767)[: len(row)]
    detector, keys, legs = InBand(rate), [""] * len(sounds), np.arange(len(sounds))
    for at in range(0, pcm.shape[1], frame):
        now = pcm[:, at : at + frame].copy()
        for leg, digit in detector.take(legs, now, levels.power(now)):
            keys[leg] += digit
    return keys


def at_every_place(rate: int = 8000, **how: object) -> tuple[list[str], list[Sound]]:
    """Presses of every key, each elsewhere in a frame and with other phases."""
    random, digits, sounds = np.random.default_rng(4), [], []
    for n, digit in enumerate(KEYS * 4):
        digits.append(digit)
        pressed = key(digit, **{"seconds": 0.04, "rate": rate, "phases": random.uniform(0, 6, 2), **how})  # type: ignore[arg-type]
        sounds.append(np.r_[np.zeros(rate // 50 * n // 64), pressed])
    return digits, sounds


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"seconds": 1.0},
        {"dbov": -6.2},
        {"dbov": -35.0},
        {"twist": 8.0, "dbov": -15.0},
        {"twist": -8.0, "dbov": -15.0},
        {"off": (1.5, 1.5)},
        {"off": (-1.5, -1.5)},
        {"off": (1.8, -1.8)},
        {"off": (1.5, -1.5), "twist": 4.0, "dbov": -30.0},
    ],
    ids=str,
)
def test_40_ms_of_a_key_within_the_tolerances_are_taken_wherever_they_begin(rate: int, how: dict[str, object]) -> None:
    digits, sounds = at_every_place(rate, **how)
    assert count(sounds, rate) == digits


@pytest.mark.parametrize(
    "how",
    [
        {"seconds": 0.023},
        {"dbov": -40.0},
        {"twist": 13.0},
        {"twist": -13.0},
        *({"seconds": 0.1, "off": off} for off in [(3.5, 0.0), (-3.5, 0.0), (0.0, 3.5), (0.0, -3.5), (3.5, -3.5)]),
    ],
    ids=str,
)
def test_what_is_too_short_too_soft_too_uneven_or_too_far_off_is_no_key(how: dict[str, object]) -> None:
    assert set(count(at_every_place(**how)[1])) == {""}


def test_the_pair_is_taken_in_noise_15_db_below_it_and_nine_of_ten_at_8_db() -> None:
    random = np.random.default_rng(5)
    digits, sounds = at_every_place(seconds=0.05, dbov=-20.0)
    coded = [PCMU.decode(PCMU.encode(noise(sound, -32.0, random).astype(np.int16))) for sound in sounds]
    assert count([*map(np.float64, coded)]) == digits
    poor = count([noise(sound, -25.0, random) for sound in sounds])
    assert sum(taken == digit for taken, digit in zip(poor, digits, strict=True)) >= 0.9 * len(digits)


def test_99_of_100_are_taken_while_a_voice_10_db_below_goes_on() -> None:
    random, taken = np.random.default_rng(8), 0
    for _ in range(5):
        digits, sounds = at_every_place(seconds=0.06, dbov=-18.0)
        voices = np.split(voice(6.4, random)[: 64 * 800], 64)
        mixed = []
        for sound, said in zip(sounds, voices, strict=True):
            pressed = np.r_[sound, np.zeros(800)][:800]
            softer = np.sqrt((pressed**2).sum() / 480 / 10 / max((said**2).mean(), 1))
            mixed.append(pressed + softer * said)
        taken += sum(heard == digit for heard, digit in zip(count(mixed), digits, strict=True))
    assert taken >= 0.99 * 5 * 64


@pytest.mark.parametrize("coded", ["PCMU", "PCMA", "G722"])
def test_every_codec_carries_keys(coded: str) -> None:
    digits, sounds = at_every_place(16000 if coded == "G722" else 8000, seconds=0.06)
    if coded == "G722":
        through = []
        for sound in sounds:
            encoder, decoder = G722.encoder(), G722.decoder()
            pcm = np.r_[sound, np.zeros(-len(sound) % 320)].astype(np.int16)
            through.append(np.concatenate([decoder.decode(encoder.encode(part)) for part in pcm.reshape(-1, 320)]))
        assert count([*map(np.float64, through)], 16000) == digits
        return
    law = PCMU if coded == "PCMU" else PCMA
    assert count([law.decode(law.encode(sound.astype(np.int16))).astype(np.float64) for sound in sounds]) == digits


@pytest.mark.parametrize("begin", range(0, 160, 16))
def test_a_pause_of_40_ms_parts_two_presses_and_an_interruption_of_20_does_not(begin: int) -> None:
    press = key("5", 60 * MS)
    assert heard(np.r_[press, silence(40 * MS), press], begin=begin)[0] == "55"
    assert heard(np.r_[press, silence(20 * MS), press], begin=begin)[0] == "5"


def test_a_code_keyed_in_fast_is_heard_in_order() -> None:
    code = "4711*0000#"
    sound = np.concatenate([np.r_[key(digit, 45 * MS), silence(45 * MS)] for digit in code])
    assert heard(sound)[0] == code


def test_a_lost_frame_in_a_long_press_makes_it_no_second_one() -> None:
    sound = key("9", 0.3)
    sound[5 * 160 : 6 * 160] = sound[4 * 160 : 5 * 160]  # the frame before it again: its phase jumps twice
    sound[9 * 160 : 10 * 160] = 0
    assert heard(sound)[0] == "9"


def test_of_a_press_others_hear_10_ms_at_most() -> None:
    for digit, begin in itertools.product("159D", range(0, 160, 8)):
        taken, left = heard(key(digit, 0.1), begin=begin)
        assert taken == digit
        assert np.count_nonzero(left) <= 80
    taken, left = heard(noise(key("7", 0.1, -20.0), -40.0, np.random.default_rng(1)))
    assert taken == "7" and levels.as_dbov(levels.power(left[None, 160 : 160 + 800])) < -127 + 1e-9


def test_what_others_hear_of_a_press_is_no_key_when_their_phones_echo_it() -> None:
    for begin in range(0, 160, 8):
        echo = heard(key("8", 0.1), begin=begin)[1]
        assert heard(echo.astype(np.float64))[0] == ""


def test_what_sounds_before_and_after_a_press_stays_and_other_legs_stay_bit_by_bit() -> None:
    said = voice(1, np.random.default_rng(3)).reshape(-1, 160)
    loudest = said[np.square(said).sum(axis=1).argmax()]
    pcm = np.stack([key("3", 0.02), loudest, tone(1000, 0.02, -10)]).astype(np.int16)
    detector, before, power = InBand(), pcm.copy(), levels.power(pcm)
    assert detector.take(np.array([4, 7, 9]), pcm, power) == []
    assert not pcm[0].any() and power[0] == 0
    assert np.array_equal(pcm[1:], before[1:]) and power[1:].all()


def test_a_leg_that_is_gone_leaves_no_half_press_to_the_next() -> None:
    frames = key("1", 0.06).astype(np.int16).reshape(-1, 1, 160)
    detector = InBand()
    assert detector.take(np.array([3]), frames[0], levels.power(frames[0])) == []
    detector.forget(3)
    assert detector.take(np.array([3]), frames[1][:, :], levels.power(frames[1]) * 0) == []
    assert detector.take(np.array([3]), frames[2], levels.power(frames[2])) == []


def test_frames_that_are_missing_end_a_press() -> None:
    frames = key("1", 0.08).astype(np.int16).reshape(-1, 1, 160)
    detector, keys = InBand(), []
    for _ in range(2):
        for frame in frames.copy():
            keys += detector.take(np.array([0]), frame, levels.power(frame))
        for _ in range(2):
            keys += detector.take(np.zeros(0, np.intp), np.zeros((0, 160), np.int16), np.zeros(0))
    assert keys == [(0, "1"), (0, "1")]


FALSE_FRIENDS = {
    "dial tone, Europe": [(425,)],
    "dial tone, USA": [(350, 440)],
    "ringing, USA": [(440, 480)],
    "busy, USA": [(480, 620)],
    "special information": [(950,), (1400,), (1800,)],
    "fax calling": [(1100,)],
    "fax answering": [(2100,)],
    "fax V.21": [(1650, 1850)],
    "modem V.21 both ways": [(980, 1180), (1650, 1850)],
    "MF signalling of trunks": [(700, 900), (700, 1100), (900, 1100), (1100, 1300), (1300, 1500), (1500, 1700)],
    "a tone of the low group": [(697,), (941,)],
    "a tone of the high group": [(1209,), (1633,)],
    "two of the low group": [(770, 941)],
    "two of the high group": [(1209, 1477)],
    "three tones": [(697, 1209, 1477), (770, 941, 1336)],
}


@pytest.mark.parametrize("name", FALSE_FRIENDS)
def test_other_tones_of_the_telephone_are_no_keys(name: str) -> None:
    each = [sum(tone(hertz, 0.3, -16.0) for hertz in tones) for tones in FALSE_FRIENDS[name]]
    assert heard(np.concatenate([*each, *(silence(0.1), *each)]))[0] == ""  # type: ignore[list-item]  # arrays


@pytest.mark.parametrize("decibels", [-6.0, -3.0])
def test_a_pair_with_second_harmonics_is_a_voice(decibels: float) -> None:
    pair = key("5", 0.2, -14.0)
    harmonics = tone(2 * 770, 0.2, -14.0 + decibels) + tone(2 * 1336, 0.2, -14.0 + decibels)
    assert heard(pair + harmonics)[0] == ""


@pytest.mark.parametrize("rate", [8000, 16000])
def test_twenty_voices_press_nothing(rate: int) -> None:
    random = np.random.default_rng(6)
    voices = [voice(10, random, rate) for _ in range(20)]
    assert "".join(count(voices, rate)) == ""


def test_no_key_is_in_our_prompts_and_our_music() -> None:
    prompts = Prompts("en")
    spoken = [prompts.pcm(prompt, language) for prompt in Prompt for language in ("en", "ru")]
    sounds = [np.tile(pcm, 4)[n::1] for pcm in [*spoken, prompts.music()] for n in (0, 37)]
    assert set(count([*map(np.float64, sounds)])) == {""}
