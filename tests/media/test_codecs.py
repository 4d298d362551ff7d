from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs import CODECS, G722, OPUS, PCMA, PCMU, Codec, Decoder, MalformedSound, declare_libopus, opus_missing
from media.prompt import Prompt
from media.prompts import Prompts
from media.resample import Up

if TYPE_CHECKING:
    from pathlib import Path

_OPUS_DELAY = 103  # samples at 16 kHz: 6.5 ms

every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.format.encoding)


def voice(codec: Codec, frames: int = 50) -> np.ndarray:
    """Some harmonics of a gliding pitch that swell and fade, up to 3 kHz; frames as rows."""
    rate = codec.format.sample_rate
    time = np.arange(frames * codec.format.samples) / rate
    phase = 2 * np.pi * np.cumsum(310 + 40 * np.sin(2 * np.pi * 1.3 * time)) / rate
    wave = sum(np.sin(n * phase) / n for n in range(1, 9)) * (0.6 + 0.4 * np.sin(2 * np.pi * 2.1 * time))
    return np.round(4000 * wave).astype(np.int16).reshape(frames, -1)


def through(codec: Codec, pcm: np.ndarray) -> np.ndarray:
    encoder, decoder = codec.encoder(), codec.decoder()
    return np.concatenate([decoder.decode(encoder.encode(frame)) for frame in pcm])


def likeness(codec: Codec, said: np.ndarray, heard: np.ndarray) -> float:
    """The highest normalised correlation over delays up to 20 ms, after the codec has settled."""
    start, end = 10 * codec.format.samples, len(heard)
    x = said.ravel().astype(float)
    y = heard[start:].astype(float)
    delayed = (x[start - delay : end - delay] for delay in range(codec.format.samples))
    return max(float(y @ one) / float(np.linalg.norm(y) * np.linalg.norm(one)) for one in delayed)


@every_codec
def test_what_is_decoded_sounds_like_what_was_encoded(codec: Codec) -> None:
    said = voice(codec)
    heard = through(codec, said)
    assert len(heard) == said.size
    assert likeness(codec, said, heard) > 0.95


@every_codec
def test_every_packet_has_the_length_that_the_format_says(codec: Codec) -> None:
    encoder = codec.encoder()
    noise = np.random.default_rng(1).integers(-32768, 32767, (20, codec.format.samples)).astype(np.int16)
    for frame in (*voice(codec, 5), *noise, *np.zeros_like(noise)):
        octets = encoder.encode(frame)
        assert octets.shape == (codec.format.octets,) and octets.dtype == np.uint8


@every_codec
def test_silence_stays_silence(codec: Codec) -> None:
    heard = through(codec, np.zeros((25, codec.format.samples), np.int16))
    assert np.abs(heard[codec.format.samples :]).max() <= 8  # A-law has no zero


@every_codec
def test_the_packet_of_silence_may_be_repeated(codec: Codec) -> None:
    decoder = codec.decoder()
    assert codec.silent_packet.shape == (codec.format.octets,)
    heard = np.concatenate([decoder.decode(codec.silent_packet) for _ in range(250)])
    assert np.abs(heard).max() <= 8


@every_codec
def test_two_streams_know_nothing_of_each_other(codec: Codec) -> None:
    said = voice(codec, 10)
    one, two, alone = codec.encoder(), codec.encoder(), codec.encoder()
    hears_one, hears_two, hears_alone = codec.decoder(), codec.decoder(), codec.decoder()
    for frame in said:
        octets = one.encode(frame)
        hears_two.decode(two.encode(frame[::-1]))
        assert (octets == alone.encode(frame)).all()
        assert (hears_one.decode(octets) == hears_alone.decode(octets)).all()


@every_codec
def test_a_copy_of_an_encoder_goes_on_as_it_would(codec: Codec) -> None:
    said = voice(codec, 40)
    encoder, decoder, other = codec.encoder(), codec.decoder(), codec.decoder()
    for frame in said[:20]:
        octets = encoder.encode(frame)
        assert (decoder.decode(octets) == other.decode(octets)).all()
    copy = encoder.copy()
    heard = np.concatenate([decoder.decode(encoder.encode(frame)) for frame in said[20:]]).astype(int)
    hears = np.concatenate([other.decode(copy.encode(frame)) for frame in said[20:]]).astype(int)
    error = np.sum((heard - hears) ** 2) / np.sum(heard**2)
    assert error < 10**-1.5 if codec is G722 else error == 0


@every_codec
def test_a_part_of_a_longer_array_can_be_encoded_and_decoded(codec: Codec) -> None:
    spread = np.repeat(voice(codec, 1)[0], 2)[::2]
    octets = codec.encoder().encode(spread)
    assert (octets == codec.encoder().encode(spread.copy())).all()
    strided = np.repeat(octets, 2)[::2]
    assert (codec.decoder().decode(strided) == codec.decoder().decode(octets)).all()


@every_codec
@settings(max_examples=60, deadline=None)
@given(packets=st.lists(st.binary(max_size=480), max_size=5), lost=st.booleans())
def test_garbage_is_refused_or_is_some_sound_and_the_next_packet_is_sound_again(
    codec: Codec, packets: list[bytes], lost: bool
) -> None:
    decoder = codec.decoder()
    for packet in packets:
        for pcm in _tried(decoder, np.frombuffer(packet, np.uint8), codec.format.samples if lost else 0):
            assert pcm.dtype == np.int16 and pcm.ndim == 1 and len(pcm) <= 960
    good = codec.encoder().encode(voice(codec, 1)[0])
    assert len(decoder.decode(good)) == codec.format.samples


def _tried(decoder: Decoder, octets: np.ndarray, lost: int) -> list[np.ndarray]:
    sound = []
    try:
        if lost and (pcm := decoder.recover(octets, lost)) is not None:
            sound.append(pcm)
        sound.append(decoder.decode(octets))
    except MalformedSound:
        pass
    return sound


@every_codec
def test_only_opus_repeats_what_was_lost(codec: Codec) -> None:
    """Every fifth packet is lost.  The one before it in its place would be like the original by 0.7 only."""
    said = voice(codec)
    encoder, decoder = codec.encoder(), codec.decoder()
    packets = [encoder.encode(frame) for frame in said]
    if codec is not OPUS:
        assert decoder.recover(packets[1], codec.format.samples) is None
        return
    heard = []
    for n, packet in enumerate(packets):
        if n % 5 == 3:
            continue
        if n % 5 == 4:
            heard.append(decoder.recover(packet, codec.format.samples))
        heard.append(decoder.decode(packet))
    assert likeness(codec, said, np.concatenate(heard)) > 0.9


@pytest.mark.skipif(OPUS is None, reason="no libopus on this machine")
def test_opus_keeps_the_colour_of_a_voice_that_a_narrow_telephone_has_said() -> None:
    assert OPUS is not None
    said = Prompts("en").pcm(Prompt.MUTED, "en", 8000)
    said = PCMU.decoder().decode(PCMU.encoder().encode(said[: len(said) // 160 * 160]))
    up = Up(1)
    wide = np.concatenate([up.resample(frame, np.zeros(1, np.intp))[0] for frame in said.reshape(-1, 1, 160)])
    pcm = np.rint(wide).clip(-32768, 32767).astype(np.int16)
    heard = through(OPUS, pcm.reshape(-1, 320))
    before, after = (_telephone_band(sound) for sound in (pcm[:-_OPUS_DELAY], heard[_OPUS_DELAY:]))
    loud = before.max(axis=1) > 80
    assert np.sqrt(((before - after)[loud] ** 2).mean(axis=1)).mean() < 3, "dB; 2.3 as it should be, 4 as it was"


def _telephone_band(pcm: np.ndarray) -> np.ndarray:
    """dB from 300 to 3400 Hz, in frames of 32 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(pcm.astype(float), 512)[::256] * np.hanning(512)
    band: np.ndarray = 10 * np.log10(np.abs(np.fft.rfft(frames)[:, 10:109]) ** 2 + 1e4)
    return band


def test_the_registry_has_what_telephones_have_and_no_payload_type_twice() -> None:
    assert {PCMU, PCMA, G722} <= set(CODECS)
    numbers = [codec.format.payload_type for codec in CODECS]
    assert len(set(numbers)) == len(numbers)
    assert (OPUS is None) == (opus_missing() is not None)


@pytest.mark.parametrize("library", ["/nowhere/libopus.so", "libc.so.6"])
def test_where_no_libopus_can_be_loaded_there_is_all_but_opus_and_it_is_said_why(library: str) -> None:
    names = "[codec.format.encoding for codec in CODECS]"
    program = f"from media.codecs import *; print({names}, opus_missing())"
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CONFCTL_LIBOPUS": library},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"['G722', 'PCMU', 'PCMA'] {library}\n"


def test_what_is_declared_of_libopus_is_what_was_written_of_it(tmp_path: Path) -> None:
    anew = tmp_path / "anew.py"
    declare_libopus.write(anew)
    written, now = (ast.dump(ast.parse(file.read_text())) for file in (declare_libopus.FILE, anew))
    assert written == now, "python -m media.codecs.declare_libopus"


def test_no_declaration_is_parsed_when_a_process_starts() -> None:
    program = "import sys, media.codecs; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "media.codecs.opus" in loaded
    assert not {"cffi", "pycparser"} & set(loaded)
