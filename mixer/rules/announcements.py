"""What is announced to the people in a conference: what is wanted of it, and what has been told already."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announcements:
    """``Announcements()`` is nothing but the notice of a recording."""

    tones: int = 0
    """A soft tone when one comes or goes, while so many are in at most."""
    first: bool = False
    """To who comes into an empty conference."""
    owner_left: bool = False
    owner_back: bool = False
    ten_minutes: bool = False
    """Before the planned end, if anybody is in;"""
    two_minutes: bool = False
    """the same."""
    recording: bool = True
    """Before anybody hears the talk of a conference that is recorded."""
    recording_stopped: bool = False
    muted: bool = False
    """To whom the owner mutes, or lets be heard again."""
    new_owner: bool = False
    """To who becomes the owner; and to all, that the deputy stands in."""


@dataclass(frozen=True, slots=True)
class Announced:
    """``Announced()`` is a conference in which nothing was."""

    toned: float = -math.inf
    """When a tone was sent last."""
    looked: float = -math.inf
    """Until when the time left has been told."""
