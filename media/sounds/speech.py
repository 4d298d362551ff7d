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

from media.prompt import Prompt
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


def _numbers(words: str) -> dict[Prompt, str]:
    """0 to 20, 30, 40 … 100."""
    said = zip(_NUMBERS, words.split(), strict=True)
    return {Prompt(f"number-{number}"): word.replace("_", " ") for number, word in said}


_NUMBERS: Final = (*range(21), *range(30, 101, 10))

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
        Prompt.FIRST: "Вы первый участник конференции.",
        Prompt.OWNER_LEFT: "Владелец вышел. Пожалуйста, подождите.",
        Prompt.OWNER_BACK: "Владелец вернулся.",
        Prompt.DEPUTY_LEADS: "Владелец не пришёл. Конференцию ведёт его заместитель.",
        Prompt.YOU_ARE_OWNER: "Теперь вы владелец конференции.",
        Prompt.TEN_MINUTES: "До конца конференции осталось десять минут.",
        Prompt.TWO_MINUTES: "До конца конференции осталось две минуты.",
        Prompt.RECORDING_STOPPED: "Запись конференции остановлена.",
        Prompt.OWNER_MUTES_YOU: "Владелец выключил ваш микрофон.",
        Prompt.MENU_MUTE: "Выключить ваш микрофон:",
        Prompt.MENU_UNMUTE: "Включить ваш микрофон:",
        Prompt.MENU_LISTEN_LOUDER: "Слышать громче:",
        Prompt.MENU_LISTEN_SOFTER: "Слышать тише:",
        Prompt.MENU_LISTEN_RESET: "Слышать как обычно:",
        Prompt.MENU_TALK_LOUDER: "Ваш голос громче:",
        Prompt.MENU_TALK_SOFTER: "Ваш голос тише:",
        Prompt.MENU_TALK_RESET: "Ваш голос как обычно:",
        Prompt.MENU_COUNT: "Узнать число участников:",
        Prompt.MENU_LEAVE: "Выйти из конференции:",
        Prompt.MENU_MUTE_OTHERS: "Выключить микрофоны остальных:",
        Prompt.MENU_UNMUTE_OTHERS: "Включить микрофоны остальных:",
        Prompt.MENU_LOCK: "Закрыть вход:",
        Prompt.MENU_UNLOCK: "Открыть вход:",
        Prompt.MENU_KICK_LAST: "Отключить вошедшего последним:",
        Prompt.MENU_CALL_AGAIN: "Вызвать отсутствующих:",
        Prompt.MENU_RECORD: "Начать запись:",
        Prompt.MENU_STOP_RECORDING: "Остановить запись:",
        Prompt.MENU_EXTEND: "Продлить на пятнадцать минут:",
        Prompt.NOT_POSSIBLE: "Сейчас это невозможно.",
        Prompt.YOU_ARE_MUTED: "Микрофон выключен.",
        Prompt.YOU_ARE_HEARD: "Микрофон включён.",
        Prompt.OTHERS_MUTED: "Микрофоны остальных выключены.",
        Prompt.OTHERS_HEARD: "Микрофоны остальных включены.",
        Prompt.NOW_LOCKED: "Вход закрыт.",
        Prompt.NOW_UNLOCKED: "Вход открыт.",
        Prompt.KICKED: "Участник отключён.",
        Prompt.CALLING_AGAIN: "Вызываем отсутствующих.",
        Prompt.RECORDING_STARTS: "Запись начинается.",
        Prompt.EXTENDED: "Конференция продлена на пятнадцать минут.",
        Prompt.PEOPLE_IN: "Сейчас участников:",
        Prompt.MORE_THAN: "больше чем",
        Prompt.STAR: "звёздочка",
        Prompt.HASH: "решётка",
        **_numbers("""
            ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать
            пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать тридцать сорок пятьдесят шестьдесят
            семьдесят восемьдесят девяносто сто"""),
        Prompt.LOCKED: "Конференция закрыта для новых участников.",
        Prompt.ENDED: "Конференция завершена. До свидания.",
        Prompt.CALLED_OFF: "Конференция отменена. До свидания.",
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
        Prompt.FIRST: "You are the first in this conference.",
        Prompt.OWNER_LEFT: "The owner has left. Please hold.",
        Prompt.OWNER_BACK: "The owner is back.",
        Prompt.DEPUTY_LEADS: "The owner is not here. The deputy leads the conference.",
        Prompt.YOU_ARE_OWNER: "You are the owner of this conference now.",
        Prompt.TEN_MINUTES: "Ten minutes are left until the end of this conference.",
        Prompt.TWO_MINUTES: "Two minutes are left until the end of this conference.",
        Prompt.RECORDING_STOPPED: "The recording has been stopped.",
        Prompt.OWNER_MUTES_YOU: "The owner has muted you.",
        Prompt.MENU_MUTE: "To mute yourself, press",
        Prompt.MENU_UNMUTE: "To be heard again, press",
        Prompt.MENU_LISTEN_LOUDER: "To hear louder, press",
        Prompt.MENU_LISTEN_SOFTER: "To hear softer, press",
        Prompt.MENU_LISTEN_RESET: "To hear as before, press",
        Prompt.MENU_TALK_LOUDER: "To be heard louder, press",
        Prompt.MENU_TALK_SOFTER: "To be heard softer, press",
        Prompt.MENU_TALK_RESET: "To be heard as before, press",
        Prompt.MENU_COUNT: "To hear how many are in, press",
        Prompt.MENU_LEAVE: "To leave, press",
        Prompt.MENU_MUTE_OTHERS: "To mute all others, press",
        Prompt.MENU_UNMUTE_OTHERS: "To let all others be heard, press",
        Prompt.MENU_LOCK: "To lock the conference, press",
        Prompt.MENU_UNLOCK: "To unlock the conference, press",
        Prompt.MENU_KICK_LAST: "To remove who came last, press",
        Prompt.MENU_CALL_AGAIN: "To call those who are missing, press",
        Prompt.MENU_RECORD: "To record, press",
        Prompt.MENU_STOP_RECORDING: "To stop the recording, press",
        Prompt.MENU_EXTEND: "To extend by fifteen minutes, press",
        Prompt.NOT_POSSIBLE: "This is not possible now.",
        Prompt.YOU_ARE_MUTED: "You are muted.",
        Prompt.YOU_ARE_HEARD: "You can be heard.",
        Prompt.OTHERS_MUTED: "All others are muted.",
        Prompt.OTHERS_HEARD: "All others can be heard.",
        Prompt.NOW_LOCKED: "The conference is locked.",
        Prompt.NOW_UNLOCKED: "The conference is unlocked.",
        Prompt.KICKED: "The last who came has been removed.",
        Prompt.CALLING_AGAIN: "Calling those who are missing.",
        Prompt.RECORDING_STARTS: "The recording begins.",
        Prompt.EXTENDED: "The conference has been extended by fifteen minutes.",
        Prompt.PEOPLE_IN: "People in this conference:",
        Prompt.MORE_THAN: "more than",
        Prompt.STAR: "star",
        Prompt.HASH: "hash",
        **_numbers("""
            zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety one_hundred"""),
        Prompt.LOCKED: "This conference is locked. Nobody else can join it.",
        Prompt.ENDED: "The conference has been ended. Good-bye.",
        Prompt.CALLED_OFF: "The conference has been called off. Good-bye.",
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
