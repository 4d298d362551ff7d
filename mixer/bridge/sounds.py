"""Sounds for the bridge: encoded once, in every codec that a leg may have, in a file without a name that it maps."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from media.codecs import PCMA, PCMU
from mixer.bridge.coders import CODERS
from mixer.bridge.protocol import SOUND_OCTETS, Codec, DropSound, LoadSound

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from media.codecs import Codec as Coder
    from media.codecs import Encoder

_log = logging.getLogger(__name__)

Source = Callable[[int], NDArray[np.int16]]
"""The samples of a sound at a rate."""

_LAWS: Final = {Codec.PCMU: PCMU, Codec.PCMA: PCMA}
_PARTS: Final = {codec: part for part, codec in enumerate(Codec)}
_STRETCH: Final = 50  # frames that are encoded in turn: a second, in some ms
_TURN: Final = Lock()
"""Whose turn it is: many greetings at once take one core, and each is still ahead of whoever hears it."""
_LET_GO: Final = 0.001  # seconds in which another one takes the turn
_REST: Final = 0.1
"""Of a sound's length, after each that is only prepared: the hundred of a conference, encoded without a pause, would
take a core for seconds from the calls that begin then."""
_LEAD: Final = {Codec.G722: 25}
"""Frames of the end of a loop that are encoded before its start: a decoder that comes from there would make four times
the loudness of what an encoder says that comes from silence.  Opus is the other way round: what its encoder says first,
any decoder can take."""


class Recording:
    """A sound in its file, laid out as :class:`mixer.bridge.protocol.LoadSound` says; any thread may make one.

    G.711 is there at once.  The others take a hundred times as long: they are silence until :meth:`complete` gets
    there, which runs far ahead of whoever hears it.
    """

    def __init__(self, source: Source, codecs: Collection[Codec], *, loop: bool = False) -> None:
        """Zeros for a codec that is not among ``codecs``, or not on this machine.  The last frame is filled up with
        silence, and there is one at least; what plays in a ``loop`` has no seam.

        Raises OSError when the disk has no room, and whatever ``source`` raises.
        """
        self._source, self._loop, self._whole = source, loop, False
        self._slow = {codec: coder for codec, coder in CODERS.items() if codec in codecs and codec not in _LAWS}
        pcm = source(PCMU.format.sample_rate)
        self.frames = max(1, -(-len(pcm) // PCMU.format.samples))
        with ExitStack() as stack:
            self.file = stack.enter_context(tempfile.TemporaryFile())
            self.file.truncate(len(Codec) * self.frames * SOUND_OCTETS)
            for codec, law in _LAWS.items():
                if codec in codecs:
                    self._write(codec, 0, law.encode(_frames(pcm, law, self.frames)))
            for codec, coder in self._slow.items():
                self._write(codec, 0, np.tile(coder.silent_packet, (self.frames, 1)))
            stack.pop_all()

    @property
    def seconds(self) -> float:
        return self.frames * PCMU.format.samples / PCMU.format.sample_rate

    @property
    def complete_already(self) -> bool:
        """Whether there is nothing in it that takes long."""
        return not self._slow or self._whole

    def complete(self) -> None:
        """Encode what takes long, the codecs by turns.  Raises as the constructor does."""
        tracks = [self._track(codec, coder) for codec, coder in self._slow.items()]
        for first in range(0, self.frames, _STRETCH):
            with _TURN:
                for codec, encoder, frames in tracks:
                    octets = [encoder.encode(frame) for frame in frames[first : first + _STRETCH]]
                    self._write(codec, first, np.stack(octets))
            time.sleep(_LET_GO)
        self._whole = True

    def _track(self, codec: Codec, coder: Coder) -> tuple[Codec, Encoder, NDArray[np.int16]]:
        encoder, frames = coder.encoder(), _frames(self._source(coder.format.sample_rate), coder, self.frames)
        if self._loop:
            for frame in frames[len(frames) - _LEAD.get(codec, 0) :]:
                encoder.encode(frame)
        return codec, encoder, frames

    def _write(self, codec: Codec, first: int, octets: NDArray[np.uint8]) -> None:
        """Frames (n, octets) from the frame ``first`` on; the bridge may have the file already."""
        padded = np.zeros((len(octets), SOUND_OCTETS), np.uint8)
        padded[:, : octets.shape[1]] = octets
        os.pwrite(self.file.fileno(), padded.data, (_PARTS[codec] * self.frames + first) * SOUND_OCTETS)


def _frames(pcm: NDArray[np.int16], coder: Coder, frames: int) -> NDArray[np.int16]:
    """So many, cut or filled up with silence: a sound is not as long to the sample at each rate."""
    fitted = np.zeros(frames * coder.format.samples, np.int16)
    fitted[: len(pcm)] = pcm[: len(fitted)]
    return fitted.reshape(frames, -1)


class Sounds:
    """What the bridge has, by key.  ``send`` is :meth:`mixer.bridge.client.BridgeClient.send`.

    Only ``codecs`` are ever asked of a sound: those that a leg may have.
    """

    def __init__(self, send: Callable[..., None], codecs: Collection[Codec] = tuple(Codec)) -> None:
        self._send = send
        self._codecs = codecs
        self._numbers = count(1)
        self._number_of: dict[Hashable, int] = {}
        self._preparing = asyncio.Lock()

    def load(self, key: Hashable, source: Source) -> int:
        """The number of a short sound, which is read and encoded if the bridge does not have it yet.  Raises as
        :class:`Recording` does."""
        if key not in self._number_of:
            self._hand_over(key, Recording(source, self._codecs))
        return self._number_of[key]

    async def load_beside(self, key: Hashable, source: Callable[[], Source], *, loop: bool = False) -> int:
        """The same of a long one, read beside the event loop."""
        if key not in self._number_of:
            recording = await asyncio.to_thread(lambda: Recording(source(), self._codecs, loop=loop))
            if key in self._number_of:  # somebody else was faster
                recording.file.close()
            else:
                self._hand_over(key, recording)
        return self._number_of[key]

    async def prepare(self, key: Hashable, source: Source) -> None:
        """A sound that may be heard soon, read and wholly encoded beside the event loop; one at a time, whoever asks,
        and with a rest after each.  Raises as the others do."""
        if key in self._number_of:
            return
        async with self._preparing:
            if key in self._number_of:  # another conference has asked for it, too
                return
            recording = await asyncio.to_thread(_whole, source, self._codecs)
            if key in self._number_of:  # somebody wanted to hear it meanwhile
                recording.file.close()
            else:
                self._hand_over(key, recording)
            await asyncio.sleep(recording.seconds * _REST)

    def drop(self, key: Hashable) -> None:
        """Nobody is to hear it any more; a key that is not there is no error."""
        if (number := self._number_of.pop(key, None)) is not None:
            self._send(DropSound(number))

    def _hand_over(self, key: Hashable, recording: Recording) -> None:
        number = self._number_of[key] = next(self._numbers)
        self._send(LoadSound(number, recording.frames), recording.file.fileno())
        if recording.complete_already:
            recording.file.close()
            return
        Thread(target=_complete, args=(key, recording), name=f"encodes {key}", daemon=True).start()


def _whole(source: Source, codecs: Collection[Codec]) -> Recording:
    recording = Recording(source, codecs)
    try:
        recording.complete()
    except BaseException:
        recording.file.close()
        raise
    return recording


def _complete(key: Hashable, recording: Recording) -> None:
    with recording.file:
        try:
            recording.complete()
        except (OSError, ValueError) as error:  # the disk is full, or the file has changed since
            _log.error("%s can't be heard by HD phones: %s", key, error)
