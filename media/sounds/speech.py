"""The prompts: what they say in each language, and the voice that says it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

from media.prompts import Prompt
from media.sounds.levelling import active_level, amplified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of Festival, and the Debian package that holds it."""

    name: str
    package: str


VOICES: Final[Mapping[str, Voice]] = {
    "ru": Voice("msu_ru_nsh_clunits", "festvox-ru"),
    "en": Voice("cmu_us_slt_arctic_hts", "festvox-us-slt-hts"),
}
"""One voice for each language; CREDITS.md says why these."""

# Each ё is written: the voice finds the stress of every other word here in its dictionary.
TEXTS: Final[Mapping[str, Mapping[Prompt, str]]] = {
    "ru": {
        Prompt.ENTER_CODE: "Здравствуйте! Введите номер конференции после звукового сигнала. "
        "По окончании ввода нажмите звёздочку.",
        Prompt.NOT_STARTED: "Конференция ещё не началась. Попробуйте присоединиться позже.",
        Prompt.NO_SUCH_CONFERENCE: "Конференция с таким номером не существует.",
        Prompt.NOT_ADMITTED: "Вас нет в списке участников этой конференции.",
        Prompt.NOT_NOW: "Сейчас соединить не удалось. Попробуйте позже.",
        Prompt.GOOD_BYE: "До свидания.",
        Prompt.RECORDED: "Ведётся запись конференции.",
        Prompt.PRESS_ONE: "Вас приглашают на конференцию. Чтобы войти, нажмите один.",
        Prompt.MUTED: "С вашей линии звучит музыка, и вас не слышат. Чтобы вернуться, нажмите звёздочку.",
    },
    "en": {
        Prompt.ENTER_CODE: "Hello! Enter the conference number after the tone, then press star.",
        Prompt.NOT_STARTED: "The conference has not started yet. Please try again later.",
        Prompt.NO_SUCH_CONFERENCE: "There is no conference with this number.",
        Prompt.NOT_ADMITTED: "You are not on the list of this conference.",
        Prompt.NOT_NOW: "We cannot connect you now. Please try again later.",
        Prompt.GOOD_BYE: "Good-bye.",
        Prompt.RECORDED: "This conference is being recorded.",
        Prompt.PRESS_ONE: "You are invited to a conference. To join, press one.",
        Prompt.MUTED: "Your line is playing music, so you have been muted. Press star to be heard again.",
    },
}

PAUSES: Final[Mapping[Prompt, float]] = {Prompt.PRESS_ONE: 2.5}
"""Seconds after what is said over and over."""

LEVEL: Final = -23.0
"""dBov of the speech without its pauses: 3 dB above the telephone's nominal level, the peaks far from clipping."""

_QUIET: Final = 45.0  # dB below the loudest 10 ms: the voices' own silence
_LEAD, _TAIL, _FADE = 0.03, 0.08, 0.005  # seconds
_RUMBLE: Final = 70.0  # Hz; lower than the voices go, and what a telephone does not carry anyway


class SynthesisError(Exception):
    """No speech came, and what to do about it, in one line."""


def spoken(text: str, voice: Voice, rate: int) -> NDArray[np.float64]:
    """``text`` as a prompt: nothing but speech, at the level of all prompts, faded in and out.

    Raises :class:`SynthesisError` where Festival or the voice is not installed.
    """
    sound, native = _synthesised(text, voice)
    sound = _without_rumble(soxr.resample(sound, native, rate, quality="VHQ"), rate)
    sound = _faded(_trimmed(sound, rate), rate)
    return amplified(sound, LEVEL - active_level(sound, rate))


def _synthesised(text: str, voice: Voice) -> tuple[NDArray[np.float64], int]:
    """As Festival says it, and its sample rate."""
    advice = f"apt-get install festival {voice.package}"
    program = shutil.which("text2wave")
    if program is None:
        raise SynthesisError(f"text2wave is missing: {advice}")
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder, "speech.wav")
        command = [program, "-eval", f"(voice_{voice.name})", "-o", str(wave)]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own words
        if done.returncode != 0 or not wave.exists():
            raise SynthesisError(f"Festival did not speak with the voice {voice.name}: {advice}")
        sound, rate = soundfile.read(wave)
    return sound, rate


def _without_rumble(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / rate)
    ramp = np.clip(hertz / _RUMBLE * 2 - 1, 0, 1)  # from half of it, so that nothing rings
    return np.fft.irfft(spectrum * ramp, len(sound))


def _trimmed(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    size = rate // 100
    power = np.mean(sound[: len(sound) // size * size].reshape(-1, size) ** 2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-_QUIET / 10))
    start = max(0, int(loud[0]) * size - round(_LEAD * rate))
    return sound[start : (int(loud[-1]) + 1) * size + round(_TAIL * rate)]


def _faded(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    size = round(_FADE * rate)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(size) / size)
    gain = np.ones(len(sound))
    gain[:size] = ramp
    gain[-size:] = ramp[::-1]
    return sound * gain
