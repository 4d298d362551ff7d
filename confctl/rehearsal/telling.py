"""What somebody is to do in a rehearsal, as it is typed: ``late:5m,leaves:20m,back:25m``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from confctl.people.directory import Directory, Found, Several
from confctl.problems import RefusedError, UsageError
from confctl.words import say
from mixer.rehearsal.scene import FOR_EVER, Deed, DialIn, Drop, Hold, Leave, Part, Press, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confctl.words import Sentence
    from mixer.rehearsal.scene import Scene
    from mixer.rules.model import Person, Plan

WORDS: Final = (
    *("answers[:TIME]", "busy[:TIME]", "declines[:TIME]", "no-answer[:TIME]", "unreachable[:TIME]", "mailbox"),
    *("late:TIME", "back:TIME", "wrong-code", "hold:TIME[:LENGTH]", "drops:TIME[:LENGTH]", "leaves:TIME"),
    "presses:TIME:KEYS",
)
_TIME = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?")
_KEYS = re.compile(r"[0-9*#]{1,32}")
_MINUTE: Final = 60.0


class _Wrong(Exception):
    """What was typed is no word of ours."""


def told(phones: Iterable[str], plan: Plan) -> Scene:
    """``WHO=WHAT`` of each, by first numbers.  Raises UsageError or RefusedError."""
    scene: Scene = {}
    for text in phones:
        who, equals, what = text.rpartition("=")
        if not equals or not who.strip():
            raise UsageError(say("“{text}”: write WHO=WHAT, such as “Anna=busy”.", text=text))
        scene[_person(who.strip(), plan).number] = part(what)
    return scene


def part(what: str) -> Part:
    """Raises UsageError."""
    whole = Part()
    for word in filter(None, map(str.strip, what.split(","))):
        name, *values = word.split(":")
        try:
            whole = _DO[name](whole, values)
        except (KeyError, _Wrong):
            raise UsageError(_what_there_is(word)) from None
    return whole


def _what_there_is(word: str) -> Sentence:
    return say(
        "“{word}” is nothing that a phone can do here; there is {words}; TIME is 90s, 5m or 1h30m after the start.",
        word=word,
        words=", ".join(WORDS),
    )


def _person(who: str, plan: Plan) -> Person:
    found = Directory(plan.people).find(who)
    if isinstance(found, Found):
        return found.person
    names = ", ".join(person.name for person in (found.people if isinstance(found, Several) else plan.people)[:10])
    if isinstance(found, Several):
        raise RefusedError(say("“{who}” fits several people of the conference: {names}.", who=who, names=names))
    raise RefusedError(say("Nobody of the conference is found by “{who}”; there are {names}.", who=who, names=names))


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    if not text or found is None:
        raise _Wrong
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return hours * 3600 + minutes * _MINUTE + seconds


def _way(way: Way) -> Callable[[Part, list[str]], Part]:
    def go(so_far: Part, values: list[str]) -> Part:
        (until,) = map(_seconds, _at_most(values, 1)) if values else (FOR_EVER,)
        return replace(so_far, way=way, until=until)

    return go


def _answers(so_far: Part, values: list[str]) -> Part:
    return replace(so_far, answers_after=_seconds(values[0])) if _at_most(values, 1) else so_far


def _late(so_far: Part, values: list[str]) -> Part:
    at = _seconds(*_exactly(values, 1))
    way = so_far.way if so_far.way is not Way.ANSWERS else Way.NO_ANSWER
    return _with(replace(so_far, way=way, until=min(so_far.until, at)), DialIn(at))


def _back(so_far: Part, values: list[str]) -> Part:
    return _with(so_far, DialIn(_seconds(*_exactly(values, 1))))


def _wrong_code(so_far: Part, values: list[str]) -> Part:
    """Whenever they dial in."""
    _exactly(values, 0)
    if not any(isinstance(deed, DialIn) for deed in so_far.deeds):
        raise _Wrong
    deeds = (replace(deed, wrong_first=True) if isinstance(deed, DialIn) else deed for deed in so_far.deeds)
    return replace(so_far, deeds=tuple(deeds))


def _lasting(deed: Callable[[float, float], Deed]) -> Callable[[Part, list[str]], Part]:
    def go(so_far: Part, values: list[str]) -> Part:
        at, *lasts = map(_seconds, _at_most(values, 2) or [""])
        return _with(so_far, deed(at, lasts[0] if lasts else _MINUTE))

    return go


def _leaves(so_far: Part, values: list[str]) -> Part:
    return _with(so_far, Leave(_seconds(*_exactly(values, 1))))


def _presses(so_far: Part, values: list[str]) -> Part:
    at, keys = _exactly(values, 2)
    if not _KEYS.fullmatch(keys):
        raise _Wrong
    return _with(so_far, Press(_seconds(at), keys))


def _with(so_far: Part, deed: Deed) -> Part:
    return replace(so_far, deeds=(*so_far.deeds, deed))


def _at_most(values: list[str], count: int) -> list[str]:
    if len(values) > count:
        raise _Wrong
    return values


def _exactly(values: list[str], count: int) -> list[str]:
    if len(values) != count:
        raise _Wrong
    return values


_DO: Final[dict[str, Callable[[Part, list[str]], Part]]] = {
    "answers": _answers,
    **{way.value: _way(way) for way in (Way.BUSY, Way.DECLINES, Way.NO_ANSWER, Way.UNREACHABLE, Way.MAILBOX)},
    "late": _late,
    "back": _back,
    "wrong-code": _wrong_code,
    "hold": _lasting(Hold),
    "drops": _lasting(Drop),
    "leaves": _leaves,
    "presses": _presses,
}
