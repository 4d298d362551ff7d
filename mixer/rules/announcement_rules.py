"""The rules of announcements: who is told what, and when; each to be told in the listener's own language.

They follow from the conference before and after an event, and from the clock; what is not wanted
(:class:`mixer.rules.announcements.Announcements`) is never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from media.prompt import Prompt
from mixer.rules.model import Recorded
from mixer.rules.roster import Stage
from mixer.rules.transfer_rules import Transferred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mixer.rules.announcements import Announcements
    from mixer.rules.conference import Conference
    from mixer.rules.roster import Leg

TONE_SECONDS: Final = 2.0
"""At most one tone in each: a crowd that comes within seconds is told of once."""
STALE_SECONDS: Final = 30.0
"""What was to be told at an instant is told no more so long after it: the mixer was down, or the clock was set."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell these legs, unless they hear something that must not be cut short."""

    legs: tuple[str, ...]
    prompt: Prompt


Change = tuple["Conference", tuple[Announce, ...]]


def announce(before: Conference, after: Conference, event: object, now: float) -> Change:
    """What is to be told of an event that has made ``before`` into ``after``."""
    if after.closed or after.started is None:
        return after, ()
    owners = (*_owner(before, after), *_role(before, after))
    told = (*owners, *_of_time(after, now), *_recording(before, after), *_muted(before, after, event))
    presence = tuple(_presence(before, after, getattr(event, "leg", ""), now))
    said = tuple(each for each in (*told, *presence) if each.legs)
    announced = after.announced
    if any(each.prompt in _TONES for each in presence):
        announced = replace(announced, toned=now)
    if _passed(after, now):
        announced = replace(announced, looked=now)
    return (after if announced is after.announced else replace(after, announced=announced)), said


def next_announcement(conference: Conference) -> float | None:
    """When time alone makes something be told."""
    if conference.closed or conference.started is None:
        return None
    return min((at for at, _ in _instants(conference) if at > _looked(conference)), default=None)


def prompts(wanted: Announcements) -> tuple[Prompt, ...]:
    """All that may be announced."""
    said = {
        Prompt.COMES: wanted.tones,
        Prompt.GOES: wanted.tones,
        Prompt.FIRST: wanted.first,
        Prompt.OWNER_LEFT: wanted.owner_left,
        Prompt.OWNER_BACK: wanted.owner_back,
        Prompt.DEPUTY_LEADS: wanted.new_owner,
        Prompt.YOU_ARE_OWNER: wanted.new_owner,
        Prompt.TEN_MINUTES: wanted.ten_minutes,
        Prompt.TWO_MINUTES: wanted.two_minutes,
        Prompt.RECORDING_STOPPED: wanted.recording_stopped,
        Prompt.OWNER_MUTES_YOU: wanted.muted,
        Prompt.YOU_ARE_MUTED: wanted.muted,
        Prompt.YOU_ARE_HEARD: wanted.muted,
    }
    return tuple(prompt for prompt, is_wanted in said.items() if is_wanted)


# The owner


def _owner(before: Conference, after: Conference) -> Iterator[Announce]:
    wanted = after.announcements
    if wanted.owner_left and before.owner_in and not after.owner_in:
        yield Announce(_in(after), Prompt.OWNER_LEFT)
    if wanted.owner_back and after.owner_in and not before.owner_in and before.absence.over:
        waited = (after.legs.get(name) for name in _in(before))
        yield Announce(tuple(leg.name for leg in waited if leg is not None and not leg.owner), Prompt.OWNER_BACK)


def _role(before: Conference, after: Conference) -> Iterator[Announce]:
    """By an order, not by coming in: whoever does knows who they are; but a deputy may come in and stand in at once."""
    if not after.announcements.new_owner or before.orders is after.orders:
        return
    legs = after.legs.at(Stage.IN)
    deputy = after.orders.stand_in if after.orders.stand_in != before.orders.stand_in else None
    there = {leg.name for leg in legs if (was := before.legs.get(leg.name)) is not None and not was.owner}
    new = {leg.name for leg in legs if leg.owner and (leg.name in there or (deputy and leg.person == deputy))}
    if deputy is not None:
        yield Announce(tuple(leg.name for leg in legs if leg.name not in new), Prompt.DEPUTY_LEADS)
    yield Announce(tuple(leg.name for leg in legs if leg.name in new), Prompt.YOU_ARE_OWNER)


def _muted(before: Conference, after: Conference, event: object) -> Iterator[Announce]:
    """Who is silenced from now on, or heard again, by whichever order; who comes later; who takes the phone over."""
    if not after.announcements.muted:
        return
    came = after.legs.get(getattr(event, "leg", ""))
    new = isinstance(event, Transferred) or (came is not None and not _was_in(before, came.name))
    if came is not None and new and came.stage is Stage.IN and (came.silenced or came.quiet):
        yield Announce((came.name,), _of_voice(came))
    if before.orders is not after.orders:
        were = before.legs
        changed = [
            leg
            for leg in after.legs.at(Stage.IN)
            if _was_in(before, leg.name) and were[leg.name].silenced != leg.silenced
        ]
        for prompt in (Prompt.OWNER_MUTES_YOU, Prompt.YOU_ARE_MUTED, Prompt.YOU_ARE_HEARD):
            yield Announce(tuple(leg.name for leg in changed if _of_voice(leg) is prompt), prompt)


def _of_voice(leg: Leg) -> Prompt:
    """Hold music that mutes the leg besides has words of its own."""
    if leg.silenced and not leg.owner:
        return Prompt.OWNER_MUTES_YOU
    # An owner whom the machine has muted would look for the other one.
    return Prompt.YOU_ARE_MUTED if leg.silenced or leg.quiet else Prompt.YOU_ARE_HEARD


def _was_in(conference: Conference, name: str) -> bool:
    leg = conference.legs.get(name)
    return leg is not None and leg.stage is Stage.IN


# Coming and going

_TONES: Final = (Prompt.COMES, Prompt.GOES)


def _presence(before: Conference, after: Conference, comer: str, now: float) -> Iterator[Announce]:
    """Tones are for those who are in the talk: who waits hears music, and of nobody."""
    if before.legs is after.legs:
        return
    were, are = before.legs.count(Stage.IN), after.legs.count(Stage.IN)
    if are > were and after.present == 1 and after.announcements.first:
        yield Announce((comer,), Prompt.FIRST)
    talked = before.owner_in and after.owner_in
    if not talked or are == were or are > after.announcements.tones or now < after.announced.toned + TONE_SECONDS:
        return
    prompt = Prompt.COMES if are > were else Prompt.GOES
    yield Announce(tuple(name for name in _in(after) if name != comer), prompt)


# Time


def _of_time(conference: Conference, now: float) -> Iterator[Announce]:
    passed = _passed(conference, now)
    if passed and now < passed[-1][0] + STALE_SECONDS:
        yield Announce(_in(conference), passed[-1][1])


def _passed(conference: Conference, now: float) -> list[tuple[float, Prompt]]:
    """The instants that have come since one looked last, the latest at the end."""
    return [(at, prompt) for at, prompt in _instants(conference) if _looked(conference) < at <= now]


def _instants(conference: Conference) -> Iterator[tuple[float, Prompt]]:
    """In their order; they move with an end that is put off."""
    if conference.announcements.ten_minutes:
        yield conference.end - 600, Prompt.TEN_MINUTES
    if conference.announcements.two_minutes:
        yield conference.end - 120, Prompt.TWO_MINUTES


def _looked(conference: Conference) -> float:
    """A conference that is planned for ten minutes is not told so when it begins."""
    return max(conference.announced.looked, conference.started or 0.0)


# The recording


def _recording(before: Conference, after: Conference) -> Iterator[Announce]:
    if after.announcements.recording_stopped and before.taped and after.recorded is Recorded.NOT:
        yield Announce(_in(after), Prompt.RECORDING_STOPPED)


def _in(conference: Conference) -> tuple[str, ...]:
    """Looks at all legs, so not to be asked at every event."""
    return tuple(map(_name, conference.legs.at(Stage.IN)))


def _name(leg: Leg) -> str:
    return leg.name
