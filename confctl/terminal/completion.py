"""What may follow the words of a command line, for the shell's TAB: commands, options, codes, people, zones, dates.

What fits a place follows from the name of its value in the help: WHO, CODE, ZONE, DATE, FILE, ``ru|en``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from typer.core import TyperArgument, TyperOption

from confctl.clean import clean
from confctl.commands.several_values import SeveralValues
from confctl.dates import day_in_words, span
from confctl.people.directory import Directory, Found
from confctl.terminal.help import paragraphs, subcommands
from confctl.words import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from confctl.book.conference_file import Entry
    from confctl.session import Session
    from confctl.terminal.help import Command
    from mixer.rules.model import Person

    Parameter = TyperArgument | TyperOption


@dataclass(frozen=True, slots=True)
class Completion:
    word: str
    help: str = ""


FILES: Final = Completion(":files")
"""The shell itself knows best which files there are."""
_LIMIT: Final = 100
"""What a person still looks through; typing on finds the rest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the command line the next word stands."""

    command: Command
    awaiting: TyperOption | None = None
    """Whose value it must be."""
    repeating: TyperOption | None = None
    """Whose further value it may be."""
    before: int = 0
    """Arguments that are there already."""
    options_over: bool = False
    """After ``--``."""


def completions(root: Command, words: Sequence[str], typed: str, session: Session) -> list[Completion]:
    """What the word that begins with ``typed`` may be, after ``words``, from which global options have been taken."""
    asks_for_help = list(words[:1]) == ["help"]
    place = _place(root, words[1:] if asks_for_help else words)
    if place is None:
        return []
    if place.awaiting:
        return _values(place.awaiting, place.command, typed, session)
    if typed.startswith("-") and not place.options_over:
        return _options(root, place.command, typed, session)
    below = subcommands(place.command)
    if below:
        return _beginning(typed, (Completion(name, _about(each, session)) for name, each in below.items()))
    if asks_for_help:
        return []
    if place.repeating:
        return _values(place.repeating, place.command, typed, session)
    argument = _argument(place)
    if argument and (argument.metavar or "").startswith("[CODE]"):
        return list(islice(_of_running(argument, place, words, typed, session), _LIMIT))
    return _values(argument, place.command, typed, session) if argument else []


def _place(root: Command, words: Sequence[str]) -> Place | None:
    """None after a command that there is not."""
    place = Place(root)
    for word in words:
        following = _after(place, word)
        if following is None:
            return None
        place = following
    return place


def _after(place: Place, word: str) -> Place | None:
    command = place.command
    if place.awaiting:
        return Place(command, repeating=_repeats(place.awaiting, command), before=place.before)
    if word == "--" or place.options_over:
        return Place(command, before=place.before + place.options_over, options_over=True)
    if word.startswith("-") and word != "-":
        name, equals, _ = word.partition("=")
        option = _valued(command).get(name)
        if equals and option:
            return Place(command, repeating=_repeats(option, command), before=place.before)
        return Place(command, awaiting=option, before=place.before)
    below = subcommands(command)
    if below:
        return Place(below[word]) if word in below else None
    if place.repeating:
        return place
    return Place(command, before=place.before + 1)


def _repeats(option: TyperOption, command: Command) -> TyperOption | None:
    return option if option.multiple and isinstance(command, SeveralValues) else None


def _valued(command: Command) -> dict[str, TyperOption]:
    """The options that take a value, by their names."""
    options = (each for each in command.params if isinstance(each, TyperOption) and not each.is_flag)
    return {name: option for option in options for name in option.opts}


def _argument(place: Place) -> TyperArgument | None:
    arguments = [each for each in place.command.params if isinstance(each, TyperArgument)]
    if place.before < len(arguments):
        return arguments[place.before]
    return arguments[-1] if arguments and arguments[-1].nargs == -1 else None


def _options(root: Command, command: Command, typed: str, session: Session) -> list[Completion]:
    """Those that are global to all commands too."""
    name, equals, value = typed.partition("=")
    if equals:
        option = (_valued(root) | _valued(command)).get(name)
        return _values(option, command, value, session) if option else []
    here = [each for each in command.params if isinstance(each, TyperOption) and not each.hidden]
    everywhere = [] if command is root else _valued(root).values()  # --version is asked of nothing else
    shown = ((max(each.opts, key=len), translated(each.help or "", session.language)) for each in (*here, *everywhere))
    return _beginning(typed, (Completion(name, about) for name, about in shown))


def _values(parameter: Parameter, command: Command, typed: str, session: Session) -> list[Completion]:
    metavar = (parameter.metavar or "").rstrip(".")
    if "|" in metavar:
        return _beginning(typed, map(Completion, metavar.strip("[]").split("|")))
    match metavar:
        case "WHO" if command.name == "play":
            from confctl.live.offers import Offers

            return _people_of(Directory(Offers.of(session, ()).line), typed)
        case "WHO":
            return _people(typed, session)
        case "TEXT" if command.name == "find":
            return _people(typed, session)
        case "CODE":
            return _beginning(typed, _codes(command, session))
        case "SOUND":
            return _beginning(typed, _sounds())
        case "ZONE":
            return [zone for zone in map(Completion, sorted(available_timezones())) if _fits(typed, zone.word)]
        case "DATE":
            return _beginning(typed, _days(session))
        case "FILE" | "FILE.csv" | "DIR":
            return [FILES]
    return []


def _of_running(
    argument: TyperArgument, place: Place, words: Sequence[str], typed: str, session: Session
) -> Iterator[Completion]:
    """Of a command on a running conference: its code, where there are several, and then what it takes."""
    from confctl.live.offers import Offers  # asks the mixer

    offers = Offers.of(session, words)
    if offers.codes and place.before == 0:
        yield from _beginning(typed, (Completion(code, clean(title)) for code, title in offers.codes.items()))
        return
    if "WHO" in (argument.metavar or ""):
        people = offers.people(place.command.name or "")
        if place.command.name == "call":
            there = {number for each in (*offers.line, *people) for number in each.numbers}
            people = (*people, *(each for each in session.directory.people if there.isdisjoint(each.numbers)))
        yield from _people_of(Directory(people), typed)
    elif "on|off" in (argument.metavar or ""):
        yield from _beginning(typed, map(Completion, ("on", "off")))
    elif "PROMPT" in (argument.metavar or ""):
        from media.prompt import Prompt

        prompts = _beginning(typed, map(Completion, Prompt))
        yield from prompts if typed and prompts else [FILES]


def _people(typed: str, session: Session) -> list[Completion]:
    return _people_of(session.directory, typed)


def _people_of(directory: Directory, typed: str) -> list[Completion]:
    """Whose name or number begins with what was typed; if there is nobody, whoever else it may mean."""
    found = [_person(person, typed, directory) for person in islice(directory.matches(typed), _LIMIT)]
    beginning = [each for each in found if each.word.casefold().startswith(typed.casefold())]
    return beginning or found


def _person(person: Person, typed: str, directory: Directory) -> Completion:
    """By the number if that is what was begun, or if the name leads to several people; else by the name."""
    name, numbers = clean(person.name), [clean(number) for number in person.numbers]
    begun = [number for number in numbers if typed and number.startswith(typed)]
    if begun or (numbers and directory.find(name) != Found(person)):
        return Completion(begun[0] if begun else numbers[0], name)
    return Completion(name, ", ".join(numbers))


def _codes(command: Command, session: Session) -> Iterator[Completion]:
    home = session.settings.company.timezone
    for entry in chain(_current(command, session), _past(command, session)):
        plan = entry.plan
        when = span(plan.start, plan.end, plan.zone, home, session.language)
        yield Completion(plan.code, f"{clean(plan.title)}, {when}")


def _sounds() -> Iterator[Completion]:
    from media.prompt import Prompt

    yield from map(Completion, ["music", *Prompt])


def _current(command: Command, session: Session) -> list[Entry]:
    entries, _ = session.book.entries()
    if command.name in ("edit", "delete"):  # neither is possible after the start
        return [entry for entry in entries if entry.plan.start > session.now]
    return entries


def _past(command: Command, session: Session) -> Iterator[Entry]:
    """The latest first."""
    if command.name in ("show", "repeat", "report", "rehearse"):
        entries, _, _ = session.book.latest_past(_LIMIT)
        yield from reversed(entries)


def _days(session: Session) -> Iterator[Completion]:
    today = datetime.fromtimestamp(session.now, ZoneInfo(session.settings.company.timezone)).date()
    for ahead in range(8):
        day = today + timedelta(days=ahead)
        yield Completion(day.isoformat(), day_in_words(day, session.language))


def _beginning(typed: str, offered: Iterable[Completion]) -> list[Completion]:
    return list(islice((each for each in offered if each.word.startswith(typed)), _LIMIT))


def _fits(typed: str, zone: str) -> bool:
    """``mos`` means Europe/Moscow: nobody thinks of a city by its continent."""
    return any(part.lower().startswith(typed.lower()) for part in (zone, zone.rpartition("/")[2]))


def _about(command: Command, session: Session) -> str:
    return translated(paragraphs(command)[0], session.language).removesuffix(".")
