"""What is heard instead of lost packets."""

from __future__ import annotations

import numpy as np
import pytest

from media.concealment import MERGED, SILENT
from media.jitter import JitterBuffer
from tests.media.speech import PROMPTS, in_bursts, ours, pieces, repeated, silence

SPEECH = pieces([PROMPTS / "en", PROMPTS / "ru"], 12)


def distance(clean: np.ndarray, heard: np.ndarray, lost: np.ndarray) -> float:
    """Between the logarithms of the spectra of the frames that were lost, in dB."""
    spectra = [np.abs(np.fft.rfft(sound[lost] * np.hanning(160), axis=1)) + 300 for sound in (clean, heard)]
    return float(np.sqrt(np.mean((20 * np.log10(spectra[0] / spectra[1])) ** 2)))


def likeness(clean: np.ndarray, heard: np.ndarray, lost: np.ndarray) -> float:
    """Segmental signal-to-noise ratio of the frames that were lost and are no silence, in dB; 0 of silence."""
    wanted = clean[lost].astype(float)
    power, noise = ((sound**2).sum(axis=1) + 1 for sound in (wanted, heard[lost] - wanted))
    return float(np.mean(np.clip(10 * np.log10(power / noise), -10, 35)[power > 160 * 100**2]))


def tone(rate: int, frames: int, frequency: float = 220) -> np.ndarray:
    n = np.arange(frames * rate // 50)
    return np.rint(9000 * np.sin(2 * np.pi * frequency / rate * n)).astype(np.int16).reshape(frames, -1)


def played(sound: np.ndarray, lost: set[int], rate: int = 8000) -> tuple[np.ndarray, JitterBuffer]:
    """One leg with these packets (n, samples), each played one tick after the one that took it; and ten ticks more."""
    buffer, out, size = JitterBuffer(1, rate), [], sound.shape[1]
    for tick in range(sound.size * 50 // rate + 10):
        for n in range(tick * buffer.frame // size, min((tick + 1) * buffer.frame // size, len(sound))):
            if n not in lost:
                first = np.array([n == 0])
                buffer.put(np.array([0]), np.array([n * size]), sound[n, None], fresh=~first, restart=first)
        due = buffer.play()
        out.append(due.pcm[0] if len(due.leg) else np.zeros(buffer.frame, np.int16))
    return np.array(out[1:]), buffer


@pytest.mark.parametrize(("frames", "nearer"), [(1, 2.5), (2, 1.0), (3, 0.2)])
def test_speech_is_more_like_itself_than_with_silence_and_than_with_the_last_frame_again(frames, nearer):
    lost = in_bursts(np.random.default_rng(1), SPEECH.shape[:2], 0.1, frames)
    lost[:, :10] = lost[:, -1] = False
    heard = {way: way(SPEECH, lost) for way in (silence, repeated, ours)}
    assert distance(SPEECH, heard[ours], lost) < 0.65 * distance(SPEECH, heard[silence], lost)
    assert likeness(SPEECH, heard[ours], lost) > likeness(SPEECH, heard[repeated], lost) + nearer


def test_what_is_not_lost_stays_as_it_is_but_for_the_first_milliseconds_after_a_gap():
    lost = np.random.default_rng(2).random(SPEECH.shape[:2]) < 0.05
    lost[:, :10] = False
    heard, after = ours(SPEECH, lost), np.roll(lost, 1, axis=1)
    assert (heard[~lost & ~after] == SPEECH[~lost & ~after]).all()
    merged = round(MERGED * 8000)
    assert (heard[~lost & after][:, merged:] == SPEECH[~lost & after][:, merged:]).all()


def test_who_loses_nothing_is_heard_bit_by_bit_beside_those_who_do():
    lost = np.random.default_rng(3).random(SPEECH.shape[:2]) < 0.2
    lost[:, 0] = lost[2] = False
    assert (ours(SPEECH, lost)[2] == SPEECH[2]).all()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_tone_goes_on_through_a_lost_frame_as_if_nothing_was_missing(rate):
    sound = tone(rate, 20)
    heard, buffer = played(sound, {9}, rate)
    assert np.abs(heard[:20].astype(int) - sound).max() < 0.04 * 9000
    assert buffer.concealment.concealed[0] == 1 + 4, "and the four after the end"


@pytest.mark.parametrize("rate", [8000, 16000])
def test_after_80_ms_there_is_silence_until_something_comes(rate):
    sound = tone(rate, 60)
    heard, _ = played(sound, set(range(10, 40)), rate)
    loud = np.abs(heard.astype(int)).max(axis=1)
    assert loud[10] > 8000 and loud[11] > 5000 and (np.diff(loud[10:14]) <= 0).all()
    assert not heard[10 + round(SILENT * 50) : 40].any()
    assert (heard[41:60] == sound[41:60]).all()


@pytest.mark.parametrize("lost", [{20}, {21}, {20, 23}, {19, 20}])
def test_of_a_frame_that_lacks_a_part_the_rest_is_heard(lost):
    sound = tone(8000, 40)
    heard, _ = played(sound.reshape(80, 80), lost)
    assert np.abs(heard[:40].astype(int) - sound).max() < 0.04 * 9000
    exact = np.ones(len(heard[:40].ravel()), bool)
    for n in lost:
        exact[n * 80 : (n + 1) * 80 + round(MERGED * 8000)] = False
    assert (heard[:40].ravel() == sound.ravel())[exact].all()


def test_what_is_made_up_is_never_taken_for_what_is_missing():
    sound = np.where(tone(16000, 30) > 0, 32767, -32768).astype(np.int16)
    heard, _ = played(sound, {9, 14, 15}, 16000)
    assert heard.min() == -32767
    assert np.abs(heard[9:16].astype(int)).max(axis=1).min() > 20_000


def test_nothing_is_made_up_before_a_stream_begins():
    heard, buffer = played(tone(8000, 3), set())
    assert not heard[-5:].any() and (heard[:3] == tone(8000, 3)).all()
    assert buffer.concealment.concealed[0] == 4
