"""``confctl status``: what the running mixer says of itself, as tables or as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast
from zoneinfo import ZoneInfo

from confctl.live import wording
from confctl.live.asking import why
from confctl.live.conference import zone_of
from confctl.live.told import Person
from confctl.mail import showing
from confctl.problems import RefusedError
from confctl.terminal.table import Cell, Style, Table, cell
from confctl.wire_reasons import told
from confctl.words import Sentence, count, say
from mixer.control import ControlError, NotRunning, ask

if TYPE_CHECKING:
    from confctl.session import Session
    from confctl.terminal.screen import Json, Screen


class _Leg(TypedDict):
    person: str | None
    name: str | None
    guest: NotRequired[str | None]
    """What commands call them; a mixer of before this program was installed doesn't say."""
    owner: bool
    stage: str
    hears: str | None
    on_hold: NotRequired[bool]
    """A mixer that was started before this program was installed says nothing of it, nor of the next."""
    muted: NotRequired[bool]
    silenced: NotRequired[bool]
    encrypted: NotRequired[bool]
    since: float


class _Conference(TypedDict):
    code: str
    title: str
    start: float
    end: float
    owner_in: NotRequired[bool]
    legs: NotRequired[list[_Leg]]
    absent: NotRequired[list[dict[str, Json]]]
    locked: NotRequired[bool]


class _Trunk(TypedDict):
    name: str
    registered: bool | None
    """None: it is not registered at."""
    alive: NotRequired[bool | None]
    """Whether it answers; None: it is not asked."""
    asked: NotRequired[bool]
    """Whether we register there, or look whether it answers."""
    found: NotRequired[bool]
    """Whether it has an address."""
    calls: NotRequired[int]
    max_calls: NotRequired[int | None]
    waiting: NotRequired[int]
    detail: str
    next_try: NotRequired[float | None]


class _Status(TypedDict):
    pid: int
    since: float
    listening: list[str]
    registered: list[str]
    trunks: list[_Trunk]
    running: list[_Conference]
    planned: list[_Conference]


_NO_MIXER: dict[str, Json] = {
    "pid": None,
    "since": None,
    "listening": [],
    "registered": [],
    "trunks": [],
    "running": [],
    "planned": [],
}
"""As :class:`_Status`, of a mixer that there is not."""

_MOST_NAMED = 10
"""In one line; “confctl status CODE” shows everybody."""
_TALKS = say("in")
_HEARS = {
    "room": _TALKS,
    "music": say("hears music"),
    "press-one": say("is asked to press 1"),
    "greeting": say("hears the greeting"),
    "notice": say("hears that it is recorded"),
    None: say("rings"),
}


def status(session: Session, *, as_json: bool) -> int:
    """Raises RefusedError (exit status 1) when no mixer runs; scripts get each field and mails may wait still."""
    path, mail, screen = session.socket, _mail(session), session.screen
    counted = showing.counts_as_json(mail) if mail else None
    try:
        answer = ask(path, "status")
    except ControlError as error:
        if not isinstance(error, NotRunning):
            pass
        elif as_json:
            screen.json({**_NO_MIXER, "mail": counted})
        elif mail and (mail.waiting or mail.failed):
            screen.line(showing.line(mail, session.settings))
        raise RefusedError(why(error)) from None
    if as_json:
        from confctl.terminal import as_json as json

        screen.json({**json.status(cast("dict[str, Json]", answer["status"]), zone_of(session)), "mail": counted})
        return 0
    _print(cast("_Status", answer["status"]), screen, ZoneInfo(zone_of(session)), session.now)
    if mail:
        screen.line(showing.line(mail, session.settings))
    return 0


def _mail(session: Session) -> showing.Looked | None:
    """None for whoever may ask the mixer and read neither its settings nor its outbox."""
    try:
        return showing.look(session.settings)
    except (RefusedError, OSError):
        return None


def _print(found: _Status, screen: Screen, zone: ZoneInfo, now: float) -> None:
    screen.line(
        say("The mixer runs since {time} (process {pid}).", time=_moment(found["since"], zone), pid=found["pid"])
    )
    screen.line(say("It listens on {addresses}.", addresses=", ".join(found["listening"])))
    registered = ", ".join(found["registered"]) or "—"
    screen.line(say("Registered phones: {numbers}.", numbers=registered))
    for trunk in found["trunks"]:
        screen.line(say("Trunk {name}: {state}; {calls}.", name=trunk["name"], **_trunk(trunk, zone)))
    for conference in found["running"]:
        _print_conference(conference, screen, zone)
    coming = [conference for conference in found["planned"] if now < conference["end"]]
    if gone_by := len(found["planned"]) - len(coming):
        screen.line(say("Not started in their time: {number}; see “confctl list”.", number=gone_by))
    for conference in coming[:1]:
        screen.line(say("Next: {title} ({code}) at {start}.", **_facts(conference, zone)))


def _print_conference(conference: _Conference, screen: Screen, zone: ZoneInfo) -> None:
    facts = _facts(conference, zone)
    if conference.get("legs"):
        screen.line(say("{title} ({code}) runs until {time}:", **facts))
        screen.table(_people(conference.get("legs", []), screen, zone))
    else:
        screen.line(say("{title} ({code}) runs until {time}; nobody is in or being called.", **facts))
    absent = [Person.of(each) for each in conference.get("absent", [])]
    if absent:
        people = ", ".join(_absence(each, screen, zone) for each in absent[:_MOST_NAMED])
        more = "" if len(absent) <= _MOST_NAMED else f", … ({len(absent)})"
        screen.line(say("Not in: {people}.", people=people + more))


def _absence(person: Person, screen: Screen, zone: ZoneInfo) -> str:
    return f"{wording.name(person, screen.language)} — {wording.state(person, zone, screen.language)}"


def _trunk(trunk: _Trunk, zone: ZoneInfo) -> dict[str, Sentence]:
    return {"state": _state(trunk, zone), "calls": _calls(trunk)}


def _state(trunk: _Trunk, zone: ZoneInfo) -> Sentence:
    detail = told(trunk["detail"]) if trunk["detail"] else ""
    match trunk["registered"], trunk.get("alive"):
        case True, False:
            return say("registered, but does not answer ({detail})", detail=detail)
        case True, _:
            return say("registered")
        case None, None if not trunk.get("asked", True) and (trunk.get("found", True) or not detail):
            return say("nobody asks whether it answers")
        case _, _ if not detail:
            return say("not asked yet")
        case _, _ if not trunk.get("found", True):
            return say("not found ({detail})", detail=detail)
        case False, _ if next_try := trunk.get("next_try"):
            time = f"{datetime.fromtimestamp(next_try, zone):%H:%M:%S}"
            return say("not registered ({detail}), again at {time}", detail=detail, time=time)
        case False, _:
            return say("not registered ({detail})", detail=detail)
        case _, True:
            return say("answers ({detail})", detail=detail)
        case _:
            return say("does not answer ({detail})", detail=detail)


def _calls(trunk: _Trunk) -> Sentence:
    calls, most, waiting = trunk.get("calls", 0), trunk.get("max_calls"), trunk.get("waiting", 0)
    if most is None:
        return count(calls, "{n} call", "{n} calls")
    if waiting:
        return say("{calls} of {most} calls, {waiting} waiting", calls=calls, most=most, waiting=waiting)
    return say("{calls} of {most} calls", calls=calls, most=most)


def _facts(conference: _Conference, zone: ZoneInfo) -> dict[str, str]:
    return {
        "title": conference["title"],
        "code": conference["code"],
        "start": _moment(conference["start"], zone),
        "time": _moment(conference["end"], zone),
    }


def _moment(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def _people(legs: list[_Leg], screen: Screen, zone: ZoneInfo) -> Table:
    return Table(
        [_person(leg, screen, zone) for leg in legs], (screen.word("name"), screen.word("state"), screen.word("since"))
    )


def _person(leg: _Leg, screen: Screen, zone: ZoneInfo) -> tuple[Cell, ...]:
    who = leg["name"] or (leg.get("guest") or "guest").replace("guest", screen.word("guest"), 1)
    who += f" ({screen.word('owner')})" if leg["owner"] else ""
    does = _does(leg)
    style = Style.GOOD if does is _TALKS else Style.PLAIN
    if leg.get("encrypted"):
        does = say("{state}, encrypted", state=does)
    since = f"{datetime.fromtimestamp(leg['since'], zone):%H:%M:%S}"
    return cell(who), cell(does.in_language(screen.language), style=style), cell(since)


def _does(leg: _Leg) -> Sentence:
    if leg.get("on_hold"):
        return say("has put the call on hold")
    if leg.get("muted"):
        return say("plays hold music, muted")
    if leg.get("silenced") and _HEARS[leg["hears"]] is _TALKS:
        return say("listens, muted")
    return _HEARS[leg["hears"]]
