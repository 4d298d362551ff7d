"""Makes the voices of the example company and its greeting, anew: `python -m examples.voices.make`.

    apt-get install festival festvox-ru festvox-us-slt-hts sox

There is one free Russian voice that sounds like a person; the three who speak Russian differ in pitch and tempo.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

from media.sounds.levelling import active_level, amplified
from media.sounds.speech import LEVEL, VOICES, SynthesisError, spoken

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE: Final = Path(__file__).parent
WIDE, TELEPHONE = 16_000, 8000
GREETING: Final = "Добро пожаловать на еженедельное совещание."


@dataclass(frozen=True, slots=True)
class Speaker:
    name: str
    language: str
    text: str
    cents: int = 0
    """How much higher than the voice is; the vowels' formants move along, as in a smaller or larger person."""
    tempo: float = 1.0


SPEAKERS: Final = (
    Speaker(
        "anna",
        "ru",
        "Добрый день, коллеги! Это Анна. Начнём с отчёта за неделю. Продажи выросли на восемь процентов, "
        "и новый склад откроется в понедельник. Борис, расскажите, пожалуйста, как идут дела на севере.",
        cents=480,
        tempo=1.05,
    ),
    Speaker(
        "boris",
        "ru",
        "Спасибо, Анна. На севере всё по плану. Две машины вышли вчера утром, третья готова и ждёт погрузки. "
        "Снег нам пока не мешает, но цепи на колёса мы уже купили.",
    ),
    Speaker(
        "carol",
        "en",
        "Good afternoon, this is Carol. The customers in Oslo have signed, and they want the first delivery in March. "
        "I will send the papers to all of you tonight. Please look at page two, and tell me if the dates are right.",
    ),
    Speaker(
        "dmitri",
        "ru",
        "Это Дмитрий, извините за опоздание. Мост открыт только до вечера, поэтому третью машину лучше отправить "
        "сейчас. Я встречу её у переправы и сразу позвоню.",
        cents=-250,
        tempo=1.08,
    ),
)


def main() -> int:
    try:
        for speaker in SPEAKERS:
            _write(HERE / f"{speaker.name}.wav", _said(speaker), TELEPHONE)
        _write(HERE.parent / "greeting.wav", spoken(GREETING, VOICES["ru"], WIDE), WIDE)
    except SynthesisError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _said(speaker: Speaker) -> NDArray[np.float64]:
    """At the telephone's rate."""
    wide = _shifted(spoken(speaker.text, VOICES[speaker.language], WIDE), speaker)
    sound: NDArray[np.float64] = soxr.resample(wide, WIDE, TELEPHONE, quality="VHQ")
    return amplified(sound, LEVEL - active_level(sound, TELEPHONE))


def _shifted(sound: NDArray[np.float64], speaker: Speaker) -> NDArray[np.float64]:
    if not speaker.cents:
        return sound
    program = shutil.which("sox")
    if program is None:
        raise SynthesisError("sox is missing: apt-get install sox")
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.wav"), Path(folder, "after.wav")
        soundfile.write(before, sound, WIDE, subtype="FLOAT")
        effects = ["pitch", str(speaker.cents), "tempo", "-s", str(speaker.tempo)]
        subprocess.run([program, str(before), str(after), *effects], check=True)
        shifted: NDArray[np.float64] = soundfile.read(after)[0]
    return shifted


def _write(file: Path, sound: NDArray[np.float64], rate: int) -> None:
    soundfile.write(file, np.rint(sound * 32767).astype(np.int16), rate, subtype="PCM_16")
    print(f"{file.name:14} {len(sound) / rate:5.2f} s")


if __name__ == "__main__":
    sys.exit(main())
