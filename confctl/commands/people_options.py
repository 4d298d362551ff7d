"""The options of the commands that change the directory, and what these say of a phone's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from confctl.words import Language, Sentence, say

if TYPE_CHECKING:
    from confctl.settings import Settings
    from mixer.model import Person

Email = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where invitations go.")]
PersonLanguage = Annotated[Language | None, typer.Option("--language", metavar="ru|en", help="Of prompts and mails.")]
Timezone = Annotated[str | None, typer.Option(metavar="ZONE", help="IANA name, if not the company's.")]
Sip = Annotated[str | None, typer.Option(metavar="URI", help="Where the phone is called.")]
Password = Annotated[str | None, typer.Option(metavar="TEXT", help="The phone registers here with it.")]
Account = Annotated[bool, typer.Option("--account", help="The phone registers here; makes a password.")]
Force = Annotated[bool, typer.Option("--force", help="Even if a planned conference loses its owner.")]


def account(person: Person, settings: Settings) -> Sentence:
    """What has to be set in the phone; for a password that was just made."""
    return say(
        "Its phone registers as {number} at {domain} with the password {password}",
        number=person.number,
        domain=settings.sip.domain,
        password=person.password,
    )
