"""The options of the commands that change the directory."""

from __future__ import annotations

from typing import Annotated

import typer

from confctl.people.languages import CHOICES, language_named
from confctl.problems import UsageError
from confctl.words import Language, say
from mixer.rules.call_policy import Ring

Email = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where invitations go.")]
PersonLanguage = Annotated[str | None, typer.Option("--language", metavar="ru|en", help="Of prompts and mails.")]
Timezone = Annotated[str | None, typer.Option(metavar="ZONE", help="If not the company's: an IANA name, or its city.")]
Sip = Annotated[str | None, typer.Option(metavar="URI", help="Where the phone is called.")]
Password = Annotated[str | None, typer.Option(metavar="TEXT", help="The phone registers here with it.")]
Several = Annotated[
    Ring | None,
    typer.Option(
        "--ring", metavar="in-turn|all", help="Several numbers in turn, or all at once; if not as confctl.toml has it."
    ),
]
Account = Annotated[bool, typer.Option("--account", help="The phone registers here; makes a password.")]
Force = Annotated[bool, typer.Option("--force", help="Even if a planned conference loses its owner.")]


def language_of(option: str | None) -> Language | None:
    """Raises UsageError for none that we speak."""
    language = language_named(option) if option is not None else None
    if option is not None and not language:
        raise UsageError(
            say("{name}: “{value}” is none of: {choices}.", name="--language", value=option, choices=CHOICES)
        )
    return language
