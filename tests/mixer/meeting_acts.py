"""Acts on the meeting of a rehearsal, as whoever may do them does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.rules.act_rules import why_not
from mixer.rules.acts import Acted
from mixer.rules.model import Person

if TYPE_CHECKING:
    from mixer.rules.acts import Act
    from tests.mixer.rehearsal import Rehearsal

VERA = Person("Vera Novak", ("104",), password="her phone is registered")


def refusal(play: Rehearsal, act: Act, by: str = "") -> str | None:
    why = why_not(play.conference, act, by, play.now)
    return None if why is None else str(why)


def do(play: Rehearsal, act: Act, by: str = "") -> None:
    assert refusal(play, act, by) is None
    play.do(Acted(act, by))
