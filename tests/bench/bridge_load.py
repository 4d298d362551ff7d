"""The bridge alone under load, a process of its own with real UDP: no SIP, no rules.

    python -m tests.bench.bridge_load [LEGS] [SECONDS] [ROOM_SIZE] [SHARE_THAT_TALKS]     # 200 20 20 1.0

Phones are one other process with a socket each, run in C (:mod:`tests.bench.quick_phones`).  The kernel stamps what
they receive, so it counts when the bridge sent it, not when a phone had time to read it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict

from mixer.bridge.client import BridgeClient
from mixer.bridge.ports import PortPool, Whereabouts
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    AskStatistics,
    Codec,
    Event,
    JoinRoom,
    Media,
    Ready,
    WatchForMusic,
)
from mixer.bridge.statistics import Statistics
from tests.bench.heard import Heard, table
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.quick_phones import QuickPhones
from tests.bench.rtp_phones import HOST, RtpPhone, stand_apart
from tests.bench.speech import noise, silent

_WARM_UP = 3.0  # seconds


def phones(legs: int, seconds: float, talking: float) -> None:
    """Sockets whose ports go to standard output; where to send comes on standard input; then the figures, as JSON."""
    every = [RtpPhone(noise(leg) if int((leg + 1) * talking) > int(leg * talking) else silent()) for leg in range(legs)]
    sound = QuickPhones(every, pairs=())
    print(json.dumps([phone.port for phone in every]), flush=True)
    for phone, port in zip(every, json.loads(sys.stdin.readline()), strict=True):
        phone.connect(HOST, port)
    stand_apart()
    since = time.monotonic_ns() + int(_WARM_UP * 1e9)
    until = since + int(seconds * 1e9)
    sound.run_until(until, _WARM_UP + seconds)
    print(json.dumps(asdict(sound.heard(since, until))), flush=True)


async def load(legs: int, seconds: float, room_size: int, talking: float) -> None:
    events: list[Event] = []
    told: asyncio.Future[Statistics] = asyncio.get_running_loop().create_future()

    def hear(event: Event) -> None:
        events.append(event)
        if isinstance(event, Statistics):
            told.set_result(event)

    client = BridgeClient(hear)
    client.send(WatchForMusic())  # as the mixer does unless it is told not to
    await client.start()
    pid = next(event.pid for event in events if isinstance(event, Ready))
    pool = PortPool("20000-29999", [HOST], client.send)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bridge_load", "phones", str(legs), str(seconds), str(talking)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    bridge_ports = []
    for leg, port in enumerate(json.loads(await process.stdout.readline())):
        address = Address(HOST, port)
        place = pool.take(Whereabouts(address))
        bridge_ports.append(place.port)
        client.send(AddLeg(leg, place.socket, Media(address, Codec.PCMU, 0, 101), 1000 + leg, "bench"))
        client.send(JoinRoom(leg, leg // room_size))
    process.stdin.write(json.dumps(bridge_ports).encode() + b"\n")
    await asyncio.sleep(_WARM_UP)
    before, began = cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds - 0.5)
    spent, elapsed = cpu_seconds(pid) - before, time.monotonic() - began
    heard = Heard.from_json((await process.stdout.readline()).decode())
    client.send(AskStatistics(1))
    counted = await told
    lost, late = sum(leg.lost for leg in counted.legs), sum(leg.late for leg in counted.legs)
    rows = (
        ("legs", f"{legs}, rooms of {room_size}, {talking:.0%} talk, {seconds:g} s"),
        *heard.rows,
        ("CPU of the bridge", f"{spent / (elapsed * 50 * legs) * 1e6:.1f} µs per leg and tick"),
        ("resident", f"{resident_megabytes(pid):.0f} MB"),
        ("its own count", f"{counted.late_ticks} of {counted.ticks} ticks late; packets: {lost} lost, {late} late"),
        ("", f"{counted.strangers} strangers, {counted.malformed} malformed"),
    )
    print(table(rows))
    await process.wait()
    await client.close()
    pool.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["phones"]:
        phones(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    else:
        given = [*sys.argv[1:], *["200", "20", "20", "1.0"][len(sys.argv) - 1 :]]
        asyncio.run(load(int(given[0]), float(given[1]), int(given[2]), float(given[3])))
