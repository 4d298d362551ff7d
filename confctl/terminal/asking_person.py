"""Who is to be added to the directory, asked for on a terminal.

Each answer is checked at once, by the rules and with the messages of the file and of the command's options.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from confctl.clean import clean
from confctl.people.directory import not_free, wrong_email, wrong_sip
from confctl.people.numbers import plain, split_numbers, wrong_written
from confctl.problems import RefusedError, UsageError
from confctl.terminal.questions import Answer, Lines, Questions, nothing_changes, terminal
from confctl.words import Sentence, say
from mixer.rules.numbers import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from confctl.session import Session

Way = Literal["account", "sip", "trunk"]
"""How a call gets to somebody: their phone registers here, has a fixed address, or is called through the trunk."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """What stands in the arguments and options, or would; what is empty was not given."""

    name: str
    numbers: tuple[str, ...]
    email: str | None
    sip: str | None
    account: bool


def introduced(given: Introduced, session: Session, lines: Lines | None = None) -> Introduced:
    """Asks for what was not given.

    Raises UsageError and RefusedError for what is wrong with that which was, typer.Abort if there is no answer.
    """
    for number in given.numbers:
        _free(number, session)
    with nothing_changes(session.language):
        return _asked(given, session, lines)


def _asked(given: Introduced, session: Session, lines: Lines | None) -> Introduced:
    questions = Questions(lines or terminal(), session.language)
    name = given.name or _settled(questions, say("Name"), _name)
    numbers = given.numbers or _settled(
        questions, say("Numbers (101, +74951234567)"), lambda text: _numbers(text, session), say("Numbers")
    )
    email = given.email or _settled(questions, say("Mail address (an empty line: none)"), _email, say("Mail address"))
    if given.sip or given.account:
        return Introduced(name, numbers, email, given.sip, given.account)
    way = _way(questions, session)
    sip = _settled(questions, say("SIP address"), _sip) if way == "sip" else None
    return Introduced(name, numbers, email, sip, way == "account")


def _settled(
    questions: Questions, question: Sentence, read: Callable[[str], Answer], label: Sentence | None = None
) -> Answer:
    """The answer, which is shown again as it was understood."""
    answer = questions.ask(question, read)
    shown = ", ".join(answer) if isinstance(answer, tuple) else str(answer or "—")
    questions.settled(label or question, clean(shown))
    return answer


def _way(questions: Questions, session: Session) -> Way:
    ways: dict[str, tuple[Way, Sentence]] = {
        "1": ("account", say("the phone registers here; a password is made")),
        "2": ("sip", say("the phone has a fixed SIP address")),
    }
    if session.settings.trunks:
        ways["3"] = ("trunk", say("through the trunk"))
    for n, (_, what) in ways.items():
        questions.write(f"  {n}. {what.in_language(session.language)}")

    def read(text: str) -> Way:
        chosen = ways.get(text.strip() or "1")
        if chosen is None:
            raise UsageError(say("Write a number from 1 to {last}.", last=len(ways)))
        return chosen[0]

    way = questions.ask(say("How to call"), read, default="1")
    meaning = next(what for each, what in ways.values() if each == way)
    questions.settled(say("How to call"), meaning.in_language(session.language))
    return way


def _name(text: str) -> str:
    if not text.strip():
        raise UsageError(say("Somebody needs a name."))
    return clean(text.strip())


def _numbers(text: str, session: Session) -> tuple[str, ...]:
    numbers = split_numbers(text)
    if not numbers:
        raise UsageError(say("Somebody needs a number; write for example: 101"))
    for number in numbers:
        _free(number, session)
    return tuple(dict.fromkeys(map(plain, numbers)))


def _free(number: str, session: Session) -> None:
    problem = wrong_written(number)
    if problem:
        raise UsageError(problem)
    owner = session.directory.by_number(number)
    if owner:
        raise RefusedError(not_free(number, owner))
    if same(number) == same(session.settings.company.conference_number):
        raise RefusedError(say("{number} is the conference number; give another one.", number=number))


def _email(text: str) -> str | None:
    address = text.strip()
    problem = wrong_email(address) if address else None
    if problem:
        raise UsageError(problem)
    return address or None


def _sip(text: str) -> str:
    value = text.strip() if text.strip().startswith("sip:") else f"sip:{text.strip()}"
    problem = wrong_sip(value)
    if problem:
        raise UsageError(problem)
    return value
