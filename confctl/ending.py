"""``confctl end``: ends a running conference, after a question where somebody can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl import acts
from confctl.problems import RefusedError
from confctl.words import count, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.session import Session


def end(session: Session, words: Sequence[str], *, asking: bool, as_json: bool) -> None:
    """Raises RefusedError, also for no, and where nobody can be asked."""
    order = acts.whole("end", words)
    if asking:
        found = acts.asked(session, acts.Order("look", order.args))
        order = acts.Order("end", {"code": found["code"]})  # the one that was asked about
        if not _agreed(session, str(found["title"]), str(found["code"]), found["present"], as_json=as_json):
            raise RefusedError(say("Conference {code} goes on.", code=found["code"]))
    acts.carry_out(session, order, as_json=as_json)


def _agreed(session: Session, title: str, code: str, present: object, *, as_json: bool) -> bool:
    from confctl.terminal.asking import Asker, agreed

    if as_json or not Asker.possible():
        raise RefusedError(say("Nobody can be asked here; add --yes to end conference {code}.", code=code))
    assert isinstance(present, int)
    question = say(
        "End conference {code} “{title}” now, with {people} in it?",
        code=code,
        title=title,
        people=count(present, "{n} person", "{n} people"),
    )
    return agreed(session, question)
