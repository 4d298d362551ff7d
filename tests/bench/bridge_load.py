"""A bridge of its own process under a bounded load of real UDP: is everybody sent a packet each 20 ms, in time?

    python -m tests.bench.bridge_load [LEGS] [SECONDS] [ROOM_SIZE] [SHARE_THAT_TALKS]     # 200 20 20 1.0

Phones are one other process with a socket each.  The kernel stamps what they receive, so it counts when the bridge sent
it, not when a phone had time to read it.  Lateness is taken against the bridge's own grid of ticks.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from pathlib import Path

import numpy as np

from mixer.bridge.client import BridgeClient
from mixer.bridge.ports import PortPool
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    AskStatistics,
    Codec,
    Event,
    JoinRoom,
    Media,
    Ready,
    Statistics,
)

_HOST = "127.0.0.1"
_TICK_NS = 20_000_000
_SO_TIMESTAMPNS = 35
_WARM_UP = 3.0  # seconds


def phones(legs: int, seconds: float, talking: float) -> None:
    """Sockets whose ports go to standard output; where to send comes on standard input; then the figures, as JSON."""
    sockets = []
    for _ in range(legs):
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        phone.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        phone.setblocking(False)
        phone.bind((_HOST, 0))
        sockets.append(phone)
    print(json.dumps([phone.getsockname()[1] for phone in sockets]), flush=True)
    bridge = [(_HOST, port) for port in json.loads(sys.stdin.readline())]
    noise = np.random.default_rng(1).integers(0, 256, 160, np.uint8).tobytes()
    sound = [noise if leg < talking * legs else b"\xff" * 160 for leg in range(legs)]
    due = time.monotonic()
    late, received = [], [0] * legs
    clock = time.time_ns() - time.monotonic_ns()
    counted_from = time.monotonic_ns() + int(_WARM_UP * 1e9)
    counted_until = counted_from + int(seconds * 1e9)
    packet = 0
    while time.monotonic_ns() < counted_until + _TICK_NS:
        for leg, phone in enumerate(sockets):
            phone.sendto(struct.pack("!BBHII", 0x80, 0, packet & 0xFFFF, packet * 160, leg) + sound[leg], bridge[leg])
        packet += 1
        for leg, phone in enumerate(sockets):
            while True:
                try:
                    _, ancillary, _, _ = phone.recvmsg(256, 64)
                except BlockingIOError:
                    break
                seconds_, nanoseconds = struct.unpack("qq", ancillary[0][2])
                came = seconds_ * 1_000_000_000 + nanoseconds - clock
                if counted_from <= came < counted_until:
                    received[leg] += 1
                    late.append(came % _TICK_NS)
        due += 0.02
        time.sleep(max(0.0, due - time.monotonic()))
    percentiles = np.percentile(np.array(late) / 1e6, [50, 90, 99, 99.9, 100]).round(2).tolist()
    in_time = float(np.mean(np.array(late) < 5_000_000))
    print(json.dumps({"received": received, "percentiles": percentiles, "in_time": in_time}), flush=True)


def cpu_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def load(legs: int, seconds: float, room_size: int, talking: float) -> None:
    events: list[Event] = []
    client = BridgeClient(events.append)
    await client.start()
    pid = next(event.pid for event in events if isinstance(event, Ready))
    pool = PortPool("20000-29999", _HOST, client.send)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bridge_load", "phones", str(legs), str(seconds), str(talking)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    bridge_ports = []
    for leg, port in enumerate(json.loads(await process.stdout.readline())):
        address = Address(_HOST, port)
        place = pool.take(address, None)
        bridge_ports.append(place.port)
        client.send(AddLeg(leg, place.socket, Media(address, Codec.PCMU, 0, 101), 1000 + leg, "bench"))
        client.send(JoinRoom(leg, leg // room_size))
    process.stdin.write(json.dumps(bridge_ports).encode() + b"\n")
    await asyncio.sleep(_WARM_UP)
    before, began = cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds - 0.5)
    spent, elapsed = cpu_seconds(pid) - before, time.monotonic() - began
    figures = json.loads(await process.stdout.readline())
    client.send(AskStatistics(1))
    await asyncio.sleep(0.2)
    statistics = next(event for event in events if isinstance(event, Statistics))
    rates = np.array(figures["received"]) / seconds
    print(f"{legs} legs, rooms of {room_size}, {talking:.0%} talk, {seconds:g} s")
    print(f"packets/s of each leg        {rates.min():.2f} … {rates.max():.2f}, mean {rates.mean():.2f}")
    print("late, ms: p50 p90 p99 p99.9 max  " + "  ".join(f"{value:.2f}" for value in figures["percentiles"]))
    print(f"within 5 ms of the tick      {figures['in_time']:.2%}")
    print(f"CPU of the bridge            {spent / (elapsed * 50 * legs) * 1e6:.1f} µs per leg and tick")
    print(f"resident                     {resident_megabytes(pid):.0f} MB")
    print(
        f"its own count                {statistics.late_ticks} of {statistics.ticks} ticks late,"
        f" {sum(leg.lost for leg in statistics.legs)} packets lost, {sum(leg.late for leg in statistics.legs)} late,"
        f" {statistics.strangers} strangers, {statistics.malformed} malformed"
    )
    await process.wait()
    await client.close()
    pool.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["phones"]:
        phones(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    else:
        given = [*sys.argv[1:], *["200", "20", "20", "1.0"][len(sys.argv) - 1 :]]
        asyncio.run(load(int(given[0]), float(given[1]), int(given[2]), float(given[3])))
