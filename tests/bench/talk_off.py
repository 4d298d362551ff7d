"""Keys heard in speech and music where nobody pressed any, and how many of those that were pressed are heard.

    python -m tests.bench.talk_off [FOLDER…]      # of recordings; without any, our own prompts and music, many times

An hour of sound takes some three seconds.  Recordings of people speaking for hours are, for instance, in Debian's
packages asterisk-core-sounds-*-wav (take beeps out of them first), music in asterisk-moh-opsound-wav.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from media import levels
from media.codecs import PCMU
from media.inband import HIGH, KEYS, LOW, InBand
from media.prompts import FOLDER
from mixer.bridge.protocol import Digit
from tests.bench.heard import table
from tests.media.tones_and_voices import key, noise
from tests.mixer.bridge_rig import Rig
from tests.phones import sounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.media.tones_and_voices import Sound

_ROWS = 50  # recordings are played to so many legs at once
_FRAME = 160
_PRESSES = 1600
_EVERY = 0.25  # seconds from press to press
_KINDS = (".wav", ".flac", ".ogg", ".mp3", ".gsm")


def talk_off(files: Iterable[Path]) -> tuple[tuple[str, object], ...]:
    """What is heard in these, coded as µ-law, each once."""
    rows: list[list[sounds.Pcm]] = [[] for _ in range(_ROWS)]
    unread = 0
    for file, row in zip(files, cycle(rows)):
        try:
            pcm = sounds.load(file)
        except soundfile.LibsndfileError:
            unread += 1
            continue
        row.append(PCMU.decode(PCMU.encode(pcm)))
    longest = max(sum(map(len, row)) for row in rows) // _FRAME * _FRAME
    whole = np.zeros((_ROWS, longest), np.int16)
    for line, row in zip(whole, rows, strict=True):
        joined = np.concatenate([*row, np.zeros(0, np.int16)])[:longest]
        line[: len(joined)] = joined
    detector, legs, keys, loud, silenced = InBand(), np.arange(_ROWS), "", 0, 0
    for at in range(0, longest, _FRAME):
        frames = whole[:, at : at + _FRAME].copy()
        power = levels.power(frames)
        sounding = np.count_nonzero(power)
        loud += np.count_nonzero(power > 10**-5)
        keys += "".join(digit for _, digit in detector.take(legs, frames, power))
        silenced += sounding - np.count_nonzero(power)
    hours = sum(len(pcm) for row in rows for pcm in row) / 8000 / 3600
    return (
        ("recordings", f"{hours:.2f} h, {loud / 50 / 3600:.2f} h of it louder than -50 dBov; {unread} files unread"),
        ("keys heard in them", f"{len(keys)} {keys[:40]}: {len(keys) / hours:.2f} an hour"),
        ("frames of 20 ms silenced", f"{silenced}: {silenced / hours:.1f} an hour"),
    )


def detected(press: Callable[[str], Sound], *, lost: float = 0.0) -> str:
    """Of presses by one phone into a bridge, with so many of its packets lost."""
    random, rig = np.random.default_rng(3), Rig()
    phones = [rig.add(leg) for leg in range(1, len(KEYS) + 1)]
    quiet = dict.fromkeys(phones, np.zeros(_FRAME, np.int16))
    rig.ticks(10, quiet)
    right = wrong = 0
    for _ in range(_PRESSES // len(KEYS)):
        pcm = np.zeros((len(KEYS), round(_EVERY * 8000) // _FRAME * _FRAME), np.int16)
        for row, digit in zip(pcm, KEYS, strict=True):
            sound, begin = press(digit), random.integers(0, _FRAME)
            row[begin : begin + len(sound)] = sound
        for at in range(0, pcm.shape[1], _FRAME):
            said = {phone: row[at : at + _FRAME] for phone, row in zip(phones, pcm, strict=True)}
            rig.tick({phone: frame for phone, frame in said.items() if random.random() >= lost})
        rig.ticks(4, quiet)
        for leg, digit in enumerate(KEYS, 1):
            heard = "".join(event.digit for event in rig.of(Digit) if event.leg == leg)
            right += heard == digit
            wrong += heard not in ("", digit)
        rig.events.clear()
    return f"{right / _PRESSES:.2%} heard as they are, {wrong} of {_PRESSES} as others or twice"


def by_sox(folder: Path, seconds: float) -> dict[str, Sound]:
    """Every key as sox makes it, µ-law."""
    made = {}
    for n, digit in enumerate(KEYS):
        file, (row, column) = folder / f"{n}.wav", divmod(n, 4)
        tones = ("sin", str(LOW[row]), "sin", str(HIGH[column]))
        shape = ("-n", "-r", "8000", "-c", "1", "-e", "mu-law", str(file))
        subprocess.run(["sox", *shape, "synth", str(seconds), *tones, "remix", "1-2", "gain", "-10"], check=True)
        made[digit] = sounds.load(file).astype(np.float64)
    return made


def main(folders: list[str]) -> None:
    files = [file for folder in map(Path, folders) for file in sorted(folder.rglob("*")) if file.suffix in _KINDS]
    shipped = sorted(FOLDER.rglob("*.flac")) * 50
    random = np.random.default_rng(2)
    rows: list[tuple[str, object]] = [*talk_off(files or shipped)]

    def some(**how: object) -> Callable[[str], Sound]:
        return lambda digit: key(digit, phases=random.uniform(0, 6, 2), **how)  # type: ignore[arg-type]  # as it takes

    rows += [
        ("40 ms", detected(some(seconds=0.04))),
        ("40 ms, both tones 1.5 % off", detected(some(seconds=0.04, off=(1.5, -1.5)))),
        (
            "50 ms, noise 15 dB below",
            detected(lambda digit: noise(some(seconds=0.05, dbov=-20.0)(digit), -32.0, random)),
        ),
        (
            "50 ms, noise 10 dB below",
            detected(lambda digit: noise(some(seconds=0.05, dbov=-20.0)(digit), -27.0, random)),
        ),
        ("100 ms, 1 % of packets lost", detected(some(), lost=0.01)),
        ("100 ms, 5 % of packets lost", detected(some(), lost=0.05)),
    ]
    if shutil.which("sox"):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(("60 ms, made by sox", detected(by_sox(Path(folder), 0.06).__getitem__)))
    print(table(tuple(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
