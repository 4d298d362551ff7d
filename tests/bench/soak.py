"""Whether a mixer that runs for months stays as it is: half an hour of everything, and what it holds meanwhile.

    python -m tests.bench.soak [--minutes 30] [--every 30] [--census] [--into build/soak]

A real ``confctl run`` at some tenths of a core (:mod:`tests.bench.soak_life` says what happens to it).  Prints a row a
sample; afterwards what has grown in the last quarter beyond all that it was in the second (:func:`growth.grown`).
``samples.json`` has it all, ``mixer.log`` is the mixer's.  ``--census`` counts objects and allocations by line, which
takes time of the processor: what was in main and in the bridge at each look is in ``PID.jsonl``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import growth
from tests.bench.soak_life import CLERKS, GROUPS, Life, free_port
from tests.bench.town import Town
from tests.calls.company import Company, password
from tests.calls.mixer_process import ROOT
from tests.confctl.mail.post_office import open_post_office

if TYPE_CHECKING:
    from tests.confctl.mail.post_office import PostOffice

_TRACE = "trace = 1"
"""Megabyte, which is full soon: the default of 8 would be reached after an hour of this."""
ALLOWED = {"rss": 1.0, "uss": 1.0}
"""Megabytes that a process may have grown by in the second half: what the allocator keeps in pieces."""
_MORE = """
[mail]
server = "127.0.0.1:{mail}"
security = "none"
sender = "conf@b.example"
admin = "admin@b.example"

[report]
mail = true

[metrics]
listen = "127.0.0.1:{metrics}"

[retention]
recordings = 1
journals = 1
conferences = 1
mails = 1

[control]
call = ["+7999"]

[check]
minutes = 2
"""


class Soak:
    def __init__(self, folder: Path, *, census: bool, pace: float) -> None:
        self._mail_port, metrics = free_port(), free_port()
        self.company = Company(
            folder, people=0, ring_seconds=8, announcements=True, hold_music_guard=True, sip=[_TRACE]
        )
        called = [number for group in GROUPS for number in group]
        self.town = Town([*called, *CLERKS], self.company.server)
        people = [_person(number, f'sip = "sip:{number}@127.0.0.1:{self.town.port}"') for number in called]
        people += [_person(number, f'password = "{password(number)}"') for number in CLERKS]
        (folder / "people.toml").write_text("\n".join(people))
        config = self.company.mixer.config
        config.write_text(config.read_text() + _MORE.format(mail=self._mail_port, metrics=metrics))
        self.life = Life(self.company, self.town, metrics, seed=1, pace=pace)
        self.samples: list[growth.Sample] = []
        self.mails = 0
        """That the mail server took."""
        self._census = census
        self._office: tuple[ExitStack, PostOffice] | None = None

    async def run(self, seconds: float, every: float) -> None:
        began = time.monotonic()
        life = asyncio.create_task(self.life.live(self.open_post_office))
        try:
            while (left := seconds - (time.monotonic() - began)) > 0 and not life.done():
                await asyncio.sleep(min(every, left))
                self._look(began)
        finally:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life
            await self.open_post_office(False)

    async def open_post_office(self, wanted: bool) -> None:
        if wanted and self._office is None:
            stack = ExitStack()
            office = await asyncio.to_thread(stack.enter_context, open_post_office(port=self._mail_port))
            self._office = stack, office
        elif not wanted and self._office is not None:
            (stack, office), self._office = self._office, None
            await asyncio.to_thread(stack.close)
            self.mails += len(office.taken)

    def _look(self, began: float) -> None:
        mixer = self.company.mixer
        sample = growth.look(began, mixer.pid, self.company.folder)
        if "main" not in sample.processes:
            raise AssertionError(f"the mixer has gone; {mixer.words}")
        self.samples.append(sample)
        print(_row(sample), flush=True)
        if self._census:
            for pid in (mixer.pid, mixer.bridge):
                os.kill(pid, signal.SIGUSR1)


_HEAD = (
    "    s  main rss    uss  fds thr  bridge rss    uss  fds  reserve rss    uss  fds  children zombies"
    "  conf.  journal      KB  outbox  recordings  state      KB   cpu s main bridge"
)


def _row(sample: growth.Sample) -> str:
    none = growth.Process(0, 0, 0, 0, 0)
    main, bridge, reserve = (sample.processes.get(name, none) for name in ("main", "bridge", "reserve"))
    files = sample.files
    return (
        f"{sample.at:5.0f}{main.rss:10.1f}{main.uss:7.1f}{main.descriptors:5}{main.threads:4}"
        f"{bridge.rss:12.1f}{bridge.uss:7.1f}{bridge.descriptors:5}"
        f"{reserve.rss:13.1f}{reserve.uss:7.1f}{reserve.descriptors:5}{sample.children:10}{sample.zombies:8}"
        f"{files['conferences'][0]:7}{files['journal'][0]:9}{files['journal'][1] / 1024:8.0f}{files['outbox'][0]:8}"
        f"{files['recordings'][0]:12}{files['state'][0]:7}{files['state'][1] / 1024:8.0f}"
        f"{main.cpu:13.1f}{bridge.cpu:7.1f}"
    )


def grown(samples: list[growth.Sample]) -> dict[str, float]:
    """By process and what it has, beyond what is allowed."""
    found = {}
    for name in ("main", "bridge", "reserve"):
        seen = [sample.processes[name] for sample in samples if name in sample.processes]
        for what in ("rss", "uss", "descriptors", "threads"):
            more = growth.grown([float(getattr(each, what)) for each in seen])
            if more > ALLOWED.get(what, 0):
                found[f"{name} {what}"] = more
    if zombies := growth.grown([float(sample.zombies) for sample in samples]):
        found["zombies"] = zombies
    return found


def _person(number: str, reached: str) -> str:
    return f'[[person]]\nname = "Person {number}"\nnumbers = ["{number}"]\nemail = "{number}@b.example"\n{reached}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether a mixer that runs for months stays as it is.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=30, help="seconds between two looks")
    parser.add_argument("--pace", type=float, default=1.0, help="2 makes all pauses twice as long")
    parser.add_argument("--census", action="store_true", help="count objects and allocations, too")
    parser.add_argument("--into", type=Path, default=Path("build/soak"))
    chosen = parser.parse_args()
    into: Path = chosen.into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    if chosen.census:
        os.environ["PYTHONPATH"] = f"{ROOT / 'tests' / 'bench' / 'census'}:{ROOT}"
        os.environ["SOAK_CENSUS"] = str(into)
    with tempfile.TemporaryDirectory(prefix="confctl-soak-") as folder:
        soak = Soak(Path(folder), census=chosen.census, pace=chosen.pace)
        mixer = soak.company.mixer
        before = os.times()
        with mixer:
            print(_HEAD, flush=True)
            try:
                asyncio.run(soak.run(chosen.minutes * 60, chosen.every))
            finally:
                status = mixer.stop(30)
                shutil.copy(mixer.log, into / "mixer.log")
                (into / "samples.json").write_text(json.dumps([asdict(each) for each in soak.samples], indent=1) + "\n")
        spent = sum(after - then for after, then in zip(os.times()[:4], before[:4], strict=True))
    failed = soak.life.failed + Counter({"the mixer's exit status": status} if status else {})
    print("done:", dict(soak.life.done), "; answered:", soak.town.taken, "; registered:", soak.town.registered)
    print("mails taken:", soak.mails, "; refused:", dict(soak.life.refused))
    print(f"cores, everything together: {spent / (chosen.minutes * 60):.2f}")
    print("failed:", dict(failed) or "nothing")
    more = grown(soak.samples)
    print("grown in the second half:", more or "nothing")
    return 1 if more or failed else 0


if __name__ == "__main__":
    sys.exit(main())
