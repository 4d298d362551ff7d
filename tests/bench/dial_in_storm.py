"""People dial in, a hundred a second, and leave again, while others talk.

    python -m tests.bench.dial_in_storm [--rate 100] [--seconds 60] [--stay 2] [--others 200]

Asked: no call fails; main process and bridge together need less than a core; nobody's sound is disturbed.  Nine of ten
dial the code, the tenth the conference number and keys the code in.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.callers import Dialled, Storm
from tests.bench.heard import Heard, table
from tests.bench.start_storm import LONGEST_WAIT
from tests.bench.whole_mixer import Cost, Rooms, beginning, load_average, whole_mixer
from tests.calls.company import CONFERENCE_NUMBER

if TYPE_CHECKING:
    from tests.bench.whole_mixer import WholeMixer

PARTING = 12.0
"""Seconds that the last calls may take to end."""
_KEYING = 4.0


@dataclass(frozen=True, slots=True)
class Stormed:
    storm: Storm
    others: int
    dialled: Dialled
    cores: Cost
    """Shares of a core."""
    meanwhile: Heard
    """By the others."""
    load_average: float


def phones_for(rate: float, stay: float) -> int:
    """How many are on the line at once, and some more: those who key in stay longer, and who fails waits first."""
    return round(rate * (stay + _KEYING / 10 + 3))


def dial(whole: WholeMixer, storm: Storm) -> None:
    """The whole storm, until the last call is over or has failed."""
    whole.phones.dial(storm)
    time.sleep(storm.calls / storm.rate + storm.stay)
    deadline = time.monotonic() + PARTING
    while time.monotonic() < deadline:
        so_far = whole.phones.dialled()
        if so_far.over + sum(so_far.failed.values()) >= storm.calls:
            return
        time.sleep(0.5)


def measure(folder: Path, rate: float, seconds: float, stay: float, others: int) -> Stormed:
    rooms = Rooms(others // 20, 20)
    with whole_mixer(folder, rooms, callers=phones_for(rate, stay)) as whole:
        codes = whole.plan(rooms, beginning(rooms.count))
        whole.wait_until_all_are_in(codes, rooms.size)
        time.sleep(1)
        _, port = whole.mixer.server
        storm = Storm(port, codes[0], CONFERENCE_NUMBER, rate, round(rate * seconds), stay)
        before, since = whole.cpu, time.monotonic_ns()
        dial(whole, storm)
        until = time.monotonic_ns()
        return Stormed(
            storm=storm,
            others=rooms.legs,
            dialled=whole.phones.dialled(),
            cores=whole.cpu.since(before).divided_by((until - since) / 1e9),
            meanwhile=whole.phones.heard(since, until, rooms.size, rooms.legs),
            load_average=load_average(),
        )


def rows(found: Stormed) -> tuple[tuple[str, str], ...]:
    storm, dialled, heard = found.storm, found.dialled, found.meanwhile
    failed = ", ".join(f"{count} {why}" for why, count in dialled.failed.items()) or "none"
    return (
        ("calls", f"{storm.calls}, {storm.rate:g} a second, each for {storm.stay:g} s; {found.others} others talk"),
        ("over in good order", f"{dialled.over} of {dialled.placed}; failed: {failed}; asked: none"),
        ("from INVITE to 200", f"{dialled.slowest * 1000:.0f} ms at most; {dialled.repeated} requests said again"),
        ("cores", f"{found.cores.text('', 2)}; asked: 1"),
        ("the others' packets", f"{heard.missing} missing, {heard.in_time:.3%} within 5 ms; asked: 0"),
        ("their longest wait for one", f"{heard.longest_wait:.2f} ms; asked: {LONGEST_WAIT:g}"),
        ("the phones were late, ms", str(heard.own_late)),
        ("load average", f"{found.load_average:.2f}"),
    )


def good(found: Stormed) -> bool:
    heard = found.meanwhile
    kept = found.dialled.over == found.storm.calls and found.cores.both <= 1
    return kept and not heard.missing and heard.longest_wait <= LONGEST_WAIT


def main() -> int:
    parser = argparse.ArgumentParser(description="Let many people dial in and leave again.")
    parser.add_argument("--rate", type=float, default=100, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--stay", type=float, default=2, help="seconds from the answer to the BYE")
    parser.add_argument("--others", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="confctl-storm-") as folder:
        found = measure(Path(folder), chosen.rate, chosen.seconds, chosen.stay, chosen.others)
    print(table(rows(found)))
    print(json.dumps(asdict(found)))
    return 0 if good(found) else 1


if __name__ == "__main__":
    sys.exit(main())
