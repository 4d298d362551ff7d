"""The commands on a conference that runs: mute, kick, lock, call, owner, deputy, record, extend, play, end."""

from typing import TYPE_CHECKING, Annotated

import typer

from confctl import acts
from confctl.commands.options import ASKS_THE_MIXER, Json, Yes
from confctl.commands.several_values import SeveralValues

if TYPE_CHECKING:
    from confctl.acts import Order
    from confctl.session import Session

_WHO = "Who: a number, a name, or a part of one; a code first where several conferences run."
_SOME = Annotated[list[str] | None, typer.Argument(metavar="[CODE] [WHO...]", help=_WHO)]
_WHOM = Annotated[list[str], typer.Argument(metavar="[CODE] WHO...", help=_WHO)]
_ONE = Annotated[list[str], typer.Argument(metavar="[CODE] WHO", help=_WHO)]
_PERHAPS_ONE = Annotated[list[str] | None, typer.Argument(metavar="[CODE] [WHO]", help=_WHO)]
_CODE = Annotated[
    list[str] | None, typer.Argument(metavar="[CODE]", help="The conference's code, where several conferences run.")
]
_ALL = Annotated[bool, typer.Option("--all", help="All, the owner and whoever comes too.")]
_OTHERS = Annotated[bool, typer.Option("--others", help="All but the owner; whoever comes too.")]


def register(app: typer.Typer) -> None:
    for command in (mute, unmute, kick, lock, unlock, call, owner, deputy, record, extend, end):
        app.command(epilog=ASKS_THE_MIXER)(command)
    app.command(cls=SeveralValues, epilog=ASKS_THE_MIXER)(play)


def mute(
    context: typer.Context, who: _SOME = None, everybody: _ALL = False, others: _OTHERS = False, as_json: Json = False
) -> None:
    """Mute people in a running conference: they hear, and nobody hears them.

    \b
    Examples:
      confctl mute boris
      confctl mute 790074 boris 104
      confctl mute --others
    """
    _do(context, acts.mute("mute", who or [], everybody=everybody, others=others), as_json=as_json)


def unmute(
    context: typer.Context, who: _SOME = None, everybody: _ALL = False, others: _OTHERS = False, as_json: Json = False
) -> None:
    """Let muted people be heard again.

    \b
    Examples:
      confctl unmute boris
      confctl unmute 790074 --all
    """
    _do(context, acts.mute("unmute", who or [], everybody=everybody, others=others), as_json=as_json)


def kick(context: typer.Context, who: _WHOM, as_json: Json = False) -> None:
    """Remove people from a running conference, or call them no more.

    They may dial in again, unless it is locked. A guest is called as “confctl status” does.

    \b
    Examples:
      confctl kick boris
      confctl kick 790074 "guest 17"
    """
    _do(context, acts.kick(who), as_json=as_json)


def lock(context: typer.Context, code: _CODE = None, as_json: Json = False) -> None:
    """Lock a running conference: nobody dials in any more but the owner and who is being called.

    \b
    Examples:
      confctl lock
      confctl lock 790074
    """
    _do(context, acts.whole("lock", code or []), as_json=as_json)


def unlock(context: typer.Context, code: _CODE = None, as_json: Json = False) -> None:
    """Let people dial into a locked conference again.

    \b
    Examples:
      confctl unlock
      confctl unlock 790074
    """
    _do(context, acts.whole("unlock", code or []), as_json=as_json)


def call(
    context: typer.Context,
    who: _SOME = None,
    missing: Annotated[bool, typer.Option("--missing", help="All of the list who have not been in yet.")] = False,
    as_json: Json = False,
) -> None:
    """Call people into a running conference, of its list, of the directory, or a number.

    Numbers that are nobody's are called if they begin as control.call in the settings says.

    \b
    Examples:
      confctl call carol
      confctl call 790074 +442079460123
      confctl call --missing
    """
    _do(context, acts.call(who or [], missing=missing), as_json=as_json)


def owner(context: typer.Context, who: _ONE, as_json: Json = False) -> None:
    """Make somebody of a running conference's list its owner; whoever was is a participant.

    \b
    Examples:
      confctl owner boris
      confctl owner 790074 102
    """
    _do(context, acts.owner(who), as_json=as_json)


def deputy(
    context: typer.Context,
    who: _PERHAPS_ONE = None,
    nobody: Annotated[bool, typer.Option("--none", help="There is to be no deputy.")] = False,
    as_json: Json = False,
) -> None:
    """Name who becomes the owner of a running conference if the owner does not come.

    \b
    Examples:
      confctl deputy boris
      confctl deputy 790074 --none
    """
    _do(context, acts.deputy(who or [], nobody=nobody), as_json=as_json)


def record(
    context: typer.Context,
    state: Annotated[
        list[str], typer.Argument(metavar="[CODE] on|off", help="Whether; a code first where several conferences run.")
    ],
    tracks: Annotated[bool, typer.Option("--tracks", help="Each person in a file of their own, too.")] = False,
    as_json: Json = False,
) -> None:
    """Record a running conference from now on, or no more; all hear that it is recorded.

    \b
    Examples:
      confctl record on
      confctl record 790074 on --tracks
      confctl record off
    """
    _do(context, acts.record(state, tracks=tracks), as_json=as_json)


def extend(
    context: typer.Context,
    until: Annotated[
        list[str],
        typer.Argument(
            metavar="[CODE] MINUTES|TIME",
            help="By how many minutes, or until when on its own clocks; a code first where several conferences run.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Put off the planned end of a running conference.

    \b
    Examples:
      confctl extend 15
      confctl extend 790074 +1h
      confctl extend 17:30
    """
    _do(context, acts.extend(until), as_json=as_json)


def end(context: typer.Context, code: _CODE = None, yes: Yes = False, as_json: Json = False) -> None:
    """End a running conference now: all are told, and hung up.

    \b
    Examples:
      confctl end
      confctl end 790074 --yes
    """
    from confctl.ending import end as end_it

    session: Session = context.obj
    end_it(session, code or [], asking=not yes, as_json=as_json)


def play(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CODE] FILE|PROMPT",
            help="A sound file, or the name of a prompt; a code first where several conferences run.",
        ),
    ] = None,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="WHO...", help="Who hears it; else all.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop what is being played.")] = False,
    as_json: Json = False,
) -> None:
    """Play a sound to those in a running conference, beside their talk.

    They go on hearing each other, softer; whoever waits hears it instead of the music. A prompt is said in each
    person's language. A file has 25 MB and ten minutes at most, is played no louder than our prompts, and ends what
    was played before.

    \b
    Examples:
      confctl play evacuation.mp3
      confctl play 790074 ten-minutes --to boris carol
      confctl play --stop
    """
    from confctl.playing import play as play_it

    session: Session = context.obj
    play_it(session, what or [], to or [], stop=stop, as_json=as_json)


def _do(context: typer.Context, order: "Order", *, as_json: bool) -> None:
    session: Session = context.obj
    acts.carry_out(session, order, as_json=as_json)
