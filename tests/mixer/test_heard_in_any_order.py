"""What each phone hears, and is told, whatever happens in whichever order: acts, keys, hold, hold music, crashes.

The machine keeps its own account of who is in and why who is unheard, from what it does alone.  Against it stand the
commands to the bridge, and to another bridge that takes over; and what each phone has heard to the end is what whoever
listens believes: it has to be true.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from media.prompt import Prompt
from mixer.acts import Act, EndNow, HandOver, Kick, Silence, SilenceOthers, WantRecording
from mixer.bridge.protocol import Play, Played
from mixer.call_rules import Entered
from mixer.conference import Conference
from mixer.key_table import DEFAULT_KEYS, KeyTable
from mixer.menu import LONGEST_PROMPT
from mixer.model import Recorded
from mixer.party import Finished, Gone, NotReached, PlaysMusic, Pressed, Reached
from mixer.recording_rules import RecordingFailed
from mixer.resumption import resume
from mixer.rules import Tick, deadline
from mixer.running import Running
from mixer.transfer_rules import Transferred
from tests.mixer.heard_line import ABOUT_OWNER, ABOUT_VOICE, ALL, PICK, ROOM, SOUNDS, Line, Phone, Tape
from tests.mixer.house import GREETING, MUSIC
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, HOUR, ONCE, OWNER, PLAN, START

if TYPE_CHECKING:
    from mixer.model import Person
    from mixer.recording.studio import Studio
    from mixer.records import Record
    from mixer.switchboard import Switchboard


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.time = START
        self.names = count(1)
        self.phones: dict[str, Phone] = {}

    @initialize(greeted=st.booleans(), recorded=st.sampled_from((Recorded.NOT, Recorded.MIXED)))
    def begin(self, greeted: bool, recorded: Recorded) -> None:
        self.plan = replace(GREETED if greeted else PLAN, record=recorded, start=self.time, end=self.time + 1000 * HOUR)
        self.journal: list[Record] = []
        self.owner = OWNER.number
        self.others = self.locked = self.owner_was_in = self.ever_owner = False
        self.single: dict[str, tuple[bool, bool]] = {}
        """Who was silenced, or allowed to speak, by themselves; and whether as an owner."""
        self.wanted = self.recorded = recorded
        self.were_in: set[str] = set()
        self.open(Conference(self.plan, policy=ONCE))
        self.running.begin(())
        self.all_answer()

    def all_answer(self) -> None:
        for name in sorted(self.line.rings):
            self.answer(name, self.line.rings.pop(name))
            self.note_the_owner()

    def open(self, conference: Conference) -> None:
        self.line = Line()
        self.phones.clear()
        self.running = Running(
            replace(conference, announcements=ALL),
            ROOM,
            cast("Switchboard", self.line),
            lambda code, *records: self.journal.extend(records),
            lambda: self.time,
            music=MUSIC,
            greeting=GREETING,
            say=self.line.say,
            studio=cast("Studio", Tape()),
            keys=KeyTable("*", DEFAULT_KEYS),
            on_end=lambda: None,
        )

    @property
    def over(self) -> bool:
        return self.running.conference.ended is not None

    # Who comes and goes

    @precondition(lambda self: not self.over)
    @rule(person=st.sampled_from((OWNER, ANNA, BORIS, None)), code=st.booleans())
    def dial_in(self, person: Person | None, code: bool) -> None:
        number = OWNER.number if code else person.number if person else None
        owner = code or number == self.owner
        name = f"in-{next(self.names)}"
        self.line.add(name)
        wanted = number in self.line.rings.values()
        self.running.feed(Entered(name, number, owner))
        if self.locked and not owner and not wanted:
            assert name in self.line.hung_up
        else:
            self.sit(name, number, owner)

    @precondition(lambda self: self.line.rings)
    @rule(pick=PICK, answers=st.booleans())
    def pick_up(self, pick: int, answers: bool) -> None:
        name = sorted(self.line.rings)[pick % len(self.line.rings)]
        number = self.line.rings.pop(name)
        if answers:
            self.answer(name, number)
        else:
            self.line.lose(name)
            self.running.take(NotReached(name, 603, "Decline"))

    def answer(self, name: str, number: str) -> None:
        self.running.take(Reached(name))
        self.sit(name, number, number == self.owner)

    @precondition(lambda self: len(self.phones) > 2)
    @rule(pick=PICK, lost=st.booleans())
    def leave(self, pick: int, lost: bool) -> None:
        name = self.some(pick)
        self.line.lose(name)
        del self.phones[name]
        self.running.take(Gone(name, "no sound for 30 seconds" if lost else "hung up", lost))

    @precondition(lambda self: self.phones)
    @rule(pick=PICK)
    def another_phone_comes_in_the_place_of_one(self, pick: int) -> None:
        name = self.some(pick)
        phone = self.phones[name]
        phone.told, phone.voice = False, "heard"
        self.running.feed(Transferred(name, "+74955550199"))

    # What phones do

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, held=st.booleans())
    def hold(self, pick: int, held: bool) -> None:
        (self.line.held.add if held else self.line.held.discard)(self.some(pick))

    @precondition(lambda self: self.phones)
    @rule(pick=PICK)
    def hear_the_rest(self, pick: int) -> None:
        """Of one sound, if it ends."""
        self.hear_out(self.some(pick))

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, playing=st.booleans())
    def hold_music(self, pick: int, playing: bool) -> None:
        name = self.some(pick)
        phone = self.phones[name]
        if not playing:
            phone.guarded = phone.spared = False
        elif not phone.spared and self.base(phone) == "room":
            phone.guarded = True
        self.running.take(PlaysMusic(name, playing))

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, keys=st.sampled_from(("*", "*1", "*3", "*66", "*2", "*0", "*21", "*22", "*25")))
    def press(self, pick: int, keys: str) -> None:
        name = self.some(pick)
        self.pass_time(LONGEST_PROMPT)  # the menu, if open, has closed
        phone = self.phones[name]
        if phone.guarded:
            phone.guarded, phone.spared = False, True
        elif self.base(phone) in ("room", "music"):
            self.key(name, phone, keys)
        for key in keys:
            if name in self.line.numbers:
                self.running.take(Pressed(name, key))
        if name in self.line.numbers and self.told(name)[:1] and self.told(name)[0] in ABOUT_VOICE:
            phone.voice = ABOUT_VOICE[Prompt(self.told(name)[0])]  # whoever presses a key listens to the answer

    def key(self, name: str, phone: Phone, keys: str) -> None:
        if keys == "*1" and (phone.quiet or not phone.silenced):
            phone.quiet = not phone.quiet
        elif keys == "*0":
            del self.phones[name]
        elif phone.owner and keys == "*21":
            self.silence_all_others(not self.others)
        elif phone.owner and keys == "*22":
            self.locked = not self.locked
        elif phone.owner and keys == "*25":
            self.record(Recorded.MIXED if self.recorded is Recorded.NOT else Recorded.NOT)

    # Acts

    @rule(silent=st.booleans())
    def silence_others(self, silent: bool) -> None:
        if self.act(SilenceOthers(silent)):
            self.silence_all_others(silent)

    def silence_all_others(self, silent: bool) -> None:
        self.others = silent
        self.single = {whose: each for whose, each in self.single.items() if each[1]}
        self.silence_as_ordered()

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, silent=st.booleans())
    def silence_one(self, pick: int, silent: bool) -> None:
        name = self.some(pick)
        whose = self.phones[name].person or name
        legs = [leg for leg in self.running.conference.legs.values() if leg.whose == whose]
        changed = [leg.owner for leg in legs if self.should_be_silent(whose, leg.owner) is not silent]
        if self.act(Silence((name,), silent)):
            self.single[whose] = silent, changed[-1]
            self.silence_as_ordered()

    @rule(to=st.sampled_from((OWNER, ANNA, BORIS)))
    def hand_over(self, to: Person) -> None:
        if self.act(HandOver(to.number)):
            self.owner = to.number
            self.single.pop(to.number, None)
            self.single = {whose: (silent, False) for whose, (silent, _) in self.single.items()}
            for phone in self.phones.values():
                phone.owner = phone.person == self.owner
            self.silence_as_ordered()

    @precondition(lambda self: len(self.phones) > 2)
    @rule(pick=PICK)
    def kick(self, pick: int) -> None:
        name = self.some(pick)
        assert self.act(Kick((name,)))
        del self.phones[name]
        assert name in self.line.hung_up

    @rule(how=st.sampled_from((Recorded.NOT, Recorded.MIXED)))
    def want_it_recorded(self, how: Recorded) -> None:
        if self.act(WantRecording(how)):
            self.record(how)

    def record(self, how: Recorded) -> None:
        self.wanted = self.recorded = how
        for phone in self.phones.values():
            phone.told = phone.told and how is Recorded.NOT

    @precondition(lambda self: not self.over)
    @rule()
    def fill_the_disk(self) -> None:
        self.running.feed(RecordingFailed("full"))
        self.recorded = Recorded.NOT

    @precondition(lambda self: not self.over)
    @rule(stop=st.booleans())
    def play_something_to_all(self, stop: bool) -> None:
        if stop:
            self.running.take_away()
        else:
            self.running.bring(list(self.running.conference.legs), Prompt.GOOD_BYE)

    @rule(often=st.integers(0, 9))
    def end_now(self, often: int) -> None:
        if not often and self.act(EndNow()):
            assert {self.told(name) for name in self.phones} <= {("ended",)}

    # Time, and what fails

    @rule(seconds=st.sampled_from((0.5, 3.0, 600.0)))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)

    @precondition(lambda self: not self.over)
    @rule()
    def crash(self) -> None:
        before = self.running.conference
        self.owner_was_in = False
        conference, actions = resume(before.plan, tuple(self.journal), self.time, self.time, ONCE)
        self.recorded = self.wanted
        self.open(conference)
        self.running.begin(actions)
        self.all_answer()

    # The account

    def act(self, act: Act) -> bool:
        if self.running.why_not(act) is not None:
            return False
        self.running.act(act)
        return True

    def sit(self, name: str, number: str | None, owner: bool) -> None:
        phone = self.phones[name] = Phone(number, owner, greeted=self.running.plan.greeting is None)
        phone.silenced = self.should_be_silent(number or name, owner)

    def silence_as_ordered(self) -> None:
        for name, phone in self.phones.items():
            phone.silenced = self.should_be_silent(phone.person or name, phone.owner)

    def should_be_silent(self, whose: str, owner: bool) -> bool:
        return self.single.get(whose, (self.others and not owner, False))[0]

    def some(self, pick: int) -> str:
        return sorted(self.phones)[pick % len(self.phones)]

    @property
    def owner_in(self) -> bool:
        return any(phone.owner and phone.greeted for phone in self.phones.values())

    def base(self, phone: Phone) -> str:
        if not phone.greeted:
            return "greeting"
        if not self.owner_in:
            return "music"
        return "notice" if self.recorded is not Recorded.NOT and not phone.told else "room"

    def told(self, name: str) -> tuple[str, ...]:
        play = self.line.now()[name][1]
        return () if play is None else self.line.said.get(play.token, ())

    def hear_out(self, name: str) -> bool:
        """Whether there was something."""
        play = self.line.now()[name][1]
        if play is None or play.loop:
            return False
        phone, held = self.phones[name], name in self.line.held
        self.line.standing.hear(Played(play.leg, play.token))
        if self.base(phone) == "greeting":
            phone.greeted = True
        elif self.base(phone) == "notice":
            phone.told = phone.told or not (held or phone.deaf)
        elif not held:
            for prompt in map(Prompt, self.line.said.get(play.token, ())):
                phone.voice = ABOUT_VOICE.get(prompt, phone.voice)
                phone.believes = ABOUT_OWNER.get(prompt, phone.believes)
        self.running.take(Finished(name, play.token))
        return True

    def pass_time(self, seconds: float) -> None:
        until = self.time + seconds
        while (due := deadline(self.running.conference)) is not None and due <= until:
            self.time = max(self.time, due)
            self.running.feed(Tick())
        self.time = until
        self.running.catch_up()

    # What holds

    @invariant()
    def each_hears_what_it_should_and_is_heard_unless_it_should_not_be(self) -> None:
        if self.over:  # another one begins
            self.begin(self.plan.greeting is not None, self.plan.record)
        heard = self.line.now()
        self.note_the_owner()
        for name, phone in self.phones.items():
            room, play, muted = heard[name]
            base = self.base(phone)
            if base == "notice" and play is not None and play.token != phone.notice:
                phone.notice, phone.deaf = play.token, name in self.line.held
            assert muted == (phone.silenced or phone.quiet or phone.guarded)
            assert room == (ROOM if base == "room" else None)
            assert (play.sounds if play else None) == SOUNDS[base] or self.is_told_besides(base, play)

    def note_the_owner(self) -> None:
        """Who waits is to know that the owner has left, and who has waited that the owner is back."""
        if self.owner_in != self.owner_was_in:
            for name, phone in self.phones.items():
                if not self.owner_in and phone.greeted:
                    phone.owner_is = "left"
                elif self.owner_in and name in self.were_in and self.ever_owner and not phone.owner:
                    phone.owner_is = "back"
        self.owner_was_in = self.owner_in
        self.ever_owner = self.ever_owner or self.owner_in
        self.were_in = {name for name, phone in self.phones.items() if phone.greeted}

    def is_told_besides(self, base: str, play: Play | None) -> bool:
        """Words, instead of the room or the music, or beside the room."""
        if play is None or base not in ("room", "music"):
            return False
        return not play.loop and play.token in self.line.said and (play.room is None or base == "room")

    @invariant()
    def the_tape_has_nobody_who_was_not_told(self) -> None:
        if self.running.conference.taped:
            assert all(phone.told for phone in self.phones.values() if self.base(phone) == "room")

    @precondition(lambda self: self.phones and not self.over)
    @rule()
    def listen(self) -> None:
        """Whoever has listened to the end knows what holds."""
        self.running.catch_up()
        for name, phone in self.phones.items():
            if name in self.line.held or self.base(phone) not in ("room", "music"):
                continue
            while self.hear_out(name):
                pass
            expected = ("silenced", "quiet") if phone.silenced else ("quiet",) if phone.quiet else ("heard",)
            assert phone.voice in expected
            assert phone.believes == phone.owner_is


AnyOrder.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
