"""What can be heard of the mixer's own sounds, frame by frame, to the octet: which sound it is, and where in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mixer.rehearsal.voices import LAWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mixer.bridge.protocol import Codec

MUSIC: Final = "music"
GREETING: Final = "greeting"
_FRAME: Final = 160
RATE: Final = 8000


class Repertoire:
    """Sounds at 8 kHz, as legs with G.711 are sent them."""

    def __init__(self) -> None:
        self.greeting_frames = 0
        self.lead = 0
        """So many frames of the greeting are silent before its first sound."""
        self.music_pauses = False
        """Whether the music is silent now and then."""
        self._greeting: dict[Codec, list[bytes]] = {codec: [] for codec in LAWS}
        self._known: dict[bytes, str] = {}
        self._place: dict[bytes, int] = {}
        self.silence = frozenset(law.silent_packet.tobytes() for law in LAWS.values())

    def add(self, name: str, pcm: NDArray[np.int16]) -> None:
        for frames in _encoded(pcm).values():
            for octets in frames:
                if octets not in self.silence:
                    self._known.setdefault(octets, name)
                elif name == MUSIC:
                    self.music_pauses = True

    def greet(self, pcm: NDArray[np.int16]) -> None:
        """With this one."""
        self._greeting = _encoded(pcm)
        for frames in self._greeting.values():
            self.greeting_frames = len(frames)
            self.lead = next((n for n, octets in enumerate(frames) if octets not in self.silence), 0)
            for place, octets in reversed([*enumerate(frames)]):
                self._place[octets] = place

    def goes_on(self, octets: bytes, codec: Codec, place: int) -> bool:
        """Whether this is the greeting's frame at this place."""
        frames = self._greeting[codec]
        return place < len(frames) and frames[place] == octets

    def place(self, octets: bytes) -> int | None:
        """Where in the greeting this frame is first; None: nowhere."""
        return None if octets in self.silence else self._place.get(octets)

    def name(self, octets: bytes) -> str | None:
        """Of the sound that has this frame."""
        return self._known.get(octets)


def _encoded(pcm: NDArray[np.int16]) -> dict[Codec, list[bytes]]:
    frames = np.zeros((max(1, -(-len(pcm) // _FRAME)), _FRAME), np.int16)
    frames.reshape(-1)[: len(pcm)] = pcm
    return {codec: [row.tobytes() for row in law.encode(frames)] for codec, law in LAWS.items()}
