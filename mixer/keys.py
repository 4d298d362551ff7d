"""The keys that one leg presses, each press once, whichever ways bring it: events in RTP, SIP INFO, tones in the sound.

Phones and gateways send a press by one way, by two, or by all three; the second comes up to seconds after the first,
for an INFO is often sent only when the key is let go.

- An event or an INFO is a *signal*.  The way of a leg's first signal is the one that counts from then on: what comes by
  the other is the same presses again.
- Tones count until there has been a signal.  Who signals one key signals all, and then a tone is the same press again,
  or no key at all but a voice that was taken for one.
- The tones that came before the first signal may have been signalled as well: each is taken once for the press that the
  signal tells of, if that is the same key and no older than :data:`BELATED`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from media.dtmf import DtmfMode

BELATED: Final = 5.0
"""Seconds from a tone to the INFO about the same press: as long as people hold a key down."""

_REMEMBERED: Final = 32  # tones; a code is no longer


@dataclass(slots=True)
class Keys:
    _signals: DtmfMode | None = None
    """How the leg signals its keys: None until it has."""
    _tones: deque[tuple[str, float]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    """Presses that were counted by their tones, and when; oldest first."""

    def press(self, digit: str, mode: DtmfMode, now: float) -> bool:
        """A press came in this mode at ``now`` (seconds); whether it is a new one."""
        if mode is DtmfMode.TONE:
            return self._sound(digit, now)
        if self._signals is None:
            self._signals = mode
        return mode is self._signals and not self._sounded(digit, now)

    def _sound(self, digit: str, now: float) -> bool:
        if self._signals is not None:
            return False
        self._tones.append((digit, now))
        return True

    def _sounded(self, digit: str, now: float) -> bool:
        """Whether this press has been counted by its tone, and has not been asked for yet."""
        while self._tones and now - self._tones[0][1] > BELATED:
            self._tones.popleft()
        for tone in self._tones:
            if tone[0] == digit:
                self._tones.remove(tone)
                return True
        return False
