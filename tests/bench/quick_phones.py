"""Phones as :class:`tests.bench.rtp_phones.RtpPhones` has them, run by :file:`phones.c`: thousands on half a core.

In Python they take more of the machine than the mixer that they are to measure.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.rtp_phones import RtpPhones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.speech import Frames

_SOURCE = Path(__file__).with_name("phones.c")
_PHONE = np.dtype([("socket", "i4"), ("ssrc", "u4"), ("slot", "i4"), ("said", "u4")])
_PACKET = np.dtype([("arrived", "i8"), ("head", "u1", 12), ("phone", "u4")])
_SLOT = np.dtype([("due", "i8"), ("late", "i8")])
_FRAMES = 50  # of what is said in a circle
_PACKETS_A_SECOND = 60  # for which there is room
_SLOTS_A_SECOND = 1000


class QuickPhones(RtpPhones):
    """While :meth:`run_until` runs them, nobody takes note of impulses, and nobody presses keys."""

    def run_until(self, until: int, seconds: float) -> None:
        """Speak and read until a moment of the monotonic clock, which is so many seconds from now."""
        phones = np.zeros(len(self.phones), _PHONE)
        for slot, those in enumerate(self.in_slot):
            for phone in those:
                phones[self.phones.index(phone)] = (*phone.sends_with, slot, phone.said)
        speech, says = _said([phone.speech for phone in self.phones])
        packets = np.zeros(int(len(phones) * seconds * _PACKETS_A_SECOND), _PACKET)
        slots = np.zeros(int(seconds * _SLOTS_A_SECOND) + _SLOTS_A_SECOND, _SLOT)
        woken = ctypes.c_int64(len(slots))
        read = talk()(
            *(phones.ctypes.data, len(phones), speech.ctypes.data, _FRAMES, says.ctypes.data, until),
            *(packets.ctypes.data, len(packets), slots.ctypes.data, ctypes.byref(woken)),
        )
        self.slots += list(map(tuple, slots[: woken.value].tolist()))
        packets = packets[:read]
        packets = packets[np.argsort(packets["phone"], kind="stable")]
        ends = np.searchsorted(packets["phone"], np.arange(len(phones)), side="right")
        every = zip(self.phones, np.split(packets, ends[:-1]), phones["said"].tolist(), strict=True)
        for phone, its, said in every:
            phone.said = said
            phone.has_read(its["arrived"].copy(), its["head"].copy())


def _said(speeches: Sequence[Frames]) -> tuple[np.ndarray, np.ndarray]:
    """Each speech once, (n, frames, 160); which of them each phone says."""
    different = list(dict.fromkeys(speeches))
    speech = [(speech * _FRAMES)[:_FRAMES] for speech in different]
    octets = np.frombuffer(b"".join(frame for frames in speech for frame in frames), np.uint8)
    number = {speech: n for n, speech in enumerate(different)}
    return octets, np.array([number[speech] for speech in speeches], np.int32)


@cache
def talk() -> ctypes._NamedFuncPointer:
    """Compiled, once.  Raises CalledProcessError or FileNotFoundError where no C compiler is."""
    with tempfile.TemporaryDirectory(prefix="confctl-phones-") as folder:
        library = Path(folder) / "phones.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)], check=True)
        compiled = ctypes.CDLL(str(library)).talk
    pointer = ctypes.c_void_p
    compiled.argtypes = [
        *(pointer, ctypes.c_int64, pointer, ctypes.c_uint32, pointer, ctypes.c_int64),
        *(pointer, ctypes.c_int64, pointer, pointer),
    ]
    compiled.restype = ctypes.c_int64
    return compiled
