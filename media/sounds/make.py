"""Makes all sounds that we ship, anew: `python -m media.sounds.make`.

The prompts need Festival and two of its voices (`apt-get install festival festvox-ru festvox-us-slt-hts`); the music
and the tones need nothing.  The product itself needs none of this: the sounds are in the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile

from media.prompt import Prompt
from media.sounds import music, speech
from media.sounds.levelling import level, true_peak

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 16_000
FRAME: Final = RATE // 50
"""The tick of a call, 20 ms: sounds are whole ticks, so that none is padded when it is played."""

_FADE: Final = 0.02
_LOUD, _SOFT = -23.0, -32.0
"""dBov of a tone that one waits for, and of those that come while others speak."""


def tones() -> dict[Prompt, NDArray[np.float64]]:
    """After the long one, one keys in; up, somebody comes, down, somebody goes; a short one, something is done."""
    low, high = (tone(hertz, 0.12, _SOFT) for hertz in (523.25, 659.26))
    return {
        Prompt.TONE: tone(1000.0, 0.4, _LOUD),
        Prompt.COMES: np.concatenate([low, high]),
        Prompt.GOES: np.concatenate([high, low]),
        Prompt.DONE: tone(783.99, 0.12, _LOUD),
    }


def tone(hertz: float, seconds: float, level: float) -> NDArray[np.float64]:
    """With soft edges, at so many dBov."""
    time = np.arange(round(seconds * RATE)) / RATE
    edge = np.clip(np.minimum(time, seconds - 1 / RATE - time) / _FADE, 0, 1)
    peak = 10 ** (level / 20) * 2**0.5
    return peak * np.sin(2 * np.pi * hertz * time) * (0.5 - 0.5 * np.cos(np.pi * edge))


def _write(file: Path, sound: NDArray[np.float64]) -> None:
    """As FLAC; silence is added up to a whole tick."""
    whole = np.pad(sound, (0, -len(sound) % FRAME))
    file.parent.mkdir(exist_ok=True)
    soundfile.write(file, np.rint(whole * 32767).astype(np.int16), RATE, format="FLAC", subtype="PCM_16")
    facts = f"{len(whole) / RATE:5.2f} s  {level(whole):6.1f} dBov  peak {true_peak(whole, RATE):5.1f} dB"
    sys.stdout.write(f"{file.parent.name + '/' + file.name:28} {facts}\n")


def main() -> int:
    folder = Path(__file__).parent
    try:
        for language, texts in speech.TEXTS.items():
            for prompt, text in texts.items():
                said = speech.spoken(text, speech.VOICES[language], RATE)
                pause = round(speech.PAUSES.get(prompt, 0.0) * RATE)
                _write(folder / language / f"{prompt}.flac", np.pad(said, (0, pause)))
    except speech.SynthesisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for prompt, sound in tones().items():
        _write(folder / f"{prompt}.flac", sound)
    _write(folder / "music.flac", music.rendered(RATE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
