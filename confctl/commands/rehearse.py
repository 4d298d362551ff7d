"""``confctl rehearse``."""

from typing import TYPE_CHECKING, Annotated

import typer

from confctl.book.book import no_such
from confctl.commands import options
from confctl.commands.several_values import SeveralValues
from confctl.problems import UsageError
from confctl.words import say

if TYPE_CHECKING:
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command(cls=SeveralValues)(rehearse)


def rehearse(
    context: typer.Context,
    code: options.Code,
    phone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHO=WHAT...", help="What somebody's phone does: busy, late:5m, hold:10m:2m, leaves:20m …"
        ),
    ] = None,
    random: Annotated[bool, typer.Option("--random", help="Whoever is not named does something by chance.")] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Of --random: the same number, the same chance.", min=0)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Listen only when something happens.")] = False,
    as_json: options.Json = False,
) -> None:
    """Play a conference in fast time against built-in phones, and say whether each would hear what they should.

    The mixer's own rules, SIP and sound are at work, but no packet leaves the process, and book, journal and mail stay
    as they are. Registrations and trunks are imagined to work. Exit status 1 if something would go wrong.

    A phone answers (answers:20s later), is busy, declines, no-answer or unreachable (busy:5m: until then), or a
    mailbox. Times count from the start: late:5m dials in then, with wrong-code after a wrong code first; leaves:20m,
    back:25m; hold:10m:2m for two minutes; drops:12m:1m has no network for one; presses:15m:*1 presses keys.

    \b
    Examples:
      confctl rehearse 123456
      confctl rehearse 123456 --phone Anna=busy "Boris=late:5m,leaves:20m,back:25m" Carol=hold:10m:2m
      confctl rehearse 123456 --random --seed 7
      confctl rehearse 123456 --quick --json
    """
    session: Session = context.obj
    if seed is not None and not random:
        raise UsageError(say("--seed belongs to --random."))
    entry = session.book.get(code)
    if entry is None:
        raise no_such(code)
    from confctl.rehearsal import playing, showing, telling

    told = telling.told(phone or (), entry.plan)
    drawn = (_drawn() if seed is None else seed) if random else None
    found = playing.rehearse(entry.plan, told, session.settings, session.screen, seed=drawn, quick=quick)
    if as_json:
        session.screen.json(showing.as_json(found))
    else:
        showing.show(found, session.screen)
    raise typer.Exit(0 if found.right else 1)


def _drawn() -> int:
    from secrets import randbelow  # only by chance

    return randbelow(10_000)
