"""Packets to the kernel: a call for each socket, and from two threads where there are many.

ctypes lets go of the GIL in the system call, so that a second core can be at work.  Where one core is enough, the other
is left alone.
"""

from __future__ import annotations

import os
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.rtp import Integers
    from media.wire import Datagrams, Wire

Span = tuple[int, range]
"""A socket, and the places of the datagrams that it is to send."""

_ALONE = 2500
"""Packets that one thread sends.  2000 were better with one than with two, on a machine whose phones shared its two
cores; where between that and 3000 the second begins to help was not measured."""


def spans(sockets: Integers) -> list[Span]:
    """Of datagrams whose sockets are these, in order."""
    numbers, first = np.unique(sockets, return_index=True)
    ends = [*first[1:].tolist(), len(sockets)]
    return list(zip(numbers.tolist(), map(range, first.tolist(), ends), strict=True))


class Sending:
    """Sends what :meth:`divide` was told, tick by tick."""

    def __init__(self) -> None:
        self._own: Sequence[Span] = ()
        self._others: Sequence[Span] = ()
        self._thread: SecondThread | None = None

    def divide(self, spans: Sequence[Span]) -> None:
        """What is to be sent from now on."""
        packets = sum(len(span) for _, span in spans)
        if packets <= _ALONE or _cores() == 1:
            self._own, self._others = spans, ()
            return
        self._own, self._others = cut(spans, packets // 2)
        if self._thread is None:
            self._thread = SecondThread()

    def send(self, wire: Wire, datagrams: Datagrams, descriptors: Mapping[int, int]) -> None:
        """``descriptors`` by socket number.  Raises OSError for what is no UDP socket."""
        if self._thread is None or not self._others:
            _send(wire, datagrams, descriptors, self._own)
            return
        self._thread.begin(wire, datagrams, descriptors, self._others)
        try:
            _send(wire, datagrams, descriptors, self._own)
        finally:
            self._thread.wait()


class SecondThread:
    """Has the priority of the thread that makes it."""

    def __init__(self) -> None:
        self._todo: SimpleQueue[tuple[Wire, Datagrams, Mapping[int, int], Sequence[Span]]] = SimpleQueue()
        self._done: SimpleQueue[OSError | None] = SimpleQueue()
        Thread(target=self._run, name="sending", daemon=True).start()

    def begin(self, wire: Wire, datagrams: Datagrams, descriptors: Mapping[int, int], spans: Sequence[Span]) -> None:
        """Whatever it is given must stay as it is until :meth:`wait` returns."""
        self._todo.put((wire, datagrams, descriptors, spans))

    def wait(self) -> None:
        """Until all is sent.  Raises what sending raised."""
        error = self._done.get()
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            error: OSError | None = None
            try:
                _send(*self._todo.get())
            except OSError as raised:
                error = raised
            self._done.put(error)


def _cores() -> int:
    """That we may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cut(spans: Sequence[Span], first: int) -> tuple[list[Span], list[Span]]:
    """The spans of the ``first`` datagrams, and those of the others."""
    before: list[Span] = []
    after: list[Span] = []
    for socket, span in spans:
        here = max(0, min(first, len(span)))
        first -= here
        before += [(socket, span[:here])] if here else []
        after += [(socket, span[here:])] if here < len(span) else []
    return before, after


def _send(wire: Wire, datagrams: Datagrams, descriptors: Mapping[int, int], spans: Sequence[Span]) -> None:
    for socket, span in spans:
        if socket in descriptors:
            wire.send(descriptors[socket], datagrams, span)
