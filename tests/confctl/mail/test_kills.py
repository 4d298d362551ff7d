"""Senders as processes: several at once, and killed at random instants."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.session import Session

if TYPE_CHECKING:
    import pytest

    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice

ROOT = Path(__file__).parents[3]
PEOPLE = 12
KILLS = 8


def start(desk: Desk, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "confctl", *words],
        cwd=desk.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(desk.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def plan_for_many(desk: Desk, monkeypatch: pytest.MonkeyPatch, titles: tuple[str, ...] = ("Weekly", "Monthly")) -> str:
    """Conferences of tomorrow, by the clock that the processes have; the code of the last."""
    people = "".join(
        f'[[person]]\nname = "P{n}"\nnumbers = ["3{n:02}"]\nemail = "p{n}@example.com"\npassword = "p"\n'
        for n in range(PEOPLE)
    )
    desk.people_file.write_text(people, encoding="utf-8")
    others = [f"3{n:02}" for n in range(1, PEOPLE)]
    words = ["--owner", "300", "--date", "tomorrow", "--from", "15:30", "--to", "16:30", "--with", *others, "--json"]
    code = ""
    for title, ago in zip(titles, (60, 0), strict=False):
        monkeypatch.setattr(Session, "clock", lambda _, ago=ago: time.time() - ago)
        said = desk.office.confctl("add", title, *words)
        assert said.status == 0, said.err
        code = str(said.json["code"])
    return code


def test_two_senders_at_once_send_each_mail_once(desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_for_many(desk, monkeypatch)
    mails = 2 * PEOPLE
    desk.use(post)
    senders = [start(desk, "mail", "flush") for _ in range(3)]
    said = [sender.communicate(timeout=60)[0].decode() for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0, 0], said
    assert sorted(said)[:2] == ["0 mails are sent.\n"] * 2
    assert len(post.taken) == mails


def test_a_sender_that_is_killed_again_and_again_loses_no_mail_and_keeps_the_order(
    desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill between the server's answer and the unlink, and that alone, may send one mail twice, as the same mail."""
    plan_for_many(desk, monkeypatch)
    mails = 2 * PEOPLE
    desk.use(post)
    dice = random.Random(7)
    post.pause = 0.02
    for _ in range(KILLS):
        sender = start(desk, "mail", "flush")
        connected = post.connections
        limit = time.monotonic() + 30
        while post.connections == connected and sender.poll() is None and time.monotonic() < limit:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.15))
        sender.kill()
        sender.communicate()
    last = start(desk, "mail", "flush")
    assert last.communicate(timeout=60) and last.returncode == 0
    assert post.connections > KILLS // 2, "some died on the way"
    times = Counter(str(mail.message["Message-ID"]) for mail in post.taken)
    assert len(times) == mails
    assert sum(times.values()) - mails <= KILLS
    for n in range(PEOPLE):
        titles = [subject.partition(",")[0] for subject in post.to(f"p{n}@example.com")]
        assert list(dict.fromkeys(titles)) == ["Invitation: Weekly", "Invitation: Monthly"]
    assert not desk.outbox.waiting()
    assert not desk.outbox.failed()


def test_what_commands_supersede_while_a_sender_is_at_it_is_sent_or_superseded_and_never_both(
    desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = plan_for_many(desk, monkeypatch, ("Weekly",))
    desk.use(post)
    post.pause = 0.02
    for turn in range(4):
        sender = start(desk, "mail", "flush")
        connected = post.connections
        limit = time.monotonic() + 30
        while post.connections == connected and sender.poll() is None and time.monotonic() < limit:
            time.sleep(0.005)
        assert desk.office.confctl("edit", code, "--title", f"Round {turn}").status == 0
        if turn % 2:
            sender.kill()
        sender.communicate()
    last = start(desk, "mail", "flush")
    assert last.communicate(timeout=60) and last.returncode == 0
    for n in range(PEOPLE):
        subjects = list(dict.fromkeys(post.to(f"p{n}@example.com")))
        first_words = [subject.partition(":")[0] for subject in subjects]
        assert first_words == ["Invitation", *["Changed"] * (len(subjects) - 1)]
        assert "Round 3" in subjects[-1]
    assert not desk.outbox.waiting()
    assert not list(desk.outbox.folder.glob("2*.json"))
