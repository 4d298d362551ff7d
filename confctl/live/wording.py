"""The words for where people are and how they sound, for ``status`` and ``watch`` alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from confctl.live.narrator import spoken
from confctl.words import say
from mixer.codec_names import spelled
from mixer.narration import worded
from mixer.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from confctl.live.told import Head, Person
    from confctl.words import Language, Sentence

POOR: Final = 3.6
"""A MOS below which many users are dissatisfied (ITU-T G.107 Annex B)."""
_DASH: Final = "—"
_STATES: Final = {
    "calling": say("is called"),
    "ringing": say("rings"),
    "asked": say("is asked to press 1"),
    "greeting": say("hears the greeting"),
    "notice": say("hears that it is recorded"),
    "waiting": say("hears music"),
    "in": say("in"),
    "busy": say("busy"),
    "declined": say("declined"),
    "no-answer": say("no answer"),
    "not-reached": say("not reached"),
    "called-off": say("not called any more"),
    "left": say("has left"),
    "not-called": say("not called"),
}
_BRIEF: Final = {"notice": say("recording notice")}
"""Where a column is too narrow for those above."""
_PLAIN_REASONS: Final = {
    "busy": ("486 Busy Here", "600 Busy Everywhere"),
    "declined": ("603 Decline", "603 Declined"),
    "no-answer": ("408 no answer",),
    "left": ("hung up",),
}
"""What says no more than the word for the state."""
_ROLES: Final = {
    "owner": say("owner"),
    "deputy": say("deputy"),
    "guest": say("guest"),
    "participant": say("participant"),
}


def name(person: Person, language: Language) -> str:
    """``Anna Petrova``; a guest as commands know them, after their number or the order in which they came."""
    if person.name:
        return person.name
    known = person.number or (person.guest or "").removeprefix("guest ") or (person.leg or "").rpartition("-")[2]
    return f"{_ROLES['guest'].in_language(language)} {known}".rstrip()


def named(person: Person, language: Language) -> str:
    """``Anna Petrova (owner)``: with what sets them apart."""
    return f"{name(person, language)} ({role(person, language)})" if _stands_out(person) else name(person, language)


def _stands_out(person: Person) -> bool:
    return person.role in ("owner", "deputy")


def role(person: Person, language: Language) -> str:
    return _ROLES.get(person.role, _ROLES["guest"]).in_language(language)


def state(person: Person, zone: ZoneInfo, language: Language, *, brief: bool = False) -> str:
    """``in, silenced``; ``busy (486 Line busy), again at 15:35:00``; ``brief``: in fewer words where there are some."""
    words = {**_STATES, **_BRIEF} if brief else _STATES
    found = words.get(person.state, words["not-called"])
    return ", ".join(part.in_language(language) for part in _state(person, found, zone, language))


def _state(person: Person, found: Sentence, zone: ZoneInfo, language: Language) -> Iterator[Sentence]:
    if person.there and person.on_hold:
        yield say("on hold")
    elif person.there and person.muted:
        yield say("plays hold music, muted")
    elif person.state == "in" and person.speaking:
        yield say("speaks")
    elif person.reason and person.reason not in _PLAIN_REASONS.get(person.state, ()):
        yield say("{state} ({reason})", state=found, reason=_reason(person.reason, language))
    else:
        yield found
    if person.silenced:
        yield say("muted by command") if person.there and person.muted else say("muted")
    elif person.quiet:
        yield say("muted by themselves")
    if person.again_at is not None:
        yield say("again at {time}", time=clock(person.again_at, zone))


def _reason(reason: str, language: Language) -> str:
    """What the mixer has a word for, in ours; what a phone has said, as it is."""
    found = worded(reason)
    return spoken(found, language) if isinstance(found, Phrase) else found


def clock(at: float | None, zone: ZoneInfo) -> str:
    return _DASH if at is None else f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def codec(person: Person) -> str:
    return "" if person.codec is None else spelled(person.codec)


def share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def milliseconds(value: float | None, language: Language) -> str:
    return "" if value is None else say("{n} ms", n=round(1000 * value)).in_language(language)


def at_most(seconds: float | None, language: Language) -> str:
    """How long it takes to a phone and back is known to a tenth of a second at first, and better by and by."""
    return "" if seconds is None else f"≤{milliseconds(seconds, language)}"


def mos(person: Person) -> str:
    return "" if person.mos is None else f"{person.mos:.1f}"


def minutes(seconds: float | None) -> str:
    """``1:05``."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def facts(head: Head, zone: ZoneInfo) -> Iterator[Sentence]:
    """What is to be known of the conference as a whole, a few words each."""
    if head.owner_in:
        yield say("the owner is in")
    elif head.owner_out_since is not None:
        yield say("the owner is away since {time}", time=clock(head.owner_out_since, zone))
    else:
        yield say("the owner has not come yet")
    yield say("{n} in", n=head.present) if head.owner_in else say("{n} wait", n=head.present)
    if head.called:
        yield say("{n} being called", n=head.called)
    if head.recording == "on":
        yield say("recorded since {time}", time=clock(head.recording_since, zone))
    elif head.recording == "paused":
        yield say("the recording pauses since {time}", time=clock(head.recording_since, zone))
    if head.locked:
        yield say("locked")
    if head.others_silenced:
        yield say("all but the owner muted")
    if head.extended_by > 0:
        yield say("extended by {minutes} min", minutes=round(head.extended_by / 60))
