"""All that a bridge has beside the way of G.711, once there is a wide leg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media import levels
from media.inband import InBand
from media.jitter import FRAME
from mixer.bridge.voices import Voices
from mixer.bridge.wide.decoding import RATE
from mixer.bridge.wide.receiver import WideReceiver
from mixer.bridge.wide.rooms import WideRooms
from mixer.bridge.wide.splices import Splices
from mixer.bridge.wide.streams import CODECS, OPUS

if TYPE_CHECKING:
    import numpy.typing as npt

    from media.limiter import Limiters
    from media.reception import Reception
    from mixer.bridge.legs import Legs
    from mixer.bridge.volumes import Volumes


class Wideband:
    """Its parts read the legs' columns; what they keep of a leg is gone when the leg is."""

    def __init__(self, legs: Legs, reception: Reception, limiters: Limiters, volumes: Volumes) -> None:
        self._legs = legs
        self.receiver = WideReceiver(legs, reception)
        self.rooms = WideRooms(legs, limiters, volumes)
        self.splices = Splices(legs)
        self.in_band = InBand(RATE)
        self._hush = CODECS[OPUS].silent_packet if OPUS in CODECS else np.zeros(0, np.uint8)

    def derive(self) -> None:
        """The legs have changed, or there are more rows."""
        self.receiver.derive()
        self.rooms.derive()
        self.splices.derive()

    def forget(self, row: int) -> None:
        """The leg is gone; another may be on its row before anything is derived."""
        self.in_band.forget(row)
        self.rooms.streams.forget(row)

    def play(self) -> tuple[Voices, list[tuple[int, str]]]:
        """The due frames of the wide legs; (leg, key) of each key that was pressed in them, and cannot be heard."""
        sound = self.receiver.play()
        voices = Voices(sound.leg, sound.pcm, levels.power(sound.pcm))
        return voices, self.in_band.take(*voices)

    def smooth(self, turned: set[int], out: npt.NDArray[np.uint8]) -> None:
        """The packets (legs, 160) of a tick, changed in place for legs that hear of another encoder from now on,
        ``turned``, so that nobody hears more than is said.

        For a decoder of Opus one packet of silence is enough, the first of any encoder: without it, what follows may be
        eight times too loud.  For one of G.722 nothing less than :class:`Splices` is.
        """
        self.splices.smooth(turned, out)
        opus = [row for row in turned if self._legs.wide[row] and self._legs.part[row] == OPUS]
        if opus:
            out[opus, : len(self._hush)] = self._hush

    def fill(self, silence: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Packets (legs, 160) that are silence, in each leg's codec; ``silence`` (legs, 1) those of narrow ones."""
        packets = np.repeat(silence, FRAME, axis=1)
        for part, codec in CODECS.items():
            packets[self._legs.wide & (self._legs.part == part), : codec.format.octets] = codec.silent_packet
        return packets
