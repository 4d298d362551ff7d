"""What each phone hears, and is told, whatever happens in whichever order: acts, keys, hold, hold music, crashes.

An account of its own says who is in and why who is unheard, from what is done here alone.  Against it stand the
commands to the bridge, and to another bridge that takes over; and what each phone has heard to the end is what whoever
listens believes: it has to be true.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from media.prompt import Prompt
from mixer.menu import LONGEST_PROMPT
from mixer.party import Gone, PlaysMusic, Pressed
from mixer.rules.absence import AbsencePolicy, Remedy
from mixer.rules.acts import EndNow, HandOver, Kick, Lock, Silence, SilenceOthers, WantRecording
from mixer.rules.call_rules import Entered
from mixer.rules.conference import Conference
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import RecordingFailed
from mixer.rules.resumption import resume
from mixer.rules.transfer_rules import Transferred
from tests.mixer.heard_account import DEPUTY, PATIENCE, Account
from tests.mixer.heard_line import PICK, ROOM, SOUNDS, Line
from tests.mixer.heard_meeting import Meeting
from tests.mixer.rehearsal import ANNA, BORIS, GREETED, ONCE, OWNER, PLAN

if TYPE_CHECKING:
    from mixer.rules.model import Person
    from mixer.rules.records import Record

PLANNED = 1500.0
"""Seconds."""
KEYS = ("*", "*1", "*1", "*3", "*66", "*2", "*0", "*21", "*25")
OWNERS_KEYS = ("*", "*21", "*22", "*23", "*23", "*24", "*25", "*26")


class AnyOrder(Meeting, RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.names = count(1)

    @initialize(
        greeted=st.booleans(),
        recorded=st.sampled_from((Recorded.NOT, Recorded.MIXED)),
        remedy=st.sampled_from((None, None, Remedy.DEPUTY, Remedy.DEPUTY, Remedy.CALL_OFF)),
        late=st.booleans(),
        settled=st.booleans(),
    )
    def begin(self, greeted: bool, recorded: Recorded, remedy: Remedy | None, late: bool, settled: bool) -> None:
        """``remedy``: against the owner, who does not come at once; None: who does.  ``late``: one rings on."""
        of = GREETED if greeted else PLAN
        self.plan = replace(of, record=recorded, start=self.time, end=self.time + PLANNED, deputy=remedy and DEPUTY)
        self.policy = ONCE
        if remedy is not None:
            self.policy = replace(ONCE, absence=AbsencePolicy(seconds=PATIENCE, remedy=remedy))
        self.journal: list[Record] = []
        self.line = Line()
        people = frozenset(person.number for person in self.plan.people)
        self.account = Account(self.line, people, greeted, recorded, self.time, self.plan.end, remedy)
        self.open(Conference(self.plan, policy=self.policy))
        self.running.begin(())
        if remedy is not None:
            self.decline(next(name for name, number in self.line.rings.items() if number == OWNER.number))
        self.all_answer(late)
        if settled:
            self.settle()
        if settled and remedy is Remedy.DEPUTY:
            self.pass_time(PATIENCE)

    # Who comes and goes

    @precondition(lambda self: not self.over)
    @rule(person=st.sampled_from((OWNER, ANNA, BORIS, None)), code=st.booleans())
    def dial_in(self, person: Person | None, code: bool) -> None:
        self.dial(OWNER.number if code else person.number if person else None, code=code)

    @precondition(lambda self: self.line.rings)
    @rule(pick=PICK, locked=st.booleans())
    def dial_in_while_being_called(self, pick: int, locked: bool) -> None:
        self.lock(locked)
        self.dial(sorted(self.line.rings.values())[pick % len(self.line.rings)], code=False)

    def dial(self, number: str | None, *, code: bool) -> None:
        owner = code or self.account.is_owner(number)
        name = f"in-{next(self.names)}"
        tone = self.who_hears_a_tone()
        self.line.add(name)
        wanted = number in self.line.rings.values()
        self.running.feed(Entered(name, number, owner))
        if self.account.locked and not owner and not wanted:
            assert name in self.line.hung_up
            return
        assert number is None or number not in self.line.rings.values()
        self.sit(name, number, owner)
        if tone and self.phones[name].greeted and self.time < self.account.began + PATIENCE:
            assert all(self.told(each) == ("comes",) for each in tone)

    @precondition(lambda self: self.line.rings)
    @rule(pick=PICK, answers=st.booleans())
    def pick_up(self, pick: int, answers: bool) -> None:
        name = sorted(self.line.rings)[pick % len(self.line.rings)]
        if answers:
            self.answer(name, self.line.rings.pop(name))
        else:
            self.decline(name)

    @precondition(lambda self: len(self.phones) > 2)
    @rule(pick=PICK, lost=st.booleans())
    def leave(self, pick: int, lost: bool) -> None:
        name = self.some(pick)
        tone = self.who_hears_a_tone()
        heard = self.phones[name].greeted
        self.line.lose(name)
        self.account.leave(name, self.time, lost=lost)
        self.running.take(Gone(name, "no sound for 30 seconds" if lost else "hung up", lost))
        if tone and heard and self.account.owner_in and not self.over:
            assert all(self.told(each) == ("goes",) for each in tone if each != name)

    @precondition(lambda self: self.phones)
    @rule(pick=PICK)
    def another_phone_comes_in_the_place_of_one(self, pick: int) -> None:
        name = self.some(pick)
        phone = self.phones[name]
        phone.told, phone.voice = False, "heard"
        phone.tape_is = "" if phone.tape == phone.tape_is else phone.tape_is
        phone.tape = phone.role_is = ""
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
    @rule(pick=PICK, playing=st.sampled_from((True, True, False)), back=st.booleans())
    def hold_music(self, pick: int, playing: bool, back: bool) -> None:
        """``back``: whoever is muted for it wants it to be heard."""
        name = self.some(pick)
        phone = self.phones[name]
        noticed = playing and not phone.spared and self.account.base(phone) == "room"
        if not playing:
            phone.guarded = phone.spared = False
        phone.guarded = phone.guarded or noticed
        self.running.take(PlaysMusic(name, playing))
        if noticed and not phone.silenced and not phone.quiet:
            assert self.told(name) == ("muted",)
        if noticed and back:
            phone.guarded, phone.spared = False, True
            self.running.take(Pressed(name, "*"))
            self.running.take(PlaysMusic(name, True))

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, keys=st.sampled_from(KEYS))
    def press(self, pick: int, keys: str) -> None:
        self.press_keys(self.some(pick), keys)

    @precondition(lambda self: any(phone.owner for phone in self.phones.values()))
    @rule(pick=PICK, keys=st.sampled_from(OWNERS_KEYS))
    def press_as_owner(self, pick: int, keys: str) -> None:
        owners = sorted(name for name, phone in self.phones.items() if phone.owner)
        self.press_keys(owners[pick % len(owners)], keys)

    @precondition(lambda self: any(phone.owner for phone in self.phones.values()) and not self.over)
    @rule(pick=PICK)
    def let_a_guest_in_and_kick_the_last(self, pick: int) -> None:
        self.pass_time(3.0)
        if not self.over:
            self.dial(None, code=False)
            self.note_the_owner()
        if owners := sorted(name for name, phone in self.phones.items() if phone.owner and not self.over):
            self.press_keys(owners[pick % len(owners)], "*23")

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, silent=st.booleans())
    def mute_oneself_and_come_back_while_others_are_silenced(self, pick: int, silent: bool) -> None:
        name = self.some(pick)
        self.press_keys(name, "*1")
        self.silence_others(silent)
        if name in self.phones and not self.over:
            self.press_keys(name, "*1")

    def press_keys(self, name: str, keys: str) -> None:
        self.pass_time(LONGEST_PROMPT)  # the menu, if open, has closed
        if self.over or (keys == "*26" and self.time >= self.account.end):
            return
        phone = self.phones[name]
        listens = not phone.guarded and self.account.base(phone) in ("room", "music")
        missing, last = self.account.missing(), self.account.last_who_came(name)
        answer = self.account.answer_to(name, keys, self.time) if listens else None
        if phone.guarded:
            phone.guarded, phone.spared = False, True
        for key in keys:
            if name in self.line.numbers:
                self.running.take(Pressed(name, key))
        if not listens:
            return
        self.account.judge_answer(name, keys, answer)
        if keys == "*0":
            self.account.leave(name, self.time)
            assert name in self.line.hung_up
        elif phone.owner and keys == "*23":
            kicked = last & self.line.hung_up
            assert len(kicked) == bool(last)
            for each in kicked:
                self.account.leave(each, self.time)
        elif phone.owner and keys == "*24":
            assert missing <= set(self.line.rings.values())

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, silent=st.booleans())
    def press_half_of_a_key_after_the_menu_was_told(self, pick: int, silent: bool) -> None:
        """Which cuts no words short that somebody else has for them, meanwhile too."""
        name = self.some(pick)
        self.pass_time(LONGEST_PROMPT)
        phone = self.phones.get(name)
        if self.over or phone is None or phone.guarded or self.account.base(phone) not in ("room", "music"):
            return
        self.running.take(Pressed(name, "*"))
        self.account.judge_answer(name, "*", None)
        self.silence_others(silent)
        self.hear_out(name)
        heard = self.line.now()[name]
        self.running.take(Pressed(name, "2"))
        assert self.line.now()[name] == heard

    # Acts

    @rule(silent=st.booleans())
    def silence_all_others(self, silent: bool) -> None:
        self.silence_others(silent)

    def silence_others(self, silent: bool) -> None:
        if self.act(SilenceOthers(silent)):
            self.account.silence_others(silent)

    @precondition(lambda self: self.phones)
    @rule(pick=PICK, silent=st.booleans())
    def silence_one(self, pick: int, silent: bool) -> None:
        name = self.some(pick)
        whose = self.phones[name].person or name
        legs = [leg for leg in self.running.conference.legs.values() if leg.whose == whose]
        changed = [leg.owner for leg in legs if self.account.should_be_silent(whose, leg.owner) is not silent]
        if self.act(Silence((name,), silent)):
            self.account.single[whose] = silent, changed[-1]
            self.account.silence_as_ordered()

    @rule(locked=st.booleans())
    def lock_or_unlock(self, locked: bool) -> None:
        self.lock(locked)

    def lock(self, locked: bool) -> None:
        if self.act(Lock(locked)):
            self.account.locked = locked

    @rule(to=st.sampled_from((OWNER, ANNA, BORIS)))
    def hand_over(self, to: Person) -> None:
        if self.act(HandOver(to.number)):
            self.account.hand_over(to.number)

    @precondition(lambda self: len(self.phones) > 2)
    @rule(pick=PICK)
    def kick(self, pick: int) -> None:
        name = self.some(pick)
        person = self.phones[name].person
        assert self.act(Kick((name,)))
        self.account.leave(name, self.time)
        assert name in self.line.hung_up
        assert person is None or person not in self.line.rings.values()

    @precondition(lambda self: self.line.rings)
    @rule(pick=PICK)
    def call_off_a_call(self, pick: int) -> None:
        name = sorted(self.line.rings)[pick % len(self.line.rings)]
        number = self.line.rings[name]
        assert self.act(Kick((name,)))
        self.account.departed.add(number)
        assert name in self.line.hung_up

    @rule(how=st.sampled_from((Recorded.NOT, Recorded.MIXED)))
    def want_it_recorded(self, how: Recorded) -> None:
        if self.act(WantRecording(how)):
            self.account.record(how)

    @precondition(lambda self: not self.over)
    @rule()
    def fill_the_disk(self) -> None:
        self.running.feed(RecordingFailed("full"))
        self.account.stop_tape(Recorded.NOT)

    @precondition(lambda self: not self.over)
    @rule(stop=st.booleans())
    def play_something_to_all(self, stop: bool) -> None:
        if stop:
            self.running.take_away()
            return
        self.running.bring(list(self.running.conference.legs), Prompt.GOOD_BYE)
        hear = [name for name, phone in self.phones.items() if self.account.base(phone) in ("room", "music")]
        assert all(self.told(name) == ("good-bye",) for name in hear)

    @rule(often=st.integers(0, 9))
    def end_now(self, often: int) -> None:
        if not often and self.act(EndNow()):
            assert {self.told(name) for name in self.phones} <= {("ended",)}

    # Time, and what fails

    @rule(seconds=st.sampled_from((0.5, 3.0, 90.0, 600.0)))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)

    @precondition(lambda self: not self.over)
    @rule(settled=st.booleans())
    def crash(self, settled: bool) -> None:
        before = self.running.conference
        cut_off = {phone.person for phone in self.phones.values()} - {None} | set(self.line.rings.values())
        conference, actions = resume(before.plan, tuple(self.journal), self.time, self.time, self.policy)
        self.line = Line()
        self.account.crash(self.line)
        self.open(conference)
        self.running.begin(actions)
        if not self.over:
            called = set(self.line.rings.values())
            assert called - cut_off <= {DEPUTY}, "who had left is left alone; the deputy may be wanted by now"
            assert called >= cut_off
        self.all_answer()
        if settled:
            self.settle()

    # What holds

    @invariant()
    def each_hears_what_it_should_and_is_heard_unless_it_should_not_be(self) -> None:
        account = self.account
        if account.remedy is Remedy.CALL_OFF and account.is_given_up(self.time):
            assert self.over
            assert {self.told(name) for name in self.phones} <= {("called-off",)}
        if self.over:  # another one begins
            self.begin(account.greeted, self.plan.record, account.remedy, late=False, settled=True)
            account = self.account
        self.note_the_owner()
        heard = self.line.now()
        for name, phone in self.phones.items():
            room, play, muted = heard[name]
            base = account.base(phone)
            if base == "notice" and play is not None and play.token != phone.notice:
                phone.notice, phone.deaf = play.token, name in self.line.held
            assert muted == (phone.silenced or phone.quiet or phone.guarded)
            assert room == (ROOM if base == "room" else None)
            assert (play.sounds if play else None) == SOUNDS[base] or account.is_told_besides(name, base, play)
            if name in self.line.held and play is not None and play.token != phone.heard:
                assert not account.is_announced(name, play), "to who does not hear it"
            phone.heard = play.token if play else 0
            assert self.line.volumes.get(name, (0.0, 0.0)) == (phone.louder, 0.0)

    @invariant()
    def the_tape_has_the_talk_and_nobody_who_was_not_told(self) -> None:
        assert self.tape.rolls == self.account.taped

    @precondition(lambda self: self.phones and not self.over)
    @rule()
    def listen(self) -> None:
        """Whoever has listened to the end knows what holds."""
        self.running.catch_up()
        for name, phone in self.phones.items():
            if name in self.line.held or self.account.base(phone) not in ("room", "music"):
                continue
            while self.hear_out(name):
                pass
            expected = ("silenced", "quiet") if phone.silenced else ("quiet",) if phone.quiet else ("heard",)
            assert phone.voice in expected
            assert phone.believes == phone.owner_is
            assert phone.tape == phone.tape_is
            assert not phone.role_is or phone.role == phone.role_is


AnyOrder.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
