"""``confctl sip``: what goes over the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypedDict, cast
from zoneinfo import ZoneInfo

import typer

from confctl.commands.options import ASKS_THE_MIXER, Json
from confctl.live.asking import refusals_told
from confctl.people.directory import Found
from confctl.terminal.ladder import Step, label, ladder
from confctl.terminal.screen import Screen
from confctl.terminal.table import Cell, Style, Table, cell
from confctl.words import count, say
from mixer.control import ask

if TYPE_CHECKING:
    from confctl.session import Session
    from confctl.terminal.screen import Json as JsonValue

_app = typer.Typer(help="What goes over the wire.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(_app, name="sip")


class _Message(TypedDict):
    at: float
    sent: bool
    peer: str
    text: str


_Dialog = TypedDict(
    "_Dialog",
    {
        "call_id": str,
        "method": str,
        "sent": bool,
        "began": float,
        "ended": float,
        "from": str,
        "to": str,
        "peer": str,
        "result": str | None,
        "count": int,
        "messages": list[_Message],
        "left_out": int,
        "left_out_after": int,
    },
    total=False,
)


@_app.callback()
def sip() -> None:
    """What goes over the wire."""  # with a callback, Typer makes a group of one command too


@_app.command(epilog=ASKS_THE_MIXER)
def trace(
    context: typer.Context,
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="WHICH", help="A part of a name, a number, an address or a Call-ID; the latest that fits."
        ),
    ] = None,
    messages: Annotated[bool, typer.Option("--messages", help="Each message in full, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show the SIP messages of one call as a ladder; without WHICH, list the latest calls and registrations.

    The running mixer keeps the latest in memory.  Passwords, codes and keys are not shown.

    \b
    Examples:
      confctl sip trace
      confctl sip trace anna
      confctl sip trace 192.0.2.7 --messages
    """
    session: Session = context.obj
    zone = ZoneInfo(session.settings.company.timezone)
    if which is None:
        _list(session, zone, as_json=as_json)
        return
    answer = _asked(session, "trace", _marks(session, which))
    dialog = cast("_Dialog", answer["trace"])
    if as_json:
        session.screen.json(
            {**_dated(dialog, zone), "messages": [_dated_message(each, zone) for each in dialog["messages"]]}
        )
        return
    _show(dialog, session.screen, zone, in_full=messages)
    others = cast("int", answer["others"])
    if others:
        session.screen.complain(
            count(
                others,
                "{n} earlier one fits as well; “confctl sip trace” lists them.",
                "{n} earlier ones fit as well; “confctl sip trace” lists them.",
            )
        )


def _marks(session: "Session", which: str) -> list[str]:
    """What was written, and how whoever it names can be called."""
    found = session.directory.find(which)
    if not isinstance(found, Found):
        return [which]
    uri = (found.person.sip or "").removeprefix("sips:").removeprefix("sip:")
    return [which, *found.person.numbers, *([uri] if uri else [])]


def _asked(session: "Session", do: str, which: Sequence[str] = ()) -> dict[str, object]:
    with refusals_told():
        return dict(ask(session.socket, do, which=which))


def _list(session: "Session", zone: ZoneInfo, *, as_json: bool) -> None:
    found = cast("list[_Dialog]", _asked(session, "traces")["traces"])
    screen = session.screen
    if as_json:
        screen.json({"traces": [_dated(each, zone) for each in found]})
        return
    if not found:
        screen.line(say("Nothing has gone over the wire yet."))
        return
    headings = (say("Time"), say("What"), say("From"), say("To"), say("Result"), say("Call-ID"))
    rows = [
        (
            cell(f"{datetime.fromtimestamp(each['began'], zone):%m-%d %H:%M:%S}"),
            cell(each["method"]),
            cell(each["from"] or each["peer"]),
            cell(each["to"]),
            _result(each["result"]),
            cell(each["call_id"][:_BRIEF]),
        )
        for each in reversed(found)
    ]
    screen.table(Table(rows, tuple(heading.in_language(screen.language) for heading in headings)))


_BRIEF = 12
"""Of a Call-ID: enough to name it."""


def _result(status: str | None) -> Cell:
    return cell(status or "—", style=Style.PLAIN if status is None or status < "3" else Style.BAD)


def _show(dialog: _Dialog, screen: Screen, zone: ZoneInfo, *, in_full: bool) -> None:
    began = f"{datetime.fromtimestamp(dialog['began'], zone):%Y-%m-%d %H:%M:%S}"
    screen.line(
        say(
            "{method} from {caller} to {callee}, {time}, Call-ID {id}",
            method=dialog["method"],
            caller=dialog["from"],
            callee=dialog["to"],
            time=began,
            id=dialog["call_id"],
        )
    )
    screen.blank()
    for line in ladder(
        _steps(dialog, screen), lambda at: f"{datetime.fromtimestamp(at, zone):%H:%M:%S.%f}"[:-3], screen.width
    ):
        screen.as_it_is(line)
    if dialog["left_out"]:
        screen.line(
            count(
                dialog["left_out"], "{n} message in the middle is not kept.", "{n} messages in the middle are not kept."
            )
        )
    for each in dialog["messages"] if in_full else ():
        screen.blank()
        arrow = "->" if each["sent"] else "<-"
        screen.as_it_is(f"{datetime.fromtimestamp(each['at'], zone):%H:%M:%S.%f} {arrow} {each['peer']}")
        for line in each["text"].rstrip("\n").split("\n"):
            screen.as_it_is(line)


def _steps(dialog: _Dialog, screen: Screen) -> list[Step]:
    seen: set[tuple[bool, str, str]] = set()
    steps = []
    for each in dialog["messages"]:
        same = each["sent"], each["peer"], each["text"]
        steps.append(
            Step(each["at"], each["sent"], each["peer"], label(each["text"], screen.language, again=same in seen))
        )
        seen.add(same)
    return steps


def _dated(dialog: _Dialog, zone: ZoneInfo) -> "dict[str, JsonValue]":
    kept = cast("dict[str, JsonValue]", {key: value for key, value in dialog.items() if key != "left_out_after"})
    return {**kept, "began": _local(dialog["began"], zone), "ended": _local(dialog["ended"], zone)}


def _dated_message(message: _Message, zone: ZoneInfo) -> "dict[str, JsonValue]":
    return {
        "at": _local(message["at"], zone),
        "sent": message["sent"],
        "peer": message["peer"],
        "text": message["text"],
    }


def _local(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat(timespec="milliseconds")
