"""What the mixer does for mail: it starts a process when there may be something to send, and sees to its end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from confctl import child, errand
from confctl.mail import postman
from confctl.mail.postman import Postman
from mixer.programme import BookError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.confctl.mail.desk import Desk


class Rounds:
    """Instead of ``python -P -m confctl … mail flush --by-mixer``: what each round does, and how many there were."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = ""
        self.stubborn = False
        """Whether it ignores SIGTERM, from its first moment: what is ignored stays so in a program that is started."""

    def program(self) -> str:
        count = f"open({str(self.folder / 'rounds')!r}, 'a').write('x')"
        return f"import json, os, signal, sys, time; {count}\n{self.script}"

    @property
    def count(self) -> int:
        file = self.folder / "rounds"
        return len(file.read_text()) if file.exists() else 0

    def report(self, **values: object) -> None:
        stamp = f"os.stat({str(self.folder / 'outbox')!r}).st_mtime_ns"
        said = json.dumps({"sent": 0, "next": None, **values})
        self.script = f"print(json.dumps({{**json.loads({said!r}), 'stamp': {stamp}}}))"


@pytest.fixture
def rounds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Rounds:
    made = Rounds(desk.folder)
    made.report()
    (desk.folder / "outbox").mkdir()
    start = asyncio.create_subprocess_exec

    async def instead(*words: str, **how: object) -> asyncio.subprocess.Process:
        assert words[-3:] == ("mail", "flush", "--by-mixer")
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN if made.stubborn else signal.getsignal(signal.SIGTERM))
        try:
            return await start(sys.executable, "-S", "-c", made.program(), **how)  # type: ignore[arg-type]  # handed on
        finally:
            signal.signal(signal.SIGTERM, before)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", instead)
    monkeypatch.setattr(postman, "LOOK_SECONDS", 0.01)
    return made


class Book:
    stamp: object = 1
    broken = False

    def look(self) -> object:
        if self.broken:
            raise BookError("gone")
        return self.stamp


@pytest.fixture
async def working(desk: Desk, rounds: Rounds) -> AsyncIterator[tuple[Postman, Book]]:
    book = Book()
    started = Postman(desk.session.settings, book.look, lambda: desk.office.now)
    started.start()
    yield started, book
    await started.stop()


async def until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110  a process has no event to wait for here
            await asyncio.sleep(0.01)


async def a_while() -> None:
    """Time for several looks: what should not happen would have happened."""
    await asyncio.sleep(0.1)


async def test_one_round_at_the_start_and_then_none_without_a_reason(
    working: tuple[Postman, Book], rounds: Rounds
) -> None:
    assert not working[0].idle
    await until(lambda: working[0].idle)
    await a_while()
    assert rounds.count == 1


async def test_a_round_when_the_book_has_changed(working: tuple[Postman, Book], rounds: Rounds) -> None:
    await until(lambda: working[0].idle)
    working[1].stamp = 2
    assert not working[0].idle
    await until(lambda: rounds.count == 2 and working[0].idle)


async def test_a_round_when_a_command_has_put_something_into_the_outbox(
    working: tuple[Postman, Book], rounds: Rounds
) -> None:
    await until(lambda: working[0].idle)
    (rounds.folder / "outbox" / "x.eml").touch()
    await until(lambda: rounds.count == 2 and working[0].idle)


async def test_a_round_when_a_pause_is_over(desk: Desk, working: tuple[Postman, Book], rounds: Rounds) -> None:
    await until(lambda: working[0].idle)
    rounds.report(next=desk.office.now + 60)
    working[1].stamp = 2
    await until(lambda: rounds.count == 2 and working[0].idle)
    await a_while()
    assert rounds.count == 2
    rounds.report()
    desk.office.now += 60
    await until(lambda: rounds.count == 3 and working[0].idle)


async def test_a_round_when_the_clock_was_set_back_before_the_last_one(
    desk: Desk, working: tuple[Postman, Book], rounds: Rounds
) -> None:
    await until(lambda: working[0].idle)
    rounds.report(next=desk.office.now + 60)
    working[1].stamp = 2
    await until(lambda: rounds.count == 2 and working[0].idle)
    rounds.report()
    desk.office.now -= 3600
    await until(lambda: rounds.count == 3 and working[0].idle)
    await a_while()
    assert rounds.count == 3


async def test_a_book_that_cannot_be_read_is_no_reason(working: tuple[Postman, Book], rounds: Rounds) -> None:
    await until(lambda: working[0].idle)
    working[1].broken = True
    await a_while()
    assert rounds.count == 1


async def test_what_is_wrong_is_a_line_of_the_log(
    working: tuple[Postman, Book], rounds: Rounds, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rounds.report(sent=3)
    rounds.script += "\nsys.stderr.write('confctl: 2 mails wait: the server is down.\\n')"
    working[1].stamp = 2
    await until(lambda: "mails sent: 3" in caplog.messages)
    assert "2 mails wait: the server is down." in caplog.messages


async def test_a_round_that_fails_is_logged_and_not_repeated_at_once(
    desk: Desk, working: tuple[Postman, Book], rounds: Rounds, caplog: pytest.LogCaptureFixture
) -> None:
    await until(lambda: working[0].idle)
    rounds.script = "sys.exit(3)"
    working[1].stamp = 2
    await until(lambda: rounds.count == 2 and working[0].idle)
    assert "sending mails failed (exit status 3); it is tried again later" in caplog.messages
    await a_while()
    assert rounds.count == 2
    desk.office.now += errand.AFTER_A_MISTAKE
    await until(lambda: rounds.count == 3)


LONG = "open('ready', 'w').close(); time.sleep(60)"


@pytest.mark.parametrize("stubborn", [False, True])
async def test_the_end_of_the_mixer_is_the_end_of_a_round(
    desk: Desk, rounds: Rounds, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    """Asked first, and if it does not listen, killed."""
    monkeypatch.setattr(child, "AT_STOP", 0.2)
    rounds.script, rounds.stubborn = LONG, stubborn
    working = Postman(desk.session.settings, lambda: 1, lambda: desk.office.now)
    working.start()
    await until(lambda: (desk.folder / "ready").exists())
    async with asyncio.timeout(10):
        await working.stop()


async def test_a_round_that_takes_too_long_is_ended(
    desk: Desk, working: tuple[Postman, Book], rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(lambda: working[0].idle)
    monkeypatch.setattr(postman, "LONGEST_ROUND", 0.2)
    monkeypatch.setattr(postman, "LAST_MAIL", 0.2)
    rounds.script, rounds.stubborn = LONG, True
    working[1].stamp = 2
    assert not working[0].idle
    await until(lambda: working[0].idle)


async def test_the_end_of_the_mixer_is_the_end_of_a_round_that_takes_too_long_too(
    desk: Desk, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has what any round has at the end, and does not outlive the mixer."""
    monkeypatch.setattr(postman, "LONGEST_ROUND", 0.1)
    monkeypatch.setattr(child, "AT_STOP", 0.2)
    rounds.script, rounds.stubborn = f"open('pid', 'w').write(str(os.getpid())); {LONG}", True
    working = Postman(desk.session.settings, lambda: 1, lambda: desk.office.now)
    working.start()
    await until(lambda: (desk.folder / "ready").exists())
    await asyncio.sleep(0.3)
    async with asyncio.timeout(10):
        await working.stop()
    pid = int((desk.folder / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_mistake_of_ours_is_logged_at_once_and_costs_one_round(
    desk: Desk, rounds: Rounds, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errand, "AFTER_A_MISTAKE", 0.01)
    failures = [ZeroDivisionError()]

    def stamp() -> object:
        if failures:
            raise failures.pop()
        return "as it is"

    mails = Postman(desk.session.settings, stamp)
    mails.start()
    await until(lambda: rounds.count == 1)
    await mails.stop()
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.getMessage() == "mails are not sent, by a mistake in confctl; trying again in 0 s"
