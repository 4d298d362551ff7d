"""The running mixer, asked by a command: what goes wrong between the two, for whoever has typed it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from confctl.problems import RefusedError
from confctl.words import Sentence, say
from mixer.control import ControlError, NotRunning, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_RUNNING: Final = say("The mixer is not running; start it with “confctl run”.")


def why(error: ControlError) -> Sentence:
    match error:
        case NotRunning():
            return _NOT_RUNNING
        case Refused():
            return say("Not done: {why}.", why=error.phrase)
        case _:
            return Sentence(error.reason, error.values)


@contextmanager
def refusals_told() -> Iterator[None]:
    """A ControlError becomes a RefusedError."""
    try:
        yield
    except ControlError as error:
        raise RefusedError(why(error)) from None
