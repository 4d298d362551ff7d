"""What people did to a conference while it ran, in sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from confctl.report.telling import named
from confctl.words import Sentence, say
from mixer.rules.model import Recorded
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.report.attendance import Deed, Report

_DONE: Final[dict[str, Sentence]] = {
    Kind.ADDED: say("{who} was called in"),
    Kind.SILENCED: say("{who} was muted"),
    Kind.UNSILENCED: say("{who} was heard again"),
    Kind.OTHERS_SILENCED: say("everybody but the owner was muted"),
    Kind.OTHERS_UNSILENCED: say("everybody was heard again"),
    Kind.KICKED: say("{who} was removed"),
    Kind.LOCKED: say("the conference was locked"),
    Kind.UNLOCKED: say("the conference was open again"),
    Kind.CALL_WANTED: say("{who} was to be called again"),
    Kind.HANDED_OVER: say("{who} became the owner"),
    Kind.DEPUTY_NAMED: say("{who} became the deputy"),
    Kind.EXTENDED: say("the planned end was put off"),
    Kind.END_WANTED: say("the conference was ended"),
    Kind.TRANSFERRED: say("{who} went on with another phone"),
    Kind.OWNER_AWAITED: say("the owner had not come and was called on every number"),
    Kind.DEPUTY_AWAITED: say("the owner had not come, so {who}, the deputy, was called"),
    Kind.DEPUTY_STANDS_IN: say("the owner had not come, so {who}, the deputy, became an owner"),
}
_SECONDS: Final = re.compile("[0-9]{1,6}")
_RECORDED: Final[dict[str, Sentence]] = {
    Recorded.NOT: say("the recording was ended"),
    Recorded.MIXED: say("a recording was begun"),
    Recorded.TRACKS: say("a recording was begun, each person in a file of their own, too"),
}


def acts(report: Report) -> Iterator[tuple[float, Sentence]]:
    """When and what, in their order."""
    for deed in report.deeds:
        done = _done(deed)
        if done is not None:
            yield deed.at, _signed(done, deed)


def _signed(done: Sentence, deed: Deed) -> Sentence:
    if deed.by:
        return say("{what} (by {who})", what=done, who=named(deed.by))
    return say("{what} (from the machine, by {user})", what=done, user=deed.user) if deed.user else done


def _done(deed: Deed) -> Sentence | None:
    if deed.kind == Kind.RECORDING_WANTED:
        return _RECORDED.get(deed.detail)
    if deed.kind == Kind.EXTENDED and _SECONDS.fullmatch(deed.detail):
        return say("the planned end was put off by {minutes} min", minutes=round(int(deed.detail) / 60))
    if deed.kind == Kind.DEPUTY_NAMED and deed.who is None:
        return say("there was no deputy any more")
    done = _DONE.get(deed.kind)
    return done and Sentence(done.text, {"who": named(deed.who) if deed.who else deed.detail or say("somebody")})
