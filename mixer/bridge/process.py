"""The bridge's process: ``python -m mixer.bridge.process DESCRIPTOR``, which the main process starts.

Nothing happens here but ticks: first the sound, then, in what is left of the 20 ms, commands.  It begins with the first
datagram, and ends with :class:`Quit`, or when the main process is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time

from media.rtcp import ntp_time
from media.wire import open_wire
from mixer.bridge.bridge import Bridge
from mixer.bridge.channel import HEARTBEAT, Channel
from mixer.bridge.clock import TICK_NS, current_tick, late_ns, sleep_until
from mixer.bridge.protocol import Command, Event, Ready

_REALTIME_PRIORITY = 20
_NICENESS = -15
_AT_ONCE = 3  # ticks that are done one after another; of a longer delay, what is older is left out
_LATE_NS = 5_000_000
_COMMANDS_UNTIL_NS = 13_000_000  # after a tick was due: commands take no time from the next one
_HEARTBEAT_TICKS = 10
_EVENTS_KEPT = 10_000
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST = 4 << 20  # octets: an array of a tick with 4000 legs
_KEPT = 32 << 20  # of all arrays of a tick


def prefer_us() -> None:
    """Real-time priority where the system allows it, else a better niceness, else nothing."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_REALTIME_PRIORITY))
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)


def keep_memory() -> None:
    """What a tick frees, the next one needs again: left to itself glibc may give it back to the kernel each time, and
    get it page by page.  Does nothing with other C libraries."""
    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def run(bridge: Bridge, channel: Channel[Event, Command]) -> None:
    """Tick until told to quit or the other end of the channel is closed; without legs, wait for commands instead."""
    channel.send(Ready(os.getpid()))
    tick = heartbeat = current_tick()
    while not (bridge.over or channel.closed):
        if bridge.idle:
            channel.wait(_HEARTBEAT_TICKS * TICK_NS / 1e9)
            tick, late = current_tick(), 0
        else:
            sleep_until(tick)
            late = late_ns(tick)
        behind = late // TICK_NS
        if behind >= _AT_ONCE:
            bridge.lose_time(behind)
            bridge.late_ticks += behind
            tick += behind
            late -= behind * TICK_NS
        bridge.late_ticks += late > _LATE_NS
        bridge.tick(tick, time.time())
        _obey(bridge, channel, tick)
        for event in bridge.events():
            channel.send(event)
        if tick >= heartbeat:
            channel.send_octets(HEARTBEAT)
            heartbeat = tick + _HEARTBEAT_TICKS
        channel.flush()
        tick += 1


def _obey(bridge: Bridge, channel: Channel[Event, Command], tick: int) -> None:
    """Commands in order, as many as there is time for: at least one, so that an overload does not make us deaf."""
    while (message := channel.receive()) is not None:
        command, descriptors = message
        if not isinstance(command, bytes):
            bridge.obey(command, descriptors, tick + 1, ntp_time(time.time()))
        if late_ns(tick) > _COMMANDS_UNTIL_NS:
            break


def main() -> None:
    """The main process decides when we end: signals of the process group are meant for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(format="%(message)s")
    keep_memory()
    end = socket.socket(fileno=int(sys.argv[1]))
    bridge = Bridge(open_wire(), seed=os.getpid())
    prefer_us()
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and a collection could be heard
    channel = Channel[Event, Command](end, _EVENTS_KEPT)
    channel.send_octets(HEARTBEAT)
    channel.wait()  # in reserve, until it is our turn
    run(bridge, channel)
    bridge.close()


if __name__ == "__main__":
    main()
