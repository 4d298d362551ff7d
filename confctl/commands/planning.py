"""``confctl add``, ``edit``, ``repeat`` and ``delete``."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from confctl import dates
from confctl.book import drafting
from confctl.book.book import no_such
from confctl.book.conference_file import Draft, Entry
from confctl.book.drafting import Agreed, Wanted
from confctl.book.greeting import Greeting
from confctl.book.listing import State, state
from confctl.commands import options, planning_results
from confctl.commands.several_values import SeveralValues, WithCode
from confctl.problems import RefusedError, UsageError
from confctl.session import Session
from confctl.terminal import notified
from confctl.words import Sentence, count, say, translated
from mixer.rules.model import Plan


def register(app: typer.Typer) -> None:
    app.command(cls=SeveralValues)(add)
    app.command(cls=SeveralValues)(edit)
    app.command(cls=SeveralValues)(repeat)
    app.command(cls=WithCode)(delete)


def add(
    context: typer.Context,
    title: Annotated[str | None, typer.Argument(metavar="TITLE", help="What it is about.")] = None,
    titled: options.NewTitle = None,
    owner: options.Owner = None,
    date: options.Date = None,
    start: options.Start = None,
    end: options.End = None,
    zone: options.Zone = None,
    joining: options.Joining = None,
    deputy: options.Deputy = None,
    greeting: options.GreetingFile = None,
    record: options.Record = False,
    no_record: options.NoRecord = False,
    tracks: options.Tracks = False,
    as_json: options.Json = False,
) -> None:
    """Plan a conference; prints its code.

    WHO is a number, a whole name, or any part of either that fits one person only. Times are local ones of the zone,
    which is the company's unless --zone names another; an end not later than the start is on the next day. A start
    that is past already is taken while the end is ahead: the conference begins at once. A greeting is a wav or mp3 of
    15 KB to 25 MB whose name has at most 15 letters, digits, - and _. On a terminal, what is missing is asked for.

    \b
    Examples:
      confctl add
      confctl add Weekly --owner anna --date fri --from 15:30 --to 16:30 --with 102
      confctl add "Night shift" --owner 101 --date 30.11 --from 23:00 --to +2h
      confctl add Tour --owner 101 --date fri --from 9:00 --to 10:00 --zone UTC
      confctl add Board --owner 101 --date fri --from 9:00 --to 10:00 --record
    """
    session: Session = context.obj
    if title is not None and titled is not None:
        raise UsageError(say("TITLE and --title can't both be."))
    wanted = Wanted(
        title=titled if title is None else title,
        owner=owner,
        date=date,
        start=start,
        end=end,
        zone=zone,
        joining=tuple(joining or ()),
        deputy=deputy,
        greeting=greeting,
        record=_either(record, no_record),
        tracks=tracks,
    )
    _refuse_contradictions(wanted)
    lacking = drafting.missing(wanted)
    if lacking:
        if not _can_ask(as_json=as_json):
            names = ", ".join(translated(each, session.language) for each in lacking)
            raise UsageError(say("Missing: {options}. See “confctl add --help”.", options=names))
        from confctl.terminal import form

        wanted = form.new(wanted, session)
    agreed = drafting.new(wanted, session)
    _plan(session, agreed, _given_greeting(session, wanted), as_json=as_json, seen=bool(lacking))


def edit(
    context: typer.Context,
    code: options.Code,
    title: options.NewTitle = None,
    owner: options.Owner = None,
    date: options.Date = None,
    start: options.Start = None,
    end: options.End = None,
    zone: options.Zone = None,
    joining: options.Joining = None,
    leaving: options.Leaving = None,
    deputy: options.Deputy = None,
    no_deputy: options.NoDeputy = False,
    greeting: options.GreetingFile = None,
    no_greeting: options.NoGreeting = False,
    record: options.Record = False,
    no_record: options.NoRecord = False,
    tracks: options.Tracks = False,
    as_json: options.Json = False,
) -> None:
    """Change a conference that has not begun; what is not named stays.

    --date and --zone keep the hours that the clocks show. --from alone moves the end along, so that it lasts as long
    as before; --to changes how long it lasts. A new owner may have been a participant; the former one stays as a
    participant, unless --without names them, and the owner's code is a new one. If anything is wrong, nothing is
    changed. On a terminal, without any option, each field is asked for.

    \b
    Examples:
      confctl edit 123456 --date tomorrow --from 16:00
      confctl edit 123456 --with 104 ivan --without 102
      confctl edit 123456 --owner boris --without anna --greeting hello.mp3
      confctl edit 123456 --no-record
    """
    session: Session = context.obj
    wanted = Wanted(
        title=title,
        owner=owner,
        date=date,
        start=start,
        end=end,
        zone=zone,
        joining=tuple(joining or ()),
        leaving=tuple(leaving or ()),
        deputy=deputy,
        no_deputy=no_deputy,
        greeting=greeting,
        no_greeting=no_greeting,
        record=_either(record, no_record),
        tracks=tracks,
    )
    _refuse_contradictions(wanted)
    before = _still_planned(session, code)
    asked = wanted == Wanted()
    if asked:
        if not _can_ask(as_json=as_json):
            raise UsageError(say("Say what to change, for example --title or --from. See “confctl edit --help”."))
        from confctl.terminal import form

        wanted = form.changed(before, session)
    _change(session, code, wanted, as_json=as_json, seen=asked)


def repeat(
    context: typer.Context,
    code: options.Code,
    title: options.NewTitle = None,
    owner: options.Owner = None,
    date: options.Date = None,
    start: options.Start = None,
    end: options.End = None,
    zone: options.Zone = None,
    joining: options.Joining = None,
    leaving: options.Leaving = None,
    deputy: options.Deputy = None,
    no_deputy: options.NoDeputy = False,
    greeting: options.GreetingFile = None,
    no_greeting: options.NoGreeting = False,
    record: options.Record = False,
    no_record: options.NoRecord = False,
    tracks: options.Tracks = False,
    as_json: options.Json = False,
) -> None:
    """Plan a conference like an earlier one: its title, owner, hours, people, greeting, recording, today.

    Whatever is to be different is named, as for confctl edit. The hours are those that the clocks of its zone showed.
    Participants who are in the directory no more are named and left out. A conference that runs or is planned can be
    repeated too. On a terminal, without any option, each field is asked for.

    \b
    Examples:
      confctl repeat 123456 --date fri
      confctl repeat 123456 --date tomorrow --from 10:00 --without 102 --json
    """
    session: Session = context.obj
    wanted = Wanted(
        title=title,
        owner=owner,
        date=date,
        start=start,
        end=end,
        zone=zone,
        joining=tuple(joining or ()),
        leaving=tuple(leaving or ()),
        deputy=deputy,
        no_deputy=no_deputy,
        greeting=greeting,
        no_greeting=no_greeting,
        record=_either(record, no_record),
        tracks=tracks,
    )
    _refuse_contradictions(wanted)
    entry = session.book.get(code)
    if entry is None:
        raise no_such(code)
    asked = wanted == Wanted() and _can_ask(as_json=as_json)
    if asked:
        from confctl.terminal import form

        wanted = form.repeated(entry, session)
    agreed = drafting.repeated(wanted, entry, session)
    _plan(session, agreed, _repeated_greeting(session, wanted, entry), as_json=as_json, seen=asked)


def delete(context: typer.Context, code: options.Code, yes: options.Yes = False, as_json: options.Json = False) -> None:
    """Delete a conference that has not begun; everybody is told.

    \b
    Examples:
      confctl delete 123456
      confctl delete 123456 --yes
    """
    session: Session = context.obj
    plan = _still_planned(session, code).plan
    if not yes and not _confirmed(session, plan, as_json=as_json):
        raise RefusedError(say("Conference {code} is not deleted.", code=code))
    session.book.delete(code, session.clock())  # it may have begun while we asked
    session.done = say("Conference {code} “{title}” is deleted.", code=code, title=plan.title)
    if as_json:
        notified.tell_as_json(session, {"deleted": code})
        return
    session.screen.line(session.done)
    notified.tell(session)


def _either(record: bool, no_record: bool) -> bool | None:
    if record and no_record:
        raise UsageError(say("--{name} and --no-{name} can't both be.", name="record"))
    return True if record else False if no_record else None


def _can_ask(*, as_json: bool) -> bool:
    from confctl.terminal.asking import Asker

    return not as_json and Asker.possible()


def _plan(
    session: Session, agreed: Agreed, greeting: AbstractContextManager[Greeting | None], *, as_json: bool, seen: bool
) -> None:
    """``seen``: a summary of it was agreed to a moment ago; then only what is new is told."""
    with greeting as copy:
        entry = session.book.add(replace(agreed.draft, greeting=copy), session.now, _dialled(session))
        headline = session.done = say("Conference {code} is planned.", code=entry.plan.code)
    planning_results.complain(session, agreed.notes, entry.greeting)
    if not as_json:
        planning_results.glance_aside(session, entry)
    if seen:
        from confctl.terminal import render

        session.screen.line(headline)
        session.screen.table(render.way_in(entry, session.screen, session.settings))
        notified.tell(session)
        return
    planning_results.show(session, headline, entry, warned=True, as_json=as_json)


def _change(session: Session, code: str, wanted: Wanted, *, as_json: bool, seen: bool) -> None:
    """``seen`` as for :func:`_plan`."""
    notes: list[Sentence] = []

    def changed(entry: Entry) -> Draft:
        agreed = drafting.changed(wanted, entry, session)
        notes.extend(agreed.notes)
        kept = None if wanted.no_greeting else entry.greeting
        return replace(agreed.draft, greeting=copy if copy and not copy.sounds_like(kept) else kept)

    with _given_greeting(session, wanted) as copy:
        before, after = session.book.change(code, session.clock(), changed, _dialled(session))
        headline = session.done = _changed(code, before, after)
    planning_results.complain(session, notes, after.greeting if copy else None)
    if not as_json and _who_and_when(before.plan) != _who_and_when(after.plan):
        planning_results.glance_aside(session, after)
    if seen:
        planning_results.changes(session, headline, before, after)
        notified.tell(session)
        return
    planning_results.show(session, headline, after, before, warned=copy is not None, as_json=as_json)


def _changed(code: str, before: Entry, after: Entry) -> Sentence:
    if before == after:
        return say("Nothing is changed: that is how conference {code} is already.", code=code)
    return say("Conference {code} is changed.", code=code)


def _dialled(session: Session) -> tuple[str]:
    return (session.settings.company.conference_number,)


def _still_planned(session: Session, code: str) -> Entry:
    """Raises RefusedError where it is no more, and says so rightly of one that no mixer has begun or goes on with."""
    entry = session.book.get(code)
    if entry and state(entry, session.journal, session.now, session.mixer_runs) is State.INTERRUPTED:
        sentence = say(
            "Conference {code} has begun: it can be neither changed nor deleted; no mixer runs:"
            " “confctl run” carries it on.",
            code=code,
        )
        raise RefusedError(sentence)
    if entry and entry.ended is None and entry.plan.start <= session.now and not session.mixer_runs():
        sentence = say(
            "The start of conference {code} has come, {when}: it can be neither changed nor deleted; no mixer runs:"
            " “confctl run” starts it.",
            code=code,
            when=dates.span_in_full(entry.plan.start, entry.plan.end, entry.plan.zone, session.language),
        )
        raise RefusedError(sentence)
    return session.book.planned(code, session.now)


def _refuse_contradictions(wanted: Wanted) -> None:
    if wanted.greeting == Path():
        raise UsageError(say("--greeting needs the name of a file."))
    if wanted.greeting and wanted.no_greeting:
        raise UsageError(say("--greeting and --no-greeting can't both be."))
    if wanted.deputy and wanted.no_deputy:
        raise UsageError(say("--{name} and --no-{name} can't both be.", name="deputy"))
    if wanted.tracks and wanted.record is False:
        raise UsageError(say("--tracks and --no-record can't both be."))


def _given_greeting(session: Session, wanted: Wanted) -> AbstractContextManager[Greeting | None]:
    if wanted.greeting is None:
        return nullcontext()
    from confctl.book.greeting import taken

    return taken(wanted.greeting, session.book.greetings)


def _repeated_greeting(session: Session, wanted: Wanted, entry: Entry) -> AbstractContextManager[Greeting | None]:
    if wanted.greeting or wanted.no_greeting or entry.greeting is None:
        return _given_greeting(session, wanted)
    from confctl.book.greeting import again

    return again(entry, session.book.greetings)


def _who_and_when(plan: Plan) -> tuple[float, float, set[str], str | None]:
    return plan.start, plan.end, {person.number for person in plan.people}, plan.deputy


def _confirmed(session: Session, plan: Plan, *, as_json: bool) -> bool:
    """Asks on a terminal; where nobody can answer, refuses and says how to go on."""
    if not _can_ask(as_json=as_json):
        raise RefusedError(say("Nobody can be asked here; add --yes to delete conference {code}.", code=plan.code))
    from confctl.terminal.asking import agreed

    question = say(
        "Delete conference {code} “{title}”, {when}, with {people}?",
        code=plan.code,
        title=plan.title,
        when=dates.span_in_full(plan.start, plan.end, plan.zone, session.language),
        people=count(len(plan.people), "{n} person", "{n} people"),
    )
    return agreed(session, question)
