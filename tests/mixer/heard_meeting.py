"""A conference on the line of :mod:`tests.mixer.heard_line`, and beside it the account of what phones are to hear."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from mixer.bridge.protocol import Played
from mixer.key_table import DEFAULT_KEYS, KeyTable
from mixer.party import Finished, NotReached, Reached
from mixer.rules.step import Tick, deadline
from mixer.running import Running
from tests.mixer.heard_line import ALL, ROOM, Line, Phone, Tape
from tests.mixer.house import GREETING, MUSIC
from tests.mixer.rehearsal import START

if TYPE_CHECKING:
    from mixer.recording.studio import Studio
    from mixer.rules.acts import Act
    from mixer.rules.conference import Conference
    from mixer.rules.records import Record
    from mixer.switchboard import Switchboard
    from tests.mixer.heard_account import Account


class Meeting:
    line: Line
    account: Account
    journal: list[Record]

    def __init__(self) -> None:
        super().__init__()
        self.time = START

    def all_answer(self, late: bool = False) -> None:
        for name in sorted(self.line.rings)[late:]:
            self.answer(name, self.line.rings.pop(name))
            self.note_the_owner()

    def open(self, conference: Conference) -> None:
        self.tape = Tape()
        self.running = Running(
            replace(conference, announcements=ALL),
            ROOM,
            cast("Switchboard", self.line),
            lambda code, *records: self.journal.extend(records),
            lambda: self.time,
            music=MUSIC,
            greeting=GREETING,
            say=self.line.say,
            studio=cast("Studio", self.tape),
            keys=KeyTable("*", DEFAULT_KEYS),
            on_end=lambda: None,
        )

    @property
    def over(self) -> bool:
        return self.running.conference.ended is not None

    @property
    def phones(self) -> dict[str, Phone]:
        return self.account.phones

    # Who comes and goes

    def decline(self, name: str) -> None:
        self.line.lose(name)
        self.running.take(NotReached(name, 603, "Decline"))

    def answer(self, name: str, number: str) -> None:
        owner = self.account.is_owner(number)
        self.running.take(Reached(name))
        self.sit(name, number, owner)

    def sit(self, name: str, number: str | None, owner: bool) -> None:
        self.account.sit(name, number, owner, self.time)
        assert self.told(name) != ("comes",), "of themselves"

    def who_hears_a_tone(self) -> list[str]:
        """If somebody came now, or left, and the owner were in still."""
        return self.account.free("room") if self.time >= self.account.moved + 2 and self.account.ever_owner else []

    # Time, and what is heard

    def pass_time(self, seconds: float) -> None:
        until = self.time + seconds
        while not self.over and (due := deadline(self.running.conference, self.time)) is not None and due <= until:
            self.time = max(self.time, due)
            free = self.account.free("room", "music")
            self.running.feed(Tick())
            self.account.take_over(self.time)
            for before, words in ((600, "ten-minutes"), (120, "two-minutes")):
                if self.time == self.account.end - before and not self.over:
                    assert all(self.told(name) == (words,) for name in free)
        self.time = until
        self.running.catch_up()

    def note_the_owner(self) -> None:
        self.account.take_over(self.time)
        self.account.note_the_owner()

    def settle(self) -> None:
        """All hear to the end what they hear at first."""
        for name in sorted(self.phones):
            while self.hear_out(name):
                self.note_the_owner()

    # What was done, and heard

    def act(self, act: Act) -> bool:
        if self.running.why_not(act) is not None:
            return False
        self.running.act(act)
        return True

    def some(self, pick: int) -> str:
        return sorted(self.phones)[pick % len(self.phones)]

    def told(self, name: str) -> tuple[str, ...]:
        return self.account.told(name)

    def hear_out(self, name: str) -> bool:
        """Whether there was something."""
        play = self.line.now()[name][1]
        if play is None or play.loop:
            return False
        phone, held, base = self.phones[name], name in self.line.held, self.account.base(self.phones[name])
        if base not in ("greeting", "notice") and not held:
            self.account.understand(name)
        self.line.standing.hear(Played(play.leg, play.token))
        if base == "greeting":
            self.account.hear_greeting(name, self.time)
        elif base == "notice" and not (held or phone.deaf):
            phone.told, phone.tape, phone.tape_is = True, "on", "on"
        self.running.take(Finished(name, play.token))
        return True
