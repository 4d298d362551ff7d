"""What the phones say: tones, impulses, speech from a file.  int16, mono, and 8 kHz unless said."""

from __future__ import annotations

import struct
import wave
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

RATE = 8000
Pcm = NDArray[np.int16]


def tone(hz: float, seconds: float, dbov: float = -12.0, rate: int = RATE) -> Pcm:
    """A sine; its level is that of its power against a full-scale sine's (0 dB)."""
    time = np.arange(round(seconds * rate)) / rate
    sine: NDArray[np.float64] = 32767 * 10 ** (dbov / 20) * np.sin(2 * np.pi * hz * time)
    return np.round(sine).astype(np.int16)


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def clicks(seconds: float, every: float = 0.5) -> Pcm:
    """Impulses of four samples in silence, the first after ``every`` seconds: they show a delay to a millisecond."""
    pcm = silence(seconds)
    for start in range(round(every * RATE), pcm.size - 4, round(every * RATE)):
        pcm[start : start + 4] = (24000, 24000, -24000, -24000)
    return pcm


def load(path: Path, rate: int = RATE) -> Pcm:
    """Any sound file, mixed to mono, at ``rate``."""
    samples, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if own_rate != rate:
        mono = soxr.resample(mono, own_rate, rate)
    pcm: Pcm = np.clip(np.round(mono * 32768), -32768, 32767).astype(np.int16)
    return pcm


def save(path: Path, pcm: Pcm, rate: int = RATE) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2").tobytes())


def read_unfinished(path: Path, rate: int = RATE) -> Pcm:
    """A WAV that may still be growing: its header then says that it is empty, so only its format and layout count."""
    data = path.read_bytes() if path.exists() else b""
    start = data.find(b"data")
    if start < 0:
        return silence(0)
    channels, own_rate = struct.unpack_from("<HI", data, data.find(b"fmt ") + 10)
    samples = data[start + 8 :]
    frames = np.frombuffer(samples[: len(samples) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels)
    mono = frames.mean(axis=1).astype(np.int16)
    heard: Pcm = mono if own_rate == rate else soxr.resample(mono, own_rate, rate)
    return heard
