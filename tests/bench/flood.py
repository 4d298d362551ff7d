"""Strangers send 5000 messages a second while two talk and a phone of ours calls again and again.

    python -m tests.bench.flood [--rate 5000] [--seconds 30]

Asked: no packet of the talk is lost; each call of the phone is in within 2 s; memory grows by 50 MB at most.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.calls.company import Company
from tests.calls.mixer_process import ROOT
from tests.calls.talk import longest_wait, talking
from tests.calls.voices import ANNA, BORIS, CAROL

if TYPE_CHECKING:
    from tests.phones.sipp_phone import SippPhone

METHODS: Final = ("OPTIONS", "REGISTER", "INVITE")
SOURCES: Final = (1, 1000)
ASKED_SECONDS: Final = 2.0
ASKED_OCTETS: Final = 50_000_000
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Flooded:
    method: str
    sources: int
    sent: int
    answers: int
    amplified: float
    """Octets that came back for each that was sent."""
    packets_lost: int
    """Of the talk."""
    longest_wait: float
    """For a packet of the talk, in seconds."""
    entered: tuple[float, ...]
    """Seconds from the start of each call of the phone until it is in."""
    grown: int
    """Octets of memory."""
    cores: float
    """Of the main process."""


def measure(company: Company, method: str, sources: int, rate: int, seconds: int) -> Flooded:
    """The mixer runs; nobody is registered or in a call yet."""
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris, company.sipp(CAROL) as carol:
        carol.register()
        code = talking(company, anna, boris)
        heard, memory, busy = len(boris.pen.packets), company.mixer.memory, _cpu(company.mixer.pid)
        began = time.monotonic()
        arguments = [method, str(seconds), str(rate), str(sources), str(company.server[1])]
        flood = subprocess.Popen(
            [sys.executable, "-m", "tests.calls.sip_flood", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        entered = []
        while flood.poll() is None:
            entered.append(_call(company, carol, code, len(entered)))
        sent, answers, came, went = map(int, flood.communicate()[0].split())
        spent = (_cpu(company.mixer.pid) - busy) / (time.monotonic() - began)
        gaps = boris.pen.gaps()
        waited = longest_wait(boris.pen.packets[heard:])
        grown = company.mixer.memory - memory
    return Flooded(method, sources, sent, answers, came / went, len(gaps), waited, tuple(entered), grown, spent)


def _call(company: Company, phone: SippPhone, code: str, before: int) -> float:
    """Dials in and hangs up again; the seconds from the start of the phone until it is in."""
    asked = time.time()
    phone.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
    joined = company.mixer.wait_for(code, "joined", seconds=20, count=3 + before)
    time.sleep(_PAUSE)
    phone.hang_up()
    company.mixer.wait_for(code, "left", seconds=20, count=before + 1)
    return max(0.0, joined.at - asked)


def _cpu(pid: int) -> float:
    """Seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def row(found: Flooded) -> str:
    slowest = max(found.entered, default=float("nan"))
    return (
        f"{found.method:8} {found.sources:5} sources  {found.sent:7} sent  {found.answers:6} answers"
        f" ({found.amplified:.2f} octets for one)  lost {found.packets_lost}, longest wait"
        f" {found.longest_wait * 1000:.0f} ms  {len(found.entered)} calls in, slowest {slowest:.2f} s"
        f"  memory {found.grown / 1e6:+.1f} MB  {found.cores:.2f} cores"
    )


def good(found: Flooded) -> bool:
    in_time = all(seconds <= ASKED_SECONDS for seconds in found.entered)
    return found.packets_lost == 0 and bool(found.entered) and in_time and found.grown <= ASKED_OCTETS


def main() -> int:
    parser = argparse.ArgumentParser(description="Flood the mixer with messages of strangers.")
    parser.add_argument("--rate", type=int, default=5000, help="messages a second")
    parser.add_argument("--seconds", type=int, default=30)
    chosen = parser.parse_args()
    all_good = True
    for method in METHODS:
        for sources in SOURCES:
            with tempfile.TemporaryDirectory(prefix="confctl-flood-") as folder:
                company = Company(Path(folder))
                with company.mixer:
                    found = measure(company, method, sources, chosen.rate, chosen.seconds)
            print(row(found), flush=True)
            all_good &= good(found)
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main())
