"""Whom a command on a running conference may mean: what the mixer offers for the shell's TAB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from mixer.control import ControlError, ask
from mixer.rules.model import Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confctl.session import Session
    from mixer.control import Json

PATIENCE: Final = 0.5
"""Seconds: whoever presses TAB waits for it."""
_OF_THE_LIST: Final = ("owner", "deputy", "call")


@dataclass(frozen=True, slots=True)
class Offers:
    codes: Mapping[str, str]
    """Of the conferences that run, with their titles, where one of several has to be named still."""
    line: tuple[Person, ...] = ()
    listed: tuple[Person, ...] = ()

    @classmethod
    def of(cls, session: Session, words: Sequence[str]) -> Offers:
        """``words`` are those that are there already.  Nothing is offered where no mixer answers at once."""
        try:
            told = ask(session.socket, "who", timeout=PATIENCE)
        except ControlError:
            return cls({})
        running = cast("Sequence[Mapping[str, Json]]", told["conferences"])
        meant = [each for each in running if each["code"] in words] or running
        codes = {} if len(meant) < 2 else {str(each["code"]): str(each["title"]) for each in meant}
        return cls(codes, _people(meant, "line"), _people(meant, "list"))

    def people(self, command: str) -> tuple[Person, ...]:
        """Those on the line; of a command that is for the list's, those of it, and of ``call`` who is not in."""
        if command not in _OF_THE_LIST:
            return self.line
        return tuple(each for each in self.listed if command != "call" or each not in self.line)


def _people(conferences: Sequence[Mapping[str, Json]], name: str) -> tuple[Person, ...]:
    told = (each for conference in conferences for each in cast("Sequence[Mapping[str, str | None]]", conference[name]))
    return tuple(
        dict.fromkeys(Person(each["name"] or "", (each["number"],) if each["number"] else ()) for each in told)
    )
