"""The longest wait of 200 phones for a packet, while the mixer has other things to do.

    python -m tests.bench.gaps

Asked: never more than 40 ms, whatever happens; a packet is due every 20 ms, and a phone holds 20 more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.callers import Storm
from tests.bench.dial_in_storm import phones_for
from tests.bench.start_storm import LONGEST_WAIT
from tests.bench.whole_mixer import Rooms, beginning, load_average, whole_mixer
from tests.calls.company import CONFERENCE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.heard import Heard
    from tests.bench.whole_mixer import WholeMixer

TALKING, NEW, BOOK = Rooms(10, 20), Rooms(1, 20), Rooms(200, 4)
RATE, STAY = 100.0, 2.0
_SECONDS = 5.0


def nothing(_: WholeMixer) -> None:
    pass


def dial_ins(whole: WholeMixer) -> None:
    """A hundred a second."""
    _, port = whole.mixer.server
    whole.phones.dial(Storm(port, "100000", CONFERENCE_NUMBER, RATE, round(RATE * _SECONDS), STAY))


def new_conference(whole: WholeMixer) -> None:
    """Begins as soon as it is seen: its people are called, and answer."""
    whole.plan(NEW, time.time(), first=TALKING.legs)


def large_book(whole: WholeMixer) -> None:
    """Two hundred conferences of tomorrow: the whole book is read."""
    whole.plan(BOOK, time.time() + 86_400, first=TALKING.legs + NEW.legs)


def held_up(whole: WholeMixer) -> None:
    """The main process stands still for a second, longer than any collection of garbage."""
    os.kill(whole.mixer.pid, signal.SIGSTOP)
    time.sleep(1)
    os.kill(whole.mixer.pid, signal.SIGCONT)


DISTURBANCES: dict[str, Callable[[WholeMixer], None]] = {
    "nothing else": nothing,
    "a conference of 20 begins": new_conference,
    "a book of 200 is read": large_book,
    "100 dial-ins a second": dial_ins,
    "the main process stands still for 1 s": held_up,
}


def measure(folder: Path) -> dict[str, Heard]:
    found = {}
    with whole_mixer(folder, TALKING, NEW, BOOK, callers=phones_for(RATE, STAY)) as whole:
        codes = whole.plan(TALKING, beginning(TALKING.count))
        whole.wait_until_all_are_in(codes, TALKING.size)
        time.sleep(2)
        for name, disturb in DISTURBANCES.items():
            since = time.monotonic_ns()
            disturb(whole)
            time.sleep(_SECONDS)
            found[name] = whole.phones.heard(since, time.monotonic_ns(), 0, TALKING.legs)
    return found


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="confctl-gaps-") as folder:
        found = measure(Path(folder))
    print(f"{TALKING.legs} legs, meanwhile{'':23}longest wait  within 5 ms  missing  phones late p99.9")
    for name, heard in found.items():
        late = f"{heard.missing:>9}{heard.own_late.p99_9:>16.2f} ms"
        print(f"{name:40}{heard.longest_wait:>10.2f} ms{heard.in_time:>13.3%}{late}")
    print(f"asked: {LONGEST_WAIT:g} ms; load average {load_average():.2f}")
    print(json.dumps({name: asdict(heard) for name, heard in found.items()}))
    return int(any(heard.longest_wait > LONGEST_WAIT or heard.missing for heard in found.values()))


if __name__ == "__main__":
    sys.exit(main())
