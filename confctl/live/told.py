"""A conference as a running mixer tells of it over the control socket: :mod:`mixer.presence`, read back.

A mixer that was started before this program was installed may say less, and a later one more: what it does not say is
as if nothing were known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.control import Json


@dataclass(frozen=True, slots=True)
class Head:
    code: str
    title: str
    start: float
    end: float
    extended_by: float
    """Seconds."""
    owner_in: bool
    owner_out_since: float | None
    recording: str
    """``on``, ``paused`` or ``off``."""
    recording_since: float | None
    locked: bool
    others_silenced: bool
    present: int
    called: int

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> Head:
        return cls(
            _text(told, "code") or "",
            _text(told, "title") or "",
            _number(told, "start") or 0.0,
            _number(told, "end") or 0.0,
            _number(told, "extended_by") or 0.0,
            told.get("owner_in") is True,
            _number(told, "owner_out_since"),
            _text(told, "recording") or "off",
            _number(told, "recording_since"),
            told.get("locked") is True,
            told.get("others_silenced") is True,
            int(_number(told, "in") or 0),
            int(_number(told, "called") or 0),
        )


@dataclass(frozen=True, slots=True)
class Person:
    name: str | None
    guest: str | None
    """What commands call a guest; a mixer of before this program was installed doesn't say."""
    number: str | None
    role: str
    leg: str | None
    state: str
    since: float | None
    reason: str | None
    again_at: float | None
    on_hold: bool
    silenced: bool
    """By the owner or from the machine."""
    quiet: bool
    """By themselves."""
    muted: bool
    """Plays hold music."""
    encrypted: bool
    speaking: bool
    talked: float | None
    """Seconds."""
    codec: str | None
    missed: float | None
    """The share of packets of late that was lost or too late."""
    jitter: float | None
    """Seconds."""
    mos: float | None
    round_trip: float | None
    """Seconds."""
    far_lost: float | None
    """The share of our packets that the phone misses."""

    @classmethod
    def of(cls, told: Mapping[str, Json]) -> Person:
        return cls(
            name=_text(told, "name"),
            guest=_text(told, "guest"),
            number=_text(told, "number"),
            role=_text(told, "role") or "guest",
            leg=_text(told, "leg"),
            state=_text(told, "state") or "",
            since=_number(told, "since"),
            reason=_text(told, "reason"),
            again_at=_number(told, "again_at"),
            on_hold=told.get("on_hold") is True,
            silenced=told.get("silenced") is True,
            quiet=told.get("quiet") is True,
            muted=told.get("muted") is True,
            encrypted=told.get("encrypted") is True,
            speaking=told.get("speaking") is True,
            talked=_number(told, "talked"),
            codec=_text(told, "codec") or None,
            missed=_number(told, "missed"),
            jitter=_number(told, "jitter"),
            mos=_number(told, "mos"),
            round_trip=_number(told, "round_trip"),
            far_lost=_number(told, "far_lost"),
        )

    @property
    def there(self) -> bool:
        """Whether somebody is on the line."""
        return self.leg is not None and self.state not in ("calling", "ringing", "asked")


def _text(told: Mapping[str, Json], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) else None


def _number(told: Mapping[str, Json], name: str) -> float | None:
    value = told.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
