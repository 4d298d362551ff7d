"""What happens to the mixer of a soak: conferences that begin, are acted on and end, and what people do beside them.

Each of it comes again and again until the end, with a pause; what is refused is counted, and is no failure: half of the
acts come when they make no sense.
"""

from __future__ import annotations

import asyncio
import os
import pty
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

import soundfile

from mixer import control
from tests.bench.callers import Storm
from tests.bench.rtp_phones import HOST
from tests.bench.town import Mood
from tests.calls.company import CONFERENCE_NUMBER
from tests.phones.sounds import RATE, tone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from tests.bench.town import Town
    from tests.calls.company import Company

GROUPS: Final = (("101", "102", "103", "104", "105"), ("111", "112", "113", "114", "115"))
"""The people of the conferences that run at once; the first of each is the owner."""
CLERKS: Final = ("121", "122", "123", "124")
"""They only register."""
CHECKED: Final = 75.0
"""Seconds: who is planned so long ahead is checked before."""
_PATIENCE = 8.0
_FINE = ("nothing was heard",)  # the phones of a town don't read
_NEWCOMER = "# the newcomer"
_COMMAND_SECONDS = 60.0


class Life:
    def __init__(self, company: Company, town: Town, metrics: int, seed: int, pace: float) -> None:
        """``pace``: 2 makes all pauses twice as long, and the load about half."""
        self.done: Counter[str] = Counter()
        """How often what was done."""
        self.refused: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        """What should never be in it: commands with a traceback, commands that hang, scrapes without an answer."""
        self._company, self._town, self._metrics, self._pace = company, town, metrics, pace
        self._mixer = company.mixer
        self._socket = company.folder / "state" / "confctl.sock"
        self._chance = random.Random(seed)
        self._codes = count(300_001)
        self._running: list[str] = []
        self._sound = company.folder / "alarm.wav"
        soundfile.write(self._sound, tone(1510, 2), RATE)

    async def live(self, post_office_open: Callable[[bool], Awaitable[None]]) -> None:
        """For ever."""

        async def mails() -> None:
            """It is there from the beginning, and away for a third of the time: after each failure the mixer waits
            for longer."""
            await post_office_open(self.done["mail server came or went"] % 3 != 2)
            self.done["mail server came or went"] += 1

        await post_office_open(True)

        conferences = [self._always(lambda group=group: self._conference(group), 4) for group in GROUPS]
        await asyncio.gather(
            self._town.live(),
            *conferences,
            self._always(self._checked_ahead, 60),
            self._always(self._register, 20),
            self._always(self._watch, 20),
            self._always(self._follow, 5),
            self._always(self._scrape, 5),
            self._always(self._command, 10),
            self._always(self._strangers, 15),
            self._always(self._reload, 45),
            self._always(self._people_change, 70),
            self._always(self._prompts_change, 150),
            self._always(mails, 60),
        )

    async def _always(self, what: Callable[[], Awaitable[None]], pause: float) -> None:
        while True:
            await asyncio.sleep(self._pace * pause * self._chance.uniform(0.5, 1.0))
            try:
                await what()
            except (AssertionError, subprocess.TimeoutExpired, OSError) as error:
                self.failed[f"{type(error).__name__}: {error}"[:300]] += 1

    # Conferences

    async def _conference(self, group: Sequence[str]) -> None:
        moods = [Mood.ANSWERS, Mood.ANSWERS, Mood.ANSWERS, self._chance.choice(list(Mood)), Mood.BUSY]
        for number, mood in zip(group, moods, strict=True):
            self._town.has(mood, number)
        code = await self._plan(group)
        self._running.append(code)
        try:
            await asyncio.sleep(3)
            await self._story(code, group)
        finally:
            self._running.remove(code)
        await asyncio.sleep(6 * self._pace)

    async def _plan(self, group: Sequence[str]) -> str:
        """By hand or, each third, by command."""
        self.done["conferences"] += 1
        if self.done["conferences"] % 3:
            code = str(next(self._codes))
            await asyncio.to_thread(self._mixer.plan_by_hand, code, group[0], group[1:], begins=-1, lasts=28)
            return code
        planned = await asyncio.to_thread(self._mixer.plan_now, "Soaked", group[0], group[1:], 2)
        return planned.code

    async def _story(self, code: str, group: Sequence[str]) -> None:
        owner, second, third, fourth, fifth = group
        acts: list[tuple[str, dict[str, control.Json]]] = [
            ("mute", {"who": [second]}),
            ("mute", {"others": True}),
            ("unmute", {"all": True}),
            ("lock", {}),
            ("unlock", {}),
            ("call", {"missing": True}),
            ("call", {"who": ["+7999000"]}),
            ("call", {"who": [fifth]}),
            ("deputy", {"who": [third]}),
            ("deputy", {"none": True}),
            ("owner", {"who": [second]}),
            ("owner", {"who": [owner]}),
            ("record", {"on": True, "tracks": self._chance.random() < 0.5}),
            ("record", {"on": False}),
            ("extend", {"minutes": 1}),
            ("play", {}),
            ("play", {"prompt": "first"}),
            ("play", {"stop": True}),
            ("kick", {"who": [third]}),
            ("call", {"who": [third]}),
            ("look", {}),
            ("conference", {}),
        ]
        keys = ["*1", "*1", "*3", "*66", "*44", "*21", "*22", "*22", "*25", "*24", "*26", "**"]
        self._chance.shuffle(acts)
        for do, args in acts[:14]:
            await self._act(do, code=code, **args)
            if self._chance.random() < 0.4:
                await self._town.press(self._chance.choice((owner, second)), self._chance.choice(keys))
                self.done["keys"] += 1
            if self._chance.random() < 0.1 and self._town.leave(fourth):
                self.done["hung up"] += 1
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))
        await self._dial(code)
        if self._chance.random() < 0.6:
            await self._act("end", code=code)
        else:
            for number in group:
                self._town.leave(number)

    async def _act(self, do: str, /, **args: control.Json) -> None:
        try:
            if do == "play" and "prompt" not in args and "stop" not in args:
                with self._sound.open("rb") as file:
                    await asyncio.to_thread(control.bring, self._socket, do, file, timeout=_PATIENCE, **args)
            else:
                await asyncio.to_thread(lambda: control.ask(self._socket, do, timeout=_PATIENCE, **args))
            self.done[do] += 1
        except control.Refused as error:
            self.refused[f"{do}: {error.phrase.text}"] += 1
        except control.ControlError as error:
            self.failed[f"{do}: {error.reason}"] += 1

    async def _checked_ahead(self) -> None:
        code = str(next(self._codes))
        group = [number for number in CLERKS if self._chance.random() < 0.7] or [CLERKS[0]]
        file = self._mixer.plan_by_hand(code, group[0], group[1:], begins=CHECKED, lasts=60)
        self.done["planned ahead"] += 1
        await asyncio.sleep(CHECKED - 20)
        with suppress(FileNotFoundError):
            file.unlink()  # called off, with an editor

    # Strangers and phones

    async def _strangers(self) -> None:
        """Another host each time, until they come round: who guesses is kept out."""
        self.done["strangers"] += 1
        await self._dial("999999", f"127.0.2.{1 + self.done['strangers'] % 250}")

    async def _dial(self, code: str, host: str = HOST) -> None:
        """Two calls: one by the code, one that keys it in."""
        storm = Storm(self._company.server[1], code, CONFERENCE_NUMBER, rate=2.0, calls=2, stay=1.0, keys_every=2)
        failed = await self._town.dial(storm, _PATIENCE, host)
        self.done["dialled in"] += storm.calls
        right = "a wrong" if code == "999999" else "the right"
        self.refused.update(
            {f"dial-in with {right} code: {why}": many for why, many in failed.items() if why not in _FINE}
        )

    async def _register(self) -> None:
        """Some for a minute, which then lapses; some give it up; some are told the time is too short."""
        for number in CLERKS:
            self._town.register(number, self._chance.choice((0, 30, 60, 60, 300)))
        self.done["registrations asked for"] += len(CLERKS)

    # Those who look

    async def _watch(self) -> None:
        """On a terminal, for some 15 s."""
        code = self._running[-1:]
        if not code:
            return
        ours, its = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            *self._command_line("watch", *code), stdin=its, stdout=its, stderr=its, start_new_session=True
        )
        os.close(its)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, lambda: _swallow(loop, ours))
        try:
            await asyncio.sleep(12)
            with suppress(OSError):
                os.write(ours, b"q")
        finally:
            await self._ended(process, "watch")
            loop.remove_reader(ours)
            os.close(ours)

    async def _follow(self) -> None:
        """The stream of events, as ``confctl events --follow`` asks for it; one in three is cut off without a word."""
        reader, writer = await asyncio.open_unix_connection(self._socket)
        code = f', "code": "{self._running[0]}"' if self._running and self._chance.random() < 0.5 else ""
        do = self._chance.choice(("events", "events", "watch"))
        writer.write(f'{{"protocol": 2, "do": "{do}"{code}}}\n'.encode())
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._chance.uniform(1, 20)):
                while await reader.readline():
                    pass
        if self._chance.random() < 0.3:
            writer.transport.abort()
        writer.close()
        self.done[f"{do} followed"] += 1

    async def _scrape(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._metrics)
                if self._chance.random() < 0.2:  # one who asks nothing and goes
                    await asyncio.sleep(1)
                    writer.transport.abort()
                    return
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                text = await reader.read()
                writer.close()
            self.done["scrapes"] += 1
            if not text.startswith(b"HTTP/1.1 200"):
                self.failed["scrape"] += 1
        except (TimeoutError, OSError):
            self.failed["scrape: no answer"] += 1

    async def _command(self) -> None:
        codes = self._running or ["300001"]
        code = self._chance.choice(codes)
        words = self._chance.choice(
            (
                ("status",),
                ("status", code, "--json"),
                ("events", code, "--json"),
                ("sip", "trace"),
                ("sip", "trace", code),
                ("report", code, "--json"),
                ("list",),
                ("check", code),
                ("prune",),
                ("prompts", "list"),
                ("plan",),
            )
        )
        process = await asyncio.create_subprocess_exec(
            *self._command_line(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        await self._ended(process, words[0])

    async def _ended(self, process: asyncio.subprocess.Process, name: str) -> None:
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                _, complaints = await process.communicate()
            self.done[name] += 1
            if complaints and b"Traceback" in complaints:
                self.failed[f"{name}: {complaints.decode()[-300:]}"] += 1
        except TimeoutError:
            self.failed[f"{name}: does not end"] += 1
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    # Those who change something

    async def _reload(self) -> None:
        config = self._mixer.config
        text = config.read_text()
        ring = self._chance.choice((8, 9, 10))
        lines = [f"ring_seconds = {ring}" if line.startswith("ring_seconds") else line for line in text.split("\n")]
        new = config.with_suffix(".new")
        new.write_text("\n".join(lines))
        new.replace(config)
        os.kill(self._mixer.pid, signal.SIGHUP)
        self.done["SIGHUP"] += 1

    async def _people_change(self) -> None:
        """Somebody comes, or somebody who came goes."""
        people = self._company.folder / "people.toml"
        text = people.read_text()
        staff, _, newcomer = text.partition(_NEWCOMER)
        if not newcomer:
            staff += f'{_NEWCOMER}\n[[person]]\nname = "New {self._chance.random()}"\nnumbers = ["900"]\n'
        new = people.with_suffix(".new")
        new.write_text(staff)
        new.replace(people)
        self.done["people changed"] += 1

    async def _prompts_change(self) -> None:
        folder = self._company.folder / "prompts" / "en"
        folder.mkdir(parents=True, exist_ok=True)
        sound = tone(self._chance.randrange(500, 1500), self._chance.uniform(1, 3))
        await asyncio.to_thread(soundfile.write, folder / "first.wav", sound, RATE)
        self.done["prompts replaced"] += 1

    def _command_line(self, *words: str) -> Sequence[str | Path]:
        return [sys.executable, "-m", "confctl", "--config", self._mixer.config, *words]


def _swallow(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    try:
        os.read(descriptor, 65536)
    except OSError:  # EIO: the other end is closed
        loop.remove_reader(descriptor)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
