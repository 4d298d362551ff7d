"""What the codecs cost and what is left of speech: ``python -m tests.bench.codecs`` (extra ``bench``; some 20 s).

PESQ (ITU-T P.862) of the English prompts through encoder and decoder: wideband of the codecs that are, narrowband of
all at 8 kHz; then wideband where it is one, and SNR, with packets lost at random.  A lost one is what the next one
repeats of it, or else the one before once more, which any concealment betters.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import soxr
from pesq import pesq

from media.codecs import CODECS
from media.codecs.opus import Opus
from media.prompt import Prompt
from media.prompts import Prompts

if TYPE_CHECKING:
    from media.codecs import Codec

COMPLEXITIES = (1, 5, 10)
LOSSES = (0.05, 0.2)


@dataclass(frozen=True)
class Passage:
    """Speech after a codec."""

    pcm: np.ndarray
    encoding: float
    """Seconds of CPU a packet."""
    decoding: float


def speech(rate: int) -> np.ndarray:
    """Some 17 s, as packets."""
    prompts = Prompts("en")
    pcm = np.concatenate([prompts.pcm(prompt, "en", rate) for prompt in Prompt if prompt is not Prompt.TONE])
    packet = rate // 50
    return pcm[: len(pcm) // packet * packet].reshape(-1, packet)


def passed(codec: Codec, said: np.ndarray, lost: np.ndarray, *, fec: bool = True) -> Passage:
    """``lost`` says of each packet whether it is; never two in a row."""
    encoder, decoder = codec.encoder(), codec.decoder()
    began = time.process_time()
    packets = [encoder.encode(frame) for frame in said]
    encoded = time.process_time()
    heard = [decoder.decode(packets[0])]
    for packet, (gone_before, gone) in zip(packets[1:], pairwise(lost), strict=True):
        if gone_before:
            again = decoder.recover(packet, codec.format.samples) if fec else None
            heard.append(heard[-1] if again is None else again)
        if not gone:
            heard.append(decoder.decode(packet))
    decoded = time.process_time()
    return Passage(np.concatenate(heard), (encoded - began) / len(packets), (decoded - encoded) / len(packets))


def losses(packets: int, share: float) -> np.ndarray:
    """Never two in a row, so of 20 % some 17 are left."""
    lost = np.random.default_rng(1).random(packets) < share
    lost[0] = lost[-1] = False
    lost[1:] &= ~lost[:-1]
    return lost


def quality(said: np.ndarray, heard: np.ndarray, rate: int) -> tuple[float | None, float]:
    """PESQ-WB, None at 8 kHz, and PESQ-NB."""
    said, heard = said.ravel()[: len(heard)], heard
    if rate == 8000:
        return None, pesq(8000, said, heard, "nb")
    narrow = [soxr.resample(pcm, rate, 8000, quality="HQ") for pcm in (said, heard)]
    return pesq(rate, said, heard, "wb"), pesq(8000, *narrow, "nb")


def snr(said: np.ndarray, heard: np.ndarray) -> float:
    """Decibels, against the same without loss."""
    wanted = said[: len(heard)].astype(float)
    return float(20 * np.log10(np.linalg.norm(wanted) / (np.linalg.norm(wanted - heard) + 1e-9)))


def row(name: str, codec: Codec) -> None:
    rate = codec.format.sample_rate
    said = speech(rate)
    clean = passed(codec, said, np.zeros(len(said), np.bool_))
    wide, narrow = quality(said, clean.pcm, rate)
    cells = ["-" if wide is None else f"{wide:.2f}", f"{narrow:.2f}"]
    cells += [f"{clean.encoding * 1e6:.0f}", f"{clean.decoding * 1e6:.0f}"]
    for share in LOSSES:
        for fec in (True, False):
            after = passed(codec, said, losses(len(said), share), fec=fec)
            wide, narrow = quality(said, after.pcm, rate)
            cells.append(f"{narrow if wide is None else wide:.2f}, {snr(clean.pcm, after.pcm):.0f} dB")
    show(name, cells)


def show(name: str, cells: list[str]) -> None:
    print(f"{name:<30}", *(f"{cell:>14}" for cell in cells))


def main() -> None:
    """A row for each codec, and for Opus at several complexities; ours is the one without a number."""
    heads = ["PESQ-WB", "PESQ-NB", "encode, µs", "decode, µs"]
    show("", [*heads, *(f"{share:.0%}{how}" for share in LOSSES for how in (" lost, FEC", ", repeated"))])
    for codec in CODECS:
        name = f"{codec.format.encoding} {codec.format.octets * 0.4:.0f} kbit/s"
        row(name, codec)
        for complexity in COMPLEXITIES if isinstance(codec, Opus) else ():
            row(f"{name}, complexity {complexity}", replace(codec, complexity=complexity))


if __name__ == "__main__":
    main()
