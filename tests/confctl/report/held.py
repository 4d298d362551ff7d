"""Conferences that were held: played through the rules, with their minutes, into a journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from confctl.book.book import Book
from confctl.people.directory import Directory
from mixer.journal import Journal
from mixer.minutes import Minutes
from mixer.rules.acts import Acted, Extend, Kick, Silence
from mixer.rules.records import Kind, Record
from mixer.rules.step import Tick
from tests.mixer.rehearsal import PLAN, Rehearsal

if TYPE_CHECKING:
    from mixer.rules.model import Plan
    from tests.confctl.office import Office


@dataclass(frozen=True)
class Heard:
    """What the mixer measures of a leg."""

    codec: str = "PCMA"
    received: int = 3000
    lost: int = 30
    late: int = 0
    jitter: float = 0.006
    mos_on_average: float | None = 4.2
    mos_at_worst: float | None = 3.9


@dataclass
class Held:
    """A rehearsal whose minutes are taken, as the mixer does it."""

    play: Rehearsal = field(default_factory=Rehearsal)
    sounds: dict[str, Heard] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begin()
        self.play.do(Tick())
        self.look()

    def begin(self) -> None:
        """A mixer does: it knows nothing of what was spoken before."""
        note = self.play.journal.append
        self.minutes = Minutes(
            self.sounds.get, self.held.__contains__, lambda _, record: note(record), lambda _, record: note(record)
        )

    def look(self) -> None:
        self.minutes.tick([self.play.conference], self.play.now)

    def wait(self, seconds: float) -> None:
        until = self.play.now + seconds
        while self.play.now < until:
            self.play.wait(min(1.0, until - self.play.now))
            self.look()

    def speak(self, leg: str, seconds: float) -> None:
        self.minutes.hear(leg, True, self.play.now)
        self.wait(seconds)
        self.minutes.hear(leg, False, self.play.now)

    def crash(self, down: float) -> None:
        """Without a minute's end."""
        self.play.crash(down, self.play.now)
        self.begin()

    def leave(self, *legs: str) -> None:
        self.play.leave(*legs)
        self.look()


def story(plan: Plan = PLAN) -> Held:
    """What :mod:`tests.confctl.report.test_fold` says of it."""
    second, third = plan.people[1:]
    held = Held(Rehearsal(plan, plan.start))
    play = held.play
    held.wait(5)
    owner = play.answer(plan.owner)  # 0:05
    held.wait(5)
    play.refuse(third)  # 0:10
    anna = play.answer(second)
    held.sounds.update({owner: Heard("OPUS", 9000, 0, 0, 0.002, 4.4, 4.4), anna: Heard()})
    play.journal.append(Record(Kind.RECORDING_STARTED, play.now, detail="projects"))
    held.speak(owner, 40)  # to 0:50
    held.speak(anna, 10)  # to 1:00
    held.wait(60)
    boris = play.dial_in(third)  # 2:00
    play.do(Acted(Silence((boris,), True), owner))
    held.wait(30)
    play.do(Acted(Silence((boris,), False), owner))  # 2:30
    held.held.add(anna)
    held.wait(20)
    held.held.clear()  # 2:50, seen a second later
    held.wait(10)
    held.leave(owner)  # 3:00
    held.speak(anna, 20)  # to 3:20: nobody hears it
    play.journal.append(Record(Kind.REFUSED, play.now, "in-8", "+74951112233", detail="NotListed"))
    owner = play.dial_in(plan.owner, owner=True)
    held.sounds[owner] = Heard("OPUS", 1000, 0, 0, 0.002, 4.4, 4.3)
    held.wait(70)  # 4:30
    play.do(Acted(Kick((boris,)), owner))
    held.look()
    held.speak(anna, 20)  # 4:50
    held.crash(30)  # 5:20
    owner, anna = play.answer(plan.owner), play.answer(second)
    held.look()
    play.do(Acted(Extend(600), ""))
    held.speak(anna, 25)  # 5:45
    held.leave(owner, anna)
    return held


def past(office: Office) -> str:
    """The same as a conference of the book; its code."""
    code = office.add("--with", "102", "1020", title="Weekly <meeting>")
    book = Book(office.folder / "conferences", Directory.load(office.folder / "people.toml", trunk=False))
    entry = book.get(code)
    assert entry is not None
    records = story(entry.plan).play.journal
    Journal(office.folder / "journal").write(code, *records)
    book.end(code, records[-1].at, "last-left")
    return code
