"""Who was in a conference from when to when, who spoke, how they sounded, who never came: what can be reported of it.

Plain facts: the fold that makes them of a journal is :mod:`confctl.report.fold`.  Instants are seconds since the epoch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Final

from confctl.report.track import Track
from mixer import phrases
from mixer.rules.records import Kind
from mixer.sound_records import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mixer.rules.model import Plan
    from mixer.rules.records import Record
    from mixer.sound_records import Sound

MINUTE: Final = 60
"""Seconds that each value of :attr:`Attendee.heard` is about."""
FINE: Final = 50
ON_TIME: Final = 60.0
"""Seconds after the start within which nobody is late: phones ring first."""


class Role(StrEnum):
    OWNER = "owner"
    PARTICIPANT = "participant"
    ADDED = "added"
    """While the conference ran."""
    GUEST = "guest"


class Came(StrEnum):
    ANSWERED = "answered"
    DIALLED_IN = "dialled-in"


class Until(StrEnum):
    """What is known of the end of a stay."""

    LEFT = "left"
    STOPPED = "stopped"
    """The mixer was told to stop, and hung up."""
    LAST_KNOWN = "last-known"
    """The mixer died: they were in until then at least."""
    NOW = "now"
    """They are in still."""


class Outcome(StrEnum):
    """Of a call of ours."""

    RINGING = "ringing"
    ANSWERED = "answered"
    NOT_REACHED = "not-reached"
    TAKEN_BACK = "taken-back"
    CUT = "cut"
    """The mixer stopped, or died."""


class Apart(StrEnum):
    """In which ways one can be in and not heard."""

    ON_HOLD = "on-hold"
    MUSIC = "music"
    """Their phone played hold music, so it was muted."""
    SILENCED = "silenced"
    """By the owner, or from the machine."""
    QUIET = "quiet"
    """By themselves."""


class Rating(StrEnum):
    """Of a MOS, the best first."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"


def rated(mos: float) -> Rating:
    """Good where people are satisfied, fair where some are not, poor where many are not (ITU-T G.107, annex B)."""
    if mos >= 4.03:
        return Rating.GOOD
    if mos >= 3.6:
        return Rating.FAIR
    return Rating.POOR if mos >= 3.1 else Rating.BAD


@dataclass(slots=True)
class Span:
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(slots=True)
class Stay(Span):
    leg: str
    came: Came
    until: Until
    why: str = ""
    """What the journal says of the end, as :attr:`mixer.rules.records.Record.detail`."""
    by: Attendee | None = None
    """Who put them out, if it was one of them."""


@dataclass(slots=True)
class Call:
    leg: str
    at: float
    rang: bool = False
    outcome: Outcome = Outcome.RINGING
    until: float | None = None
    detail: str = ""
    """The SIP status line where nobody was reached; why, where it was taken back."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How somebody was heard, on however many legs."""

    codecs: tuple[str, ...]
    received: int
    missed: int
    """Packets that were lost, or came too late."""
    lost: int
    """Of those, that never came: the others were received."""
    jitter: float
    """Milliseconds; of the worst leg."""
    mos: float | None
    """On average, 1 to 4.5."""
    worst: float | None

    @property
    def loss(self) -> float:
        """The share of what should have come that was not heard, 0 to 1."""
        expected = self.received + self.lost
        return min(1.0, self.missed / expected) if expected else 0.0


@dataclass(slots=True)
class Attendee:
    name: str | None
    """None for a guest."""
    number: str | None
    """A person's first one; a guest's caller ID, where known."""
    role: Role
    calls: list[Call] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    """In the order in which they began."""
    talk: Track = field(default_factory=lambda: Track(SLOT))
    """Tenths of seconds by slot: of :data:`mixer.sound_records.SLOT` seconds, by its number since the epoch."""
    apart: dict[Apart, list[Span]] = field(default_factory=dict)
    sounds: dict[tuple[str, int], Sound] = field(default_factory=dict)
    """The last that is known of each leg, and of each life of the mixer."""
    heard: Track = field(default_factory=lambda: Track(MINUTE))
    """:data:`FINE` times the MOS of each minute, by its number since the epoch; of two legs, the worse one's."""

    @property
    def seconds(self) -> float:
        """In all; what was spent on two phones at once counts once."""
        return covered(self.stays)

    @property
    def talked(self) -> float:
        """Seconds."""
        return self.talk.total() / 10

    @property
    def came_at(self) -> float | None:
        return min((stay.start for stay in self.stays), default=None)

    @property
    def reason(self) -> str | None:
        """Why the last call to them was not answered, as the network said it: ``486 Busy Here``."""
        return (self.not_reached and self.not_reached.detail) or None

    @property
    def not_reached(self) -> Call | None:
        """The last call to them that was not answered."""
        return next((call for call in reversed(self.calls) if call.outcome is Outcome.NOT_REACHED), None)

    @property
    def quality(self) -> Quality | None:
        """None where nothing is known of it."""
        return quality_of(tuple(self.sounds.values())) if self.sounds else None

    def sounded(self, minutes: int = 1) -> Iterator[tuple[Rating, Span]]:
        """How they sounded from when to when while they were there, in parts of so many minutes as at their worst."""
        if not self.stays:
            return
        came, left = min(stay.start for stay in self.stays), max(stay.end for stay in self.stays)
        parts = groupby(self.heard.items(), lambda item: item[0] // minutes)
        worst = ((number, rated(min(value for _, value in values) / FINE)) for number, values in parts)
        # numbers that follow upon one another, less their place in the row, are the same
        for (rating, _), run in groupby(enumerate(worst), lambda item: (item[1][1], item[1][0] - item[0])):
            numbers = [number for _, (number, _) in run]
            start, end = (MINUTE * minutes * number for number in (numbers[0], numbers[-1] + 1))
            if max(start, came) < min(end, left):
                yield rating, Span(max(start, came), min(end, left))

    def apart_for(self, how: Apart) -> float:
        """Seconds."""
        return covered(self.apart.get(how, ()))


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody dialled in and was not let in."""

    at: float
    number: str | None
    why: str
    """A class of :mod:`mixer.rules.admission`, as the journal has it."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Those of one number that were refused for one reason."""

    number: str | None
    why: str
    times: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Gap:
    """No mixer ran, and nobody was connected."""

    start: float
    end: float
    crashed: bool
    """Else it was told to stop.  Of a crash, ``start`` is the last that is known."""


@dataclass(slots=True)
class Recording:
    name: str
    """What the files' names begin with."""
    spans: list[Span]
    """While the tape ran."""
    why: str = ""
    """It ended: a :class:`mixer.rules.recording_rules.CutReason`, or what the system said of the disk."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody has done to the conference, or to one of them."""

    at: float
    kind: str
    """A :class:`mixer.rules.records.Kind`."""
    who: Attendee | None
    """Whom it concerned; None: all."""
    by: Attendee | None
    """None: somebody on the machine, or the conference's own rules."""
    detail: str
    user: str
    """The name of the one on the machine, where the journal has it."""


@dataclass(frozen=True)
class Report:
    plan: Plan
    attendees: tuple[Attendee, ...]
    """The owner, the participants, then who was added and guests in the order in which they came."""
    started: float | None
    ended: float | None
    reason: str
    """A :class:`mixer.rules.conference.EndReason`; empty while it runs."""
    until: float
    """The last that is known: the end, or now while it runs."""
    end: float
    """The planned one, as it was put off."""
    owner_away: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    refused: tuple[Refused, ...]
    recordings: tuple[Recording, ...]
    deeds: tuple[Deed, ...]

    @cached_property
    def talked(self) -> float:
        """Seconds, of all together; asked for with each of thousands."""
        return sum(each.talked for each in self.attendees)

    def share(self, someone: Attendee) -> float:
        """Of all that was said, 0 to 1."""
        return someone.talked / self.talked if self.talked else 0.0

    @property
    def attempts(self) -> tuple[Attempts, ...]:
        """:attr:`refused`, in the order in which they began: somebody who tries a thousand times is one."""
        times: dict[tuple[str | None, str], list[float]] = {}
        for each in self.refused:
            times.setdefault((each.number, each.why), []).append(each.at)
        return tuple(Attempts(*key, len(at), min(at), max(at)) for key, at in times.items())

    @property
    def without_owner(self) -> tuple[Span, ...]:
        """:attr:`owner_away`, but for the moments in which an owner's phone rings first: at the start, after a gap."""
        begun = (self.started, *(gap.end for gap in self.gaps))
        return tuple(span for span in self.owner_away if span.start not in begun or span.seconds > ON_TIME)

    def late(self, someone: Attendee) -> float | None:
        """Seconds after the planned start at which they came; None if they never did, 0 for who was in time, and for
        those whom nobody expected at the start: guests, and who was called in while it ran."""
        came = someone.came_at
        if came is None:
            return None
        if someone.role in (Role.ADDED, Role.GUEST):
            return 0.0
        late = came - self.plan.start
        return late if late > ON_TIME else 0.0

    @property
    def came(self) -> tuple[Attendee, ...]:
        return tuple(each for each in self.attendees if each.stays)

    @property
    def missing(self) -> tuple[Attendee, ...]:
        """Who was on the list, or was added, and never came."""
        return tuple(each for each in self.attendees if not each.stays and each.role is not Role.GUEST)


def covered(spans: Iterable[Span]) -> float:
    """Seconds that at least one of them covers."""
    total, until = 0.0, float("-inf")
    for span in sorted(spans, key=lambda span: span.start):
        total += max(span.end - max(span.start, until), 0.0)
        until = max(until, span.end)
    return total


def quality_of(sounds: Sequence[Sound]) -> Quality:
    """Of several legs; each weighs as much as came from it."""
    rated = [(sound.mos, sound.received) for sound in sounds if sound.mos is not None]
    weight = sum(received for _, received in rated)
    return Quality(
        codecs=tuple(dict.fromkeys(sound.codec for sound in sounds)),
        received=sum(sound.received for sound in sounds),
        missed=sum(sound.lost + sound.late for sound in sounds),
        lost=sum(sound.lost for sound in sounds),
        jitter=max(sound.jitter for sound in sounds),
        mos=sum(mos * received for mos, received in rated) / weight if weight else None,
        worst=min((sound.worst for sound in sounds if sound.worst is not None), default=None),
    )


def masked(report: Report) -> Report:
    """With the last digits alone of every telephone number."""
    for someone in report.attendees:
        someone.number = someone.number and phrases.masked(someone.number)
        if someone.name and _NUMBER.fullmatch(someone.name):  # called in by it, and nobody of the directory
            someone.name = phrases.masked(someone.name)
    refused = tuple(replace(each, number=each.number and phrases.masked(each.number)) for each in report.refused)
    deeds = tuple(
        replace(each, detail=phrases.masked(each.detail)) if _tells_a_number(each) else each for each in report.deeds
    )
    return replace(report, refused=refused, deeds=deeds)


def _tells_a_number(deed: Deed) -> bool:
    """Who was added is called by their number where nobody knows a name."""
    return deed.kind in _WITH_NUMBERS or (deed.kind == Kind.ADDED and _NUMBER.fullmatch(deed.detail) is not None)


_NUMBER: Final = re.compile(r"\+?[0-9]+")
_WITH_NUMBERS: Final = (Kind.CALL_WANTED, Kind.TRANSFERRED)


def of(plan: Plan, records: Iterable[Record], now: float | None = None) -> Report:
    """What the journal tells of a conference.  ``now``: a mixer runs it at this moment, so who is in is in still.

    The records are gone through once, and none is kept.
    """
    from confctl.report.fold import Fold  # it builds what stands here

    fold = Fold(plan)
    for record in records:
        fold.add(record)
    return fold.report(now)
