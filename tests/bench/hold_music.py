"""How often the hold-music guard takes speech or noise for music, and how soon it finds music out, on recordings.

``python -m tests.bench.hold_music speech=FOLDER … laughter=FOLDER … noise=FOLDER … music=FOLDER …``; any kind may be
left out, or come several times.  All files below a folder are taken that can be read (and ``.g722``).  With Debian's:

    apt-get download asterisk-core-sounds-{en,es,fr,it,ru}-g722 fillets-ng-data-{cs,nl} hedgewars-data torcs-data
    apt-get download asterisk-moh-opsound-g722 wesnoth-1.16-music supertux-data frozen-bubble-data
    for each in *.deb; do dpkg -x $each ${each%%_*}; done
    python -m tests.bench.hold_music speech=asterisk-core-sounds-en-g722 noise=torcs-data music=wesnoth-1.16-music

Everything goes through µ-law; speech has its active level between -32 and -18 dBov.  The seeds are fixed: the same
files give the same figures.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media.codecs import G722
from media.files import SoundFileError, read_pcm
from media.sounds.levelling import active_level, amplified
from tests.media.watching import RATE, telephone, tones, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Pcm = NDArray[np.int16]
    Sound = NDArray[np.float64]

KINDS = ("speech", "laughter", "noise", "music")
PAUSES = {"with pauses": 0.6, "with short pauses": 0.2, "read without a pause": 0.02}
"""Seconds between two recordings, on average."""
STREAMS, MINUTES = 16, 15
"""Of speech, for each of the pauses; of speech beside noise, one stream a noise."""
BESIDE_MINUTES = 3
RATIOS = (20, 10, 5, 0)
"""dB from speech to noise."""
AT_ONCE = 12
"""Streams: of more, the memory is too much."""
LONGEST, SHORTEST = 120.0, 25.0
"""Seconds of a recording that are read, and that a piece of music must last."""
MUSIC_LEVELS = (-24.0, -36.0)
TONES = {
    "dial tone 350 + 440 Hz": tones(90, [350, 440]),
    "busy 425 Hz, 0.5 s on and off": tones(90, [425], on=0.5, off=0.5),
    "busy 425 Hz, 0.35 s": tones(90, [425], on=0.35, off=0.35),
    "busy 480 + 620 Hz, 0.5 s": tones(90, [480, 620], on=0.5, off=0.5),
    "congestion 480 + 620 Hz, 0.25 s": tones(90, [480, 620], on=0.25, off=0.25),
    "ring-back 425 Hz, 1 s on, 4 s off": tones(90, [425], on=1, off=4),
    "ring-back 440 + 480 Hz, 2 s on, 4 s off": tones(90, [440, 480], on=2, off=4),
    "ring-back 400 + 450 Hz, 0.4 s on, 0.2 s off": tones(90, [400, 450], on=0.4, off=0.2),
    "fax 1100 Hz, 0.5 s on, 3 s off": tones(90, [1100], on=0.5, off=3),
}


@dataclass
class Recordings:
    of: dict[str, list[Pcm]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def read(self, kind: str, folder: Path) -> None:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            try:
                pcm = _g722(file) if file.suffix == ".g722" else read_pcm(file, RATE)
            except SoundFileError:
                continue
            if len(pcm) > RATE // 4 and np.abs(pcm.astype(np.int32)).max() > 300:  # else a beep, a click, silence
                self.of[kind].append(pcm[: round(LONGEST * RATE)])


def _g722(file: Path) -> Pcm:
    decoder, octets = G722.decoder(), np.frombuffer(file.read_bytes(), np.uint8)
    wide = np.concatenate([decoder.decode(octets[at : at + 160]) for at in range(0, len(octets) - 159, 160)] or [[]])
    return wide[: len(wide) // 2 * 2].reshape(-1, 2).mean(axis=1).astype(np.int16)


def at_level(sound: Sound | Pcm, dbov: float) -> Sound:
    """At any level before, with its pauses left out of the account."""
    return amplified(sound / 32768, dbov - active_level(sound / 32768, RATE))


def speech(recordings: Sequence[Pcm], minutes: float, pause: float, seed: int, spread: float = 7) -> Sound:
    rng = np.random.default_rng(seed)
    parts: list[Sound] = []
    missing = round(minutes * 60 * RATE)
    while missing > 0:
        sound = recordings[rng.integers(len(recordings))]
        parts += [at_level(sound, -25 + rng.uniform(-spread, spread)), np.zeros(round(rng.exponential(pause) * RATE))]
        missing -= len(parts[-2]) + len(parts[-1])
    return np.concatenate(parts)


def engine(recording: Pcm, minutes: float, seed: int) -> Sound:
    """A recording over and over, at a speed that wanders between 0.6 and 1.7."""
    rng = np.random.default_rng(seed)
    samples = round(minutes * 60 * RATE)
    step = RATE // 5
    speeds = np.exp(np.cumsum(rng.normal(0, 0.014, samples // step + 2))).clip(0.6, 1.7)
    speed = np.interp(np.arange(samples) / step, np.arange(len(speeds)), speeds)
    at = np.cumsum(speed) % (len(recording) - 1)
    return np.interp(at, np.arange(len(recording)), recording)


def beside(one: Sound, other: Sound) -> Sound:
    size = min(len(one), len(other))
    return one[:size] + other[:size]


# What is printed


def false_alarms(name: str, streams: Iterable[Callable[[], Sound]]) -> tuple[str, str]:
    alarms, hours, made = 0, 0.0, list(streams)
    for at in range(0, len(made), AT_ONCE):
        sounds = [telephone(make()) for make in made[at : at + AT_ONCE]]
        alarms += sum(news.music for news in watch(sounds))
        hours += sum(map(len, sounds)) / RATE / 3600
    return name, f"{alarms} false alarms in {hours:.2f} h, {alarms / hours:.2f} an hour"


def found_out(name: str, sounds: Sequence[Sound]) -> tuple[str, str]:
    seconds = first_news(sounds)
    within = ", ".join(
        f"{sum(each <= most for each in seconds) / len(sounds):.0%} in {most} s" for most in (15, 25, 40, 60)
    )
    middle = f"{np.median(seconds):.0f} s" if seconds else "never"
    return name, f"{len(seconds)} of {len(sounds)} found out, {within}; half of these after {middle}"


def first_news(sounds: Sequence[Sound]) -> list[float]:
    """After how many seconds music was told of each that it was told of."""
    found: list[float] = []
    for at in range(0, len(sounds), AT_ONCE):
        news = watch([telephone(sound) for sound in sounds[at : at + AT_ONCE]])
        firsts = {each.leg: each.second for each in reversed(news) if each.music}
        found += firsts.values()
    return found


def coming_back(recordings: Recordings) -> tuple[str, str]:
    """A minute of music, then somebody talks: how soon they are heard of those that were muted."""
    talk = [speech(recordings.of["speech"], 1, 0.4, seed) for seed in range(40)]
    calls = [
        np.concatenate([np.resize(at_level(piece, -24), 60 * RATE), talk[nth % 40]])
        for nth, piece in enumerate(music_of(recordings))
    ]
    waits = []
    for at in range(0, len(calls), AT_ONCE):
        news = watch([telephone(call) for call in calls[at : at + AT_ONCE]])
        muted = {each.leg for each in news if each.second < 60} - {
            each.leg for each in news if each.second < 60 and not each.music
        }
        waits += [each.second - 60 for each in news if not each.music and each.second >= 60 and each.leg in muted]
    quantiles = np.percentile(waits, [10, 50, 90])
    return "music ends after 60 s, somebody talks", "heard again after {:.0f}, {:.0f}, {:.0f} s (10, 50, 90 %)".format(
        *quantiles
    )


def with_announcements(recordings: Recordings) -> tuple[str, str]:
    """Twenty seconds of music, five of an announcement over it, and so on."""
    calls = []
    for nth, piece in enumerate(music_of(recordings)):
        call = np.resize(at_level(piece, -26), 120 * RATE).copy()
        for start in range(20, 120, 25):
            said = speech(recordings.of["speech"], 5 / 60, 0.05, 100 * nth + start, spread=0)[: 5 * RATE]
            at = start * RATE
            call[at : at + len(said)] = call[at : at + len(said)] / 8 + said
        calls.append(call)
    return found_out("music, an announcement over it each 25 s", calls)


def music_of(recordings: Recordings) -> list[Pcm]:
    """The pieces without those that hardly begin."""
    return [piece for piece in recordings.of["music"] if len(piece) >= SHORTEST * RATE]


def measured(recordings: Recordings) -> Iterable[tuple[str, str]]:
    said, noises = recordings.of["speech"], recordings.of["noise"]
    for pauses, pause in PAUSES.items() if said else ():
        makes = (lambda seed=seed, pause=pause: speech(said, MINUTES, pause, seed) for seed in range(STREAMS))
        yield false_alarms(f"speech {pauses}", makes)
    if laughter := recordings.of["laughter"]:
        yield false_alarms(
            "laughter", (lambda seed=seed: speech(laughter, MINUTES, 0.1, seed) for seed in range(STREAMS))
        )
    if noises:
        yield false_alarms(
            "noise alone", (lambda n=n: at_level(engine(noises[n], 3, n), -30) for n in range(len(noises)))
        )
    for ratio in RATIOS if said and noises else ():
        makes = (
            lambda n=n, ratio=ratio: beside(
                speech(said, BESIDE_MINUTES, 0.4, n + ratio, spread=2),
                at_level(engine(noises[n], BESIDE_MINUTES, n), -25 - ratio),
            )
            for n in range(len(noises))
        )
        yield false_alarms(f"speech {ratio} dB above noise", makes)
    pieces = music_of(recordings)
    for dbov in MUSIC_LEVELS if pieces else ():
        yield found_out(f"music at {dbov:.0f} dBov", [at_level(piece, dbov) for piece in pieces])
    if pieces and said:
        yield with_announcements(recordings)
        yield coming_back(recordings)
    for name, tone in TONES.items():
        found = first_news([tone])
        yield name, f"found out after {found[0]:.0f} s" if found else "not found out in 90 s"


def main(arguments: Sequence[str]) -> int:
    recordings = Recordings()
    for argument in arguments:
        kind, _, folder = argument.partition("=")
        if kind not in KINDS or not Path(folder).is_dir():
            sys.stderr.write(
                f"{argument}: not KIND=FOLDER with a kind of {', '.join(KINDS)} and a folder that is there\n"
            )
            return 2
        recordings.read(kind, Path(folder))
    for kind, files in recordings.of.items():
        minutes = sum(map(len, files)) / RATE / 60
        sys.stdout.write(f"{kind}: {len(files)} files, {minutes:.0f} minutes\n")
    began = time.process_time()
    for name, text in measured(recordings):
        sys.stdout.write(f"{name:46}{text}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{time.process_time() - began:.0f} s of CPU\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
