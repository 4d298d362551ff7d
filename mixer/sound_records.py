"""What the journal keeps of the sound: who spoke in each ten seconds of a minute, and how each leg was heard.

Each is the ``detail`` of a record, as short as it can be read: of 200 people who talk for eight hours, 25 of them in
each minute, a journal has 0.4 MB of the first and 0.9 MB of the second.  In both directions, so that what is read is
what was written.

>>> spoken = Spoken(1764505800, {"4711-1": (0, 25, 98), "in-3": (3,)})
>>> str(spoken)
'1764505800 4711-1:0,25,98 in-3:3'
>>> Spoken.parse(str(spoken)) == spoken
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOT: Final = 10
"""Seconds that each number of :class:`Spoken` is about."""
SLOTS: Final = 6
"""So many of them at most; a minute."""
MOST_SPEAKERS: Final = 100
"""In one record: where more speak in one minute, those who speak least are not told apart from noise."""

_SPOKEN = re.compile(r"([0-9]{1,11})((?: [^ :]{1,64}:[0-9]{1,3}(?:,[0-9]{1,3}){0,5})*)", re.ASCII)
_COUNT, _MEASURE = r"([0-9]{1,12})", r"([0-9]{1,9}\.[0-9]{1,3})"
_SOUND = re.compile(
    rf"([^ :]{{1,64}}):([A-Za-z0-9]{{1,16}}),{_COUNT},{_COUNT},{_COUNT},{_MEASURE},{_MEASURE}?,{_MEASURE}?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """``detail`` of :attr:`mixer.rules.records.Kind.SPOKE`."""

    start: int
    """Seconds since the epoch, a multiple of :data:`SLOT`."""
    tenths: Mapping[str, tuple[int, ...]]
    """Tenths of seconds that each leg spoke in the first slot, the second, …; silence at the end is left out."""

    def __str__(self) -> str:
        legs = (f" {leg}:{','.join(map(str, tenths))}" for leg, tenths in self.tenths.items())
        return f"{self.start}{''.join(legs)}"

    @classmethod
    def parse(cls, text: str) -> Spoken | None:
        """None for what is none of ours."""
        match = _SPOKEN.fullmatch(text)
        if match is None:
            return None
        parts = (part.split(":") for part in match[2].split())
        return cls(int(match[1]), {leg: _tenths(each) for leg, each in parts})


class Measured(Protocol):
    """What is known of a leg while it is there: :class:`mixer.observations.Observed`."""

    @property
    def codec(self) -> str: ...
    @property
    def received(self) -> int: ...
    @property
    def lost(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def jitter(self) -> float: ...
    @property
    def mos_on_average(self) -> float | None: ...
    @property
    def mos_at_worst(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Sound:
    """How a leg was heard since it came; of the time between two such the difference tells (:meth:`loss_since`)."""

    codec: str
    received: int
    """Packets; so are the next two."""
    lost: int
    late: int
    """Of those that were received, too late to be heard."""
    jitter: float
    """Milliseconds (RFC 3550 §6.4.1), at the end."""
    mos: float | None
    """On average, 1 to 4.5; None: nothing came."""
    worst: float | None

    def loss_since(self, before: Sound | None) -> float | None:
        """The share of what should have come after that, or ever, that was not heard, 0 to 1; None: nothing should."""
        received, lost, late = self.received, self.lost, self.late
        if before is not None:
            received, lost, late = received - before.received, lost - before.lost, late - before.late
        expected = received + lost
        return min(1.0, max(0.0, (lost + late) / expected)) if expected > 0 else None

    @classmethod
    def of(cls, leg: Measured) -> Sound:
        """With the digits that are kept."""
        average, worst = (None if mos is None else round(mos, 2) for mos in (leg.mos_on_average, leg.mos_at_worst))
        jitter = round(1000 * leg.jitter, 1)
        return cls(leg.codec, leg.received, max(0, leg.lost), max(0, leg.late), jitter, average, worst)


def written(sounds: Mapping[str, Sound]) -> str:
    """``detail`` of :attr:`mixer.rules.records.Kind.QUALITY`: ``4711-1:OPUS,15000,12,3,6.1,4.31,4.10``."""
    return " ".join(f"{leg}:{_numbers(sound)}" for leg, sound in sounds.items())


def sounds_of(text: str) -> dict[str, Sound]:
    """What :func:`written` wrote; parts that are none of ours are passed over."""
    found = (match.groups() for part in text.split(" ") if (match := _SOUND.fullmatch(part)))
    return {
        leg: Sound(codec, int(received), int(lost), int(late), float(jitter), _mos(average), _mos(worst))
        for leg, codec, received, lost, late, jitter, average, worst in found
    }


def _tenths(text: str) -> tuple[int, ...]:
    numbers = tuple(map(int, text.split(",")))
    return numbers if max(numbers) <= 10 * SLOT else tuple(min(number, 10 * SLOT) for number in numbers)


def _numbers(sound: Sound) -> str:
    average, worst = ("" if mos is None else f"{mos:.2f}" for mos in (sound.mos, sound.worst))
    return f"{sound.codec},{sound.received},{sound.lost},{sound.late},{sound.jitter:.1f},{average},{worst}"


def _mos(text: str | None) -> float | None:
    return min(5.0, float(text)) if text else None
