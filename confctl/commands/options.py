"""The options of the commands that plan a conference: what each means, and how it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer


def read_code(text: str) -> str:
    """As it is shown in mails: ``790 074``."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if re.fullmatch("[0-9]{6}", digits) else text


ASKS_THE_MIXER = "The mixer is asked at the socket that CONFCTL_SOCKET names, or else the settings."
"""The end of the help of commands that do so."""

Code = Annotated[str, typer.Argument(metavar="CODE", parser=read_code, help="The conference's code.")]
RunningCode = Annotated[
    str | None, typer.Argument(metavar="CODE", parser=read_code, help="The code of a conference that runs.")
]
AnyCode = Annotated[str | None, typer.Argument(metavar="CODE", parser=read_code, help="A conference's code.")]
NewTitle = Annotated[str | None, typer.Option("--title", metavar="TITLE", help="What it is about.")]
Owner = Annotated[str | None, typer.Option(metavar="WHO", help="The owner: nobody is connected until they are in.")]
Deputy = Annotated[
    str | None,
    typer.Option(metavar="WHO", help="Who becomes the owner if the owner doesn't come ([conference] owner_absent)."),
]
NoDeputy = Annotated[bool, typer.Option("--no-deputy", help="Without a deputy.")]
Date = Annotated[str | None, typer.Option(metavar="DATE", help="2026-11-30, 30.11.2026, tomorrow, fri, in a week.")]
Start = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="15:30 or 3:30 pm, on the clocks of the zone.")
]
End = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="TIME", help="As --from, or how long: +90m. Not later than the start: on the next day."
    ),
]
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="IANA time zone, such as Asia/Tokyo, or its city.")]
Joining = Annotated[list[str] | None, typer.Option("--with", metavar="WHO...", help="Participants.")]
Leaving = Annotated[list[str] | None, typer.Option("--without", metavar="WHO...", help="Who is in it no more.")]
GreetingFile = Annotated[
    Path | None,
    typer.Option(
        "--greeting",
        metavar="FILE",
        help="Everybody hears it first: wav or mp3, 15 KB to 25 MB; its name: 15 letters, digits, - and _.",
    ),
]
NoGreeting = Annotated[bool, typer.Option("--no-greeting", help="Without the greeting.")]
Record = Annotated[
    bool,
    typer.Option(
        "--record",
        help="Record it: invitations say so, and callers hear it. No tracks, unless recording.tracks is true.",
    ),
]
NoRecord = Annotated[bool, typer.Option("--no-record", help="Don't record it.")]
Tracks = Annotated[bool, typer.Option("--tracks", help="Record it, and each person in a file of their own, too.")]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
