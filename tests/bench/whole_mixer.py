"""A whole mixer to measure: ``confctl run`` with a book of its own; and its phones, one other process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from confctl import settings
from confctl.book.conference_file import Entry
from confctl.book.conference_text import write
from confctl.people.directory import Directory
from mixer.rules.model import Plan
from tests.bench.callers import Dialled, Storm
from tests.bench.heard import Heard
from tests.bench.load_phones import FIRST_NUMBER
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.rtp_phones import HOST
from tests.calls.company import Company
from tests.calls.mixer_process import DidNotStopError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from tests.calls.mixer_process import MixerProcess

AHEAD = 3.0
"""Seconds from the planning to the start, which the mixer needs to see the book."""
AHEAD_A_ROOM = 0.005
"""To write a conference and to read it takes so long."""
PATIENCE = 60.0
GOODBYE = 60.0
"""Seconds until all calls are ended: for 2000 of them 1 to 3 on two cores, 10 where others compute there too."""
ALONE = "ALONE"
"""If this is in the environment, nothing but bridge and phones goes before the main process: as on a machine that has
nothing else to do."""
_PRIORITY = 5  # below the phones'


@dataclass(frozen=True, slots=True)
class Rooms:
    count: int
    size: int
    """People in each."""

    @property
    def legs(self) -> int:
        return self.count * self.size


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the main process, and of the bridge."""

    main: float
    bridge: float

    @property
    def both(self) -> float:
        return self.main + self.bridge

    def since(self, before: Cost) -> Cost:
        return Cost(self.main - before.main, self.bridge - before.bridge)

    def divided_by(self, number: float) -> Cost:
        return Cost(self.main / number, self.bridge / number)

    def text(self, unit: str, digits: int) -> str:
        main, bridge, both = (f"{value:.{digits}f}" for value in (self.main, self.bridge, self.both))
        return f"{both} {unit} (main {main}, bridge {bridge})"


class PhonesProcess:
    """:mod:`tests.bench.load_phones` for these rooms, and so many that only dial in."""

    def __init__(self, rooms: tuple[Rooms, ...], callers: int = 0, *, quick: bool = False) -> None:
        sizes = [f"{each.count}x{each.size}" for each in rooms]
        command = [sys.executable, "-m", "tests.bench.load_phones", *sizes, "--callers", str(callers)]
        command += ["--quick"] if quick else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.legs = sum(each.legs for each in rooms)
        self.sip_port = int(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def heard(self, since: int, until: int, first: int = 0, last: int | None = None) -> Heard:
        """What they heard in a stretch of time, nanoseconds of the monotonic clock: all, or some of them."""
        return Heard.from_json(self._ask(f"heard {since} {until} {first} {self.legs if last is None else last}"))

    def talk(self, seconds: float) -> int:
        """For so long they do nothing else, and cost little; the moment of the monotonic clock at which it is over."""
        assert self._process.stdin is not None
        until = time.monotonic_ns() + round(seconds * 1e9)
        self._process.stdin.write(f"talk {until}\n")
        self._process.stdin.flush()
        return until

    def dial(self, storm: Storm) -> None:
        self._ask(f"dial {json.dumps(asdict(storm))}")

    def dialled(self) -> Dialled:
        return Dialled(**json.loads(self._ask("dialled")))

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class WholeMixer:
    """A mixer that runs, and its phones."""

    def __init__(self, company: Company, phones: PhonesProcess) -> None:
        self.mixer: MixerProcess = company.mixer
        self.phones = phones
        self._settings = settings.load(company.mixer.config)
        self._directory = Directory.load(self._settings.paths.people, trunk=False)
        assert len(self._directory.people) == phones.legs, self._directory.problems

    def plan(self, rooms: Rooms, start: float, first: int = 0) -> list[str]:
        """Conferences from that moment on with the people from the ``first`` phone on; their codes.

        Their files are put into the book as by hand: to confirm each to the disk would take longer than all the rest.
        """
        folder, codes = self._settings.paths.conferences, []
        for at in range(first, first + rooms.legs, rooms.size):
            owner, *others = self._directory.people[at : at + rooms.size]
            code = str(100_000 + at)
            plan = Plan(code, f"{code}99", f"From {at}", owner, tuple(others), start, start + 3600, "UTC")
            unfinished = folder / f".{code}"
            unfinished.write_text(write(Entry(plan, time.time(), None)), encoding="utf-8")
            unfinished.rename(folder / f"{code}.toml")
            codes.append(code)
        return codes

    def wait_until_all_are_in(self, codes: list[str], size: int) -> float:
        """The moment at which the last one joined, as the journals have it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            joined = [record.at for code in codes for record in self.mixer.journal(code) if record.kind == "joined"]
            if len(joined) == len(codes) * size:
                return max(joined)
            assert time.monotonic() < deadline, f"{len(joined)} of {len(codes) * size} are in; {self.mixer.words}"
            time.sleep(0.25)  # seldom: this process shares the machine with what it measures

    @property
    def cpu(self) -> Cost:
        """Seconds so far."""
        return Cost(cpu_seconds(self.mixer.pid), cpu_seconds(self.mixer.bridge))

    @property
    def resident(self) -> Cost:
        """Megabytes now."""
        return Cost(resident_megabytes(self.mixer.pid), resident_megabytes(self.mixer.bridge))


@contextmanager
def whole_mixer(folder: Path, *rooms: Rooms, callers: int = 0, quick: bool = False) -> Iterator[WholeMixer]:
    """In an empty folder, with phones for these rooms, whom nobody calls yet.  ``quick``: they will be told to talk."""
    company = Company(folder, people=0, hold_music_guard=True)
    with PhonesProcess(rooms, callers, quick=quick) as phones:
        numbers = range(FIRST_NUMBER, FIRST_NUMBER + phones.legs)
        company.add_all_fixed({str(number): f"sip:{number}@{HOST}:{phones.sip_port}" for number in numbers})
        with _running(company.mixer):
            if os.environ.get(ALONE):
                os.sched_setscheduler(company.mixer.pid, os.SCHED_FIFO, os.sched_param(_PRIORITY))
            yield WholeMixer(company, phones)


@contextmanager
def _running(mixer: MixerProcess) -> Iterator[None]:
    """What was measured stands, even if the mixer then can't be stopped: that is told in a line."""
    mixer.start()
    try:
        yield
    finally:
        stop_patiently(mixer)


def stop_patiently(mixer: MixerProcess) -> None:
    """Thousands of phones want the processor too, and before the main process."""
    try:
        mixer.stop(GOODBYE)
    except DidNotStopError:
        print(f"the mixer did not stop within {GOODBYE:g} s of SIGTERM, and was killed", file=sys.stderr)


def beginning(rooms: int) -> float:
    """The soonest moment at which so many conferences, planned from now on, can begin."""
    return time.time() + AHEAD + rooms * AHEAD_A_ROOM


def load_average() -> float:
    """Of the last minute: whatever else the machine does is in it."""
    return os.getloadavg()[0]
