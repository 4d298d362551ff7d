"""What the bridge is given of a sound: every codec that a leg may have."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.bridge.coders import CODERS
from mixer.bridge.ears import map_sound
from mixer.bridge.protocol import SOUND_OCTETS, Codec, LoadSound
from mixer.bridge.sounds import Recording, Sounds, Source
from tests.phones.waiting import PATIENCE, until

PART = {codec: nth for nth, codec in enumerate(Codec)}
every_codec = pytest.mark.parametrize("codec", CODERS, ids=lambda codec: codec.name)


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.round(8000 * np.sin(2 * np.pi * 450 * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def chord(rate: int) -> np.ndarray:
    """A second of some tones without an end."""
    phase = 2 * np.pi * np.arange(rate) / rate
    return np.round(sum(3000 * np.sin(hertz * phase + hertz) for hertz in (220, 277, 330, 660, 1111))).astype(np.int16)


def encoded(source: Source, codecs: tuple[Codec, ...] = tuple(Codec), *, loop: bool = False) -> np.ndarray:
    """[codec, frame, octet]"""
    recording = Recording(source, codecs, loop=loop)
    recording.complete()
    with recording.file as file:
        return np.array(map_sound(file.fileno(), recording.frames))


def decoded(parts: np.ndarray, codec: Codec, first: int = 0) -> np.ndarray:
    """What somebody hears who has heard nothing before the frame ``first``, twice around."""
    coder, frames = CODERS[codec], parts[PART[codec]]
    around = np.concatenate((frames[first:], frames))[:, : coder.format.octets]
    decode = coder.decoder().decode
    return np.concatenate([decode(octets) for octets in around])


@every_codec
def test_each_codec_has_the_sound_at_its_own_rate(codec: Codec) -> None:
    form = CODERS[codec].format
    heard = decoded(encoded(tone), codec)[form.samples * 5 : form.samples * 25]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * form.sample_rate / len(heard) == pytest.approx(450, abs=3)


@every_codec
def test_a_loop_turns_without_a_burst_for_coders_with_a_memory_too(codec: Codec) -> None:
    """Encoded from its start as if nothing had been before, it would come out of G.722 four times as loud there."""
    rate, samples = CODERS[codec].format.sample_rate, CODERS[codec].format.samples
    parts = encoded(chord, loop=True)
    heard = decoded(parts, codec, first=25).reshape(-1, samples)[25:30].astype(float)
    said = chord(rate).reshape(-1, samples)[:5]
    assert np.sqrt((heard**2).mean(axis=1) / (said.astype(float) ** 2).mean(axis=1)) == pytest.approx(1, abs=0.35)


def test_what_no_leg_has_is_zeros_and_the_last_frame_is_filled_up() -> None:
    asked = []

    def source(rate: int) -> np.ndarray:
        asked.append(rate)
        return tone(rate, 0.05)

    parts = encoded(source, (Codec.PCMA,))
    assert parts.shape == (4, 3, SOUND_OCTETS) and asked == [8000]
    assert parts.any(axis=(1, 2)).tolist() == [codec is Codec.PCMA for codec in Codec]
    assert (parts[1, 2, 80:] == 0xD5).all()
    assert encoded(lambda _: np.zeros(0, np.int16), (Codec.PCMU,)).shape == (4, 1, SOUND_OCTETS)


def test_the_bridge_maps_what_was_encoded() -> None:
    """What is slow to encode follows when the bridge has it already."""
    maps = []
    sounds = Sounds(lambda command, fd: maps.append((command, map_sound(fd, command.frames))), (Codec.PCMU, Codec.G722))
    number = sounds.load("tone", tone)
    ((command, frames),) = maps
    assert command == LoadSound(number, 25)
    wanted = encoded(tone, (Codec.PCMU, Codec.G722))
    assert (frames[PART[Codec.PCMU]] == wanted[PART[Codec.PCMU]]).all()
    until(lambda: bool((frames == wanted).all()), PATIENCE, "the rest is encoded")


@every_codec
def test_until_it_is_encoded_a_sound_is_silence(codec: Codec) -> None:
    recording = Recording(tone, (codec,))
    with recording.file as file:
        heard = decoded(map_sound(file.fileno(), recording.frames), codec)
    assert (np.abs(heard).max() < 10) == (CODERS[codec].format.sample_rate == 16000)


def test_what_cannot_be_completed_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def source(rate: int) -> np.ndarray:
        if rate == 16000:
            raise OSError(28, "No space left on device")
        return tone(rate)

    Sounds(lambda *_: None).load("tone", source)
    until(lambda: "tone can't be heard by HD phones: [Errno 28]" in caplog.text, PATIENCE, "it is in the log")
