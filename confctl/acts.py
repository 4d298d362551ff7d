"""What the commands on a running conference ask of its mixer, and what they say was done.

Nothing of Typer is here, nor of the book: whoever mutes somebody is in a hurry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from confctl.live.asking import refusals_told
from confctl.problems import UsageError
from confctl.words import Sentence, in_a_row, say
from mixer.control import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confctl.session import Session
    from confctl.terminal.screen import Json as Printed
    from mixer.control import Json

PATIENCE: Final = 10.0
"""Seconds: a name may have to be looked up among thousands."""


@dataclass(frozen=True, slots=True)
class Order:
    """A request of :mod:`mixer.acting`."""

    do: str
    args: Mapping[str, Json] = field(default_factory=dict)


# What is typed


def mute(do: str, words: Sequence[str], *, everybody: bool, others: bool) -> Order:
    """``do``: mute or unmute."""
    if everybody and others:
        raise UsageError(say("--all and --others can't both be."))
    if everybody or others:
        return Order(do, {**code_of(do, words), "all": everybody, "others": others})
    return _to_whom(do, words, say("Say who, or --all, or --others. See “confctl {command} --help”.", command=do))


def kick(words: Sequence[str]) -> Order:
    return _to_whom("kick", words, say("Say who. See “confctl {command} --help”.", command="kick"))


def call(words: Sequence[str], *, missing: bool) -> Order:
    if missing:
        return Order("call", {**code_of("call", words), "missing": True})
    return _to_whom("call", words, say("Say who, or --missing. See “confctl call --help”."))


def owner(words: Sequence[str]) -> Order:
    return _to_whom("owner", words, say("Say who. See “confctl {command} --help”.", command="owner"))


def deputy(words: Sequence[str], *, nobody: bool) -> Order:
    if nobody:
        return Order("deputy", {**code_of("deputy", words), "none": True})
    return _to_whom("deputy", words, say("Say who, or --none. See “confctl deputy --help”."))


def whole(do: str, words: Sequence[str]) -> Order:
    """lock, unlock, end: of the conference as a whole."""
    return Order(do, code_of(do, words))


def record(words: Sequence[str], *, tracks: bool) -> Order:
    *code, state = words or [""]
    if state not in ("on", "off"):
        raise UsageError(say("Say on or off. See “confctl record --help”."))
    if tracks and state == "off":
        raise UsageError(say("--tracks is for recording on."))
    return Order("record", {**code_of("record", code), "on": state == "on", "tracks": tracks})


def extend(words: Sequence[str]) -> Order:
    *code, until = words or [""]
    return Order("extend", {**code_of("extend", code), **_until(until)})


def _until(text: str) -> dict[str, Json]:
    from confctl.clock_times import parse_end, parse_time

    if text.isdecimal():
        return {"minutes": int(text)}
    if not text:
        raise UsageError(say("Say by how many minutes, or until when. See “confctl extend --help”."))
    if text.startswith("+"):
        lasts = parse_end(text)
        assert not hasattr(lasts, "hour")
        return {"minutes": lasts.total_seconds() / 60}
    return {"until": f"{parse_time(text):%H:%M}"}


def _to_whom(do: str, words: Sequence[str], nobody: Sentence) -> Order:
    if not words:
        raise UsageError(nobody)
    return Order(do, {"who": list(words)})


def code_of(do: str, words: Sequence[str]) -> dict[str, Json]:
    """Of words that can only be a code, in one group of digits or in two."""
    code = "".join(words)
    if len(words) > 2 or (code and not code.isdecimal()):
        raise UsageError(
            say(
                "“{words}” is no code of a conference. See “confctl {command} --help”.",
                words=" ".join(words),
                command=do,
            )
        )
    return {"code": code} if code else {}


# What becomes of it


def carry_out(session: Session, order: Order, *, as_json: bool) -> None:
    """Says on one line what was done.  Raises RefusedError."""
    told = asked(session, order)
    if as_json:
        session.screen.json(_as_json(order, told))
    else:
        session.screen.line(_said(order, told, session.screen.word("guest")))


def asked(session: Session, order: Order) -> dict[str, Json]:
    """The mixer's answer.  Raises RefusedError."""
    args = dict(order.args)
    if "who" in args:
        args["who"] = named(session, cast("Sequence[str]", args["who"]))
    with refusals_told():
        return ask(session.socket, order.do, timeout=PATIENCE, **args)


def named(session: Session, who: Sequence[str]) -> list[str]:
    """As the mixer calls them: ``guest 17``, whatever that is in the reader's language."""
    guest = re.compile(rf"{re.escape(session.screen.word('guest'))}(?!\w)", re.IGNORECASE)
    return [guest.sub("guest", text, count=1) if guest.match(text) else text for text in who]


def _as_json(order: Order, told: Mapping[str, Json]) -> Printed:
    shown: dict[str, object] = {name: each for name, each in told.items() if name not in _FOR_US}
    if "end" in shown:
        shown["end"] = _end(told).isoformat()
    return cast("Printed", {"done": order.do, **shown})


_FOR_US: Final = frozenset({"protocol", "ok", "zone", "here"})
"""Of an answer, what is nothing to scripts."""


def _end(told: Mapping[str, Json]) -> datetime:
    return datetime.fromtimestamp(cast("float", told["end"]), ZoneInfo(str(told["zone"])))


def _said(order: Order, told: Mapping[str, Json], guest: str) -> Sentence:
    """``guest``: the word for one, as whoever typed it writes it."""
    people = cast("Sequence[Mapping[str, str | None]]", told["people"])
    places = {"title": told["title"], "names": ", ".join(_in_full(person, guest) for person in people)}
    match order.do:
        case "record":
            return Sentence(_RECORD[str(told["record"])], places)
        case "extend":
            return say("“{title}” goes on until {time}.", **places, time=f"{_end(told):%Y-%m-%d %H:%M}")
        case "owner" if told.get("here") is False:
            return in_a_row([Sentence(_PEOPLE["owner"], places), say("All hear music until they come.")])
        case "mute" | "unmute" if order.args.get("all"):
            return Sentence(_EVERYBODY[order.do], places)
        case do:
            return Sentence(_PEOPLE[do] if people else _WHOLE[do], places)


def _in_full(person: Mapping[str, str | None], guest: str) -> str:
    name, number = person["name"] or "", person["number"]
    if number and number not in name:
        return f"{name} ({number})"
    return f"{guest}{name.removeprefix('guest')}" if name.startswith("guest ") else name


_PEOPLE: Final = {
    "mute": say("Muted in “{title}”: {names}.").text,
    "unmute": say("Heard again in “{title}”: {names}.").text,
    "kick": say("Removed from “{title}”: {names}.").text,
    "call": say("Being called into “{title}”: {names}.").text,
    "owner": say("The owner of “{title}” is now {names}.").text,
    "deputy": say("The deputy in “{title}” is now {names}.").text,
}
_WHOLE: Final = {
    "mute": say("Muted in “{title}”: all but the owner, and whoever comes.").text,
    "unmute": say("Heard again in “{title}”: all but the owner, and whoever comes.").text,
    "lock": say("“{title}” is locked: only the owner can dial in, and who is being called.").text,
    "unlock": say("“{title}” is not locked any more.").text,
    "call": say("Being called into “{title}”: all who are missing.").text,
    "deputy": say("“{title}” has no deputy any more.").text,
    "end": say("“{title}” is over.").text,
}
_EVERYBODY: Final = {
    "mute": say("Muted in “{title}”: all, and whoever comes.").text,
    "unmute": say("Heard again in “{title}”: all, and whoever comes.").text,
}
_RECORD: Final = {
    "mixed": say("“{title}” is recorded from now on, while the owner is in.").text,
    "tracks": say("“{title}” is recorded from now on, while the owner is in, each in a file of their own too.").text,
    "no": say("“{title}” is not recorded any more.").text,
}


# Without Typer


def read(words: Sequence[str]) -> Order | None:
    """What the words of a command ask for, ``--json`` left out; None for other commands, and where Typer has something
    to say about the words.  Raises UsageError."""
    do, *rest = words
    options = {word for word in rest if word.startswith("-")}
    if do not in _OPTIONS or not options <= _OPTIONS[do]:
        return None
    plain = [word for word in rest if word not in options]
    match do:
        case "mute" | "unmute":
            return mute(do, plain, everybody="--all" in options, others="--others" in options)
        case "kick":
            return kick(plain)
        case "call":
            return call(plain, missing="--missing" in options)
        case "owner":
            return owner(plain)
        case "deputy":
            return deputy(plain, nobody="--none" in options)
        case "record":
            return record(plain, tracks="--tracks" in options)
        case "extend":
            return extend(plain)
        case _:
            return whole(do, plain)


_OPTIONS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("mute", "unmute"), frozenset({"--all", "--others"})),
    **dict.fromkeys(("kick", "lock", "unlock", "owner", "extend"), frozenset()),
    "call": frozenset({"--missing"}),
    "deputy": frozenset({"--none"}),
    "record": frozenset({"--tracks"}),
}
