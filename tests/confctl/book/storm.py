"""Many processes at one book for a while: writers, readers, and a killer.

    python -m tests.confctl.book.storm FOLDER SECONDS PROCESSES

Each process says in a file of its own what it is about to do and, once the book has said so, that it is done.  A
conference's title is the number of its changes, and everything else follows from that number: so whoever reads one can
tell whether it is whole, and nothing that was acknowledged can be lost unseen.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.book.conference_file import Draft
from confctl.book.greeting import DECODING, Greeting
from confctl.problems import RefusedError
from confctl.storage.files import locked
from mixer.rules.model import Person
from tests.confctl.book.book_writer import book, die_at

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry

START = 2e9
PEOPLE = tuple(Person(f"Person {number}", (str(number),)) for number in range(201, 209))
CROWDED = 30
"""Current conferences from which on more are ended and deleted than added."""


def drafted(version: int, greeting: Greeting | None) -> Draft:
    """A conference that has been changed so many times."""
    participants = PEOPLE[3 : 4 + version % 5]
    return Draft(
        str(version), PEOPLE[version % 3], participants, START, START + 3600 + version * 60, "Europe/Moscow", greeting
    )


def wrong_with(entry: Entry) -> str | None:
    """What is torn about a conference; its greeting, whose file may be replaced meanwhile, is looked at elsewhere."""
    version = int(entry.plan.title)
    if entry.draft() != drafted(version, entry.greeting):
        return f"{entry.plan.code} is not whole: {entry}"
    if bool(entry.greeting) != has_greeting(version) or (entry.greeting and entry.greeting_name != f"g{version}.wav"):
        return f"{entry.plan.code} has another version's greeting: {entry}"
    return None


def has_greeting(version: int) -> bool:
    return version % 3 != 0


class Process:
    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.book = book(folder)
        self.chance = random.Random(number)
        log = folder.parent / "said" / f"{os.getpid()}-{number}"
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, *words: object) -> None:
        os.write(self.log, (" ".join(map(str, words)) + "\n").encode())

    def write(self) -> None:
        codes = [file.stem for file in self.folder.glob("*.toml")]
        acts = ["add"] if not codes else ["delete", "end", "change"] if len(codes) > CROWDED else ["add", "change"]
        act = self.chance.choice([*acts, "change"] if codes else acts)
        code = self.chance.choice(codes) if act != "add" else "new"
        if self.chance.random() < 0.08:
            die_at(self.chance.randrange(25))
        self.say("try", act, code)
        try:
            done = getattr(self, act)(code)
        except RefusedError as refused:
            gone = "There is no conference" in str(refused) or "is past" in str(refused)
            self.say("refused" if gone else f"torn, {refused}:", act, code)
        else:
            self.say("done", act, *done)

    def add(self, _: str) -> tuple[object, ...]:
        return self.book.add(drafted(0, None), 0.0).plan.code, 0

    def change(self, code: str) -> tuple[object, ...]:
        copy = self.book.greetings / f".{os.getpid()}.wav"

        def next_one(before: Entry) -> Draft:
            version = int(before.plan.title) + 1
            if not has_greeting(version):
                return drafted(version, None)
            copy.write_text(str(version), encoding="ascii")
            return drafted(version, Greeting(copy, f"g{version}.wav"))

        with locked(self.book.greetings / DECODING, shared=True):
            before, after = self.book.change(code, 0.0, next_one)
        assert (before.plan.owner_code == after.plan.owner_code) == (before.plan.owner == after.plan.owner)
        return code, after.plan.title

    def delete(self, code: str) -> tuple[object, ...]:
        self.book.delete(code, 0.0)
        return code, 0

    def end(self, code: str) -> tuple[object, ...]:
        self.book.end(code, START + 60, "last-left")
        return code, 0

    def read(self) -> None:
        time.sleep(self.chance.uniform(0, 2))  # or a hundred readers leave the writers no processor
        entries, problems = self.book.entries()
        latest, _, more = self.book.latest_past(20)
        for entry in (*entries, *latest):
            torn = wrong_with(entry) or self.wrong_sound(entry)
            if torn:
                self.say("torn", torn)
        for problem in (*problems, *more):
            self.say("torn", problem)
        self.say("done", "read", len(entries), len(latest))

    def wrong_sound(self, entry: Entry) -> str | None:
        """What a conference names is there for as long as it names it."""
        if entry.greeting is None:
            return None
        try:
            sound = entry.greeting.copy.read_text(encoding="ascii")
        except FileNotFoundError:
            now = self.book.get(entry.plan.code)
            return f"the greeting is lost of {entry}" if now and now.greeting == entry.greeting else None
        return None if sound == entry.plan.title else f"the greeting says {sound} of {entry}"


def run(folder: Path, number: int, until: float) -> None:
    os.nice(10)  # below the killer, who would else wait for all the others
    process = Process(folder, number)
    act = process.write if number % 2 else process.read
    try:
        while time.monotonic() < until:
            act()
    except BaseException as error:  # noqa: BLE001  whatever it is, the test shall see it
        process.say("torn", repr(error))


def fork(folder: Path, number: int, until: float) -> int:
    child = os.fork()
    if child == 0:
        run(folder, number, until)
        os._exit(0)
    return child


def main() -> None:
    folder, seconds, processes = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    until = time.monotonic() + seconds
    chance = random.Random(processes)
    numbers = itertools.count()
    alive: set[int] = set()
    while time.monotonic() < until:
        while len(alive) < processes:
            alive.add(fork(folder, next(numbers), until))
        time.sleep(0.05)
        os.kill(chance.choice(sorted(alive)), signal.SIGKILL)
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            alive.remove(ended)
    for child in alive:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
