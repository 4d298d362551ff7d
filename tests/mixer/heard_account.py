"""An account of what each phone of a conference is to hear, kept from what was done alone, never from the rules.

:mod:`tests.mixer.test_heard_in_any_order` tells it who did what; it says what each phone hears by that and was to be
told, who is missing, and whether the tape rolls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from media.prompt import TONES, Prompt, number
from mixer.rules.absence import Remedy
from mixer.rules.model import Recorded
from tests.mixer.heard_line import ABOUT_OWNER, ABOUT_ROLE, ABOUT_VOICE, BESIDE_WORDS, Line, Phone
from tests.mixer.rehearsal import ANNA, OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mixer.bridge.protocol import Play

DEPUTY = ANNA.number
PATIENCE = 60.0
"""Seconds for which an owner who has not come is waited for."""
EXTENSION = 900.0
LOUDEST = 12.0


@dataclass
class Account:
    line: Line
    people: frozenset[str]
    """By their first numbers."""
    greeted: bool
    """Whether a greeting is played."""
    wanted: Recorded
    began: float
    end: float
    remedy: Remedy | None
    """What is to be done about an owner who does not come; None: nothing."""
    phones: dict[str, Phone] = field(default_factory=dict)
    owner: str = OWNER.number
    stand_in: str | None = None
    others: bool = False
    """All but owners are silenced."""
    single: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """Who was silenced, or allowed to speak, by themselves; and whether as an owner."""
    locked: bool = False
    recorded: Recorded = Recorded.NOT
    departed: set[str] = field(default_factory=set)
    """Who has left of their own will, or was kicked, and is not back."""
    owner_was_in: bool = False
    ever_owner: bool = False
    were_in: set[str] = field(default_factory=set)
    moved: float = 0.0
    """When somebody came or left last."""

    def __post_init__(self) -> None:
        self.recorded = self.wanted

    def crash(self, line: Line) -> None:
        """Another mixer knows nothing but what was written; whoever is in answers it anew."""
        self.line, self.phones, self.owner_was_in, self.recorded = line, {}, False, self.wanted

    # Who is in

    def is_owner(self, number: str | None) -> bool:
        return number in (self.owner, self.stand_in) and number is not None

    def sit(self, name: str, number: str | None, owner: bool, now: float) -> None:
        phone = self.phones[name] = Phone(number, owner, greeted=not self.greeted, since=now)
        phone.silenced = self.should_be_silent(number or name, owner)
        phone.came_alone = len(self.phones) == 1
        self.departed.discard(number or "")
        self.moved = now

    def hear_greeting(self, name: str, now: float) -> None:
        phone = self.phones[name]
        phone.greeted, phone.since, self.moved = True, now, now
        phone.came_alone = len(self.phones) == 1

    def leave(self, name: str, now: float, *, lost: bool = False) -> None:
        phone = self.phones.pop(name)
        self.moved = now
        if phone.person is not None and not lost:
            self.departed.add(phone.person)

    def missing(self) -> set[str]:
        there = {phone.person for phone in self.phones.values()} | set(self.line.rings.values())
        return set(self.people - there - self.departed)

    def last_who_came(self, name: str) -> set[str]:
        """Of those whom the owner of this phone can kick: several, if they came at once."""
        others = {each: phone for each, phone in self.phones.items() if not phone.owner and each != name}
        last = max((phone.since for phone in others.values()), default=0.0)
        return {each for each, phone in others.items() if phone.since == last}

    # Owners

    @property
    def owner_in(self) -> bool:
        return any(phone.owner and phone.greeted for phone in self.phones.values())

    def hand_over(self, to: str) -> None:
        self.owner, self.stand_in = to, None
        self.single.pop(to, None)
        self.single = {whose: (silent, False) for whose, (silent, _) in self.single.items()}
        self.take_role(to, alone=True)
        self.silence_as_ordered()

    def take_role(self, number: str, *, alone: bool) -> None:
        """Who is this, an owner from now on, is told so, but not who holds the call; ``alone``: instead of others."""
        for name, phone in self.phones.items():
            becomes, ceases = phone.person == number and not phone.owner, alone and phone.person != number
            phone.owner = phone.person == number or (phone.owner and not alone)
            if becomes or ceases or not alone:
                phone.role = phone.role_is = ""
            if phone.greeted and name not in self.line.held and (becomes or (not alone and phone.person != number)):
                phone.role_is = "owner" if becomes else "led"

    def is_given_up(self, now: float) -> bool:
        """Nobody has been in as the owner, and no owner is on the way."""
        coming = any(phone.owner for phone in self.phones.values()) or any(map(self.is_owner, self.line.rings.values()))
        return not self.ever_owner and not coming and now >= self.began + PATIENCE

    def take_over(self, now: float) -> None:
        """The deputy stands in for who has not come."""
        there = any(phone.person == DEPUTY for phone in self.phones.values())
        if self.remedy is Remedy.DEPUTY and there and self.owner != DEPUTY and self.is_given_up(now):
            self.stand_in = DEPUTY
            self.single.pop(DEPUTY, None)
            self.take_role(DEPUTY, alone=False)
            self.silence_as_ordered()

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

    # Silence

    def silence_others(self, silent: bool) -> None:
        self.others = silent
        self.single = {whose: each for whose, each in self.single.items() if each[1]}
        self.silence_as_ordered()

    def silence_as_ordered(self) -> None:
        for name, phone in self.phones.items():
            phone.silenced = self.should_be_silent(phone.person or name, phone.owner)

    def should_be_silent(self, whose: str, owner: bool) -> bool:
        return self.single.get(whose, (self.others and not owner, False))[0]

    # The recording

    @property
    def taped(self) -> bool:
        told = any(phone.greeted and phone.told for phone in self.phones.values())
        return self.recorded is not Recorded.NOT and self.owner_in and told

    def record(self, how: Recorded) -> None:
        self.stop_tape(how)
        self.wanted = self.recorded = how
        for phone in self.phones.values():
            phone.told = phone.told and how is Recorded.NOT

    def stop_tape(self, how: Recorded) -> None:
        """Whoever is in is to know, if anything was recorded."""
        if self.taped and how is Recorded.NOT:
            for phone in self.phones.values():
                phone.tape_is = "off" if phone.greeted else phone.tape_is
        self.recorded = how

    # What is heard

    def base(self, phone: Phone) -> str:
        if not phone.greeted:
            return "greeting"
        if not self.owner_in:
            return "music"
        return "notice" if self.recorded is not Recorded.NOT and not phone.told else "room"

    def told(self, name: str) -> tuple[str, ...]:
        play = self.line.now()[name][1]
        return () if play is None else self.line.said.get(play.token, ())

    def free(self, *bases: str) -> list[str]:
        """Who hears this and nothing besides, and could be told something."""
        heard = self.line.now()
        idle = (name for name in self.phones if (play := heard[name][1]) is None or play.loop)
        return [name for name in idle if name not in self.line.held and self.base(self.phones[name]) in bases]

    def is_told_besides(self, name: str, base: str, play: Play | None) -> bool:
        """Words: the keys' answers and the warning instead of the room, others beside it; or instead of the music."""
        phone, names = self.phones[name], self.line.said.get(play.token, ()) if play else ()
        if play is None or play.loop or not names or base not in ("room", "music"):
            return False
        if names == (Prompt.FIRST,) and not phone.came_alone:
            return False
        if names == (Prompt.MUTED,) and not (phone.guarded or phone.silenced or phone.quiet):
            return False
        alone = base == "music" or play.token == phone.answer or names == (Prompt.MUTED,)
        return play.room == (None if alone else 0.0 if names[0] in TONES else BESIDE_WORDS)

    def is_announced(self, name: str, play: Play) -> bool:
        """What neither a key of this phone has asked for, nor somebody on the machine, nor its own music."""
        said = self.line.said.get(play.token, ())
        own = play.token == self.phones[name].answer or said in ((Prompt.MUTED,), (Prompt.GOOD_BYE,))
        return bool(said) and not own and self.base(self.phones[name]) in ("room", "music")

    def understand(self, name: str) -> None:
        """Whoever is at this phone believes what it is told."""
        phone = self.phones[name]
        for prompt in map(Prompt, self.told(name)):
            phone.voice = ABOUT_VOICE.get(prompt, phone.voice)
            phone.believes = ABOUT_OWNER.get(prompt, phone.believes)
            phone.role = ABOUT_ROLE.get(prompt, phone.role)
            phone.tape = "off" if prompt is Prompt.RECORDING_STOPPED else phone.tape

    # Keys

    def answer_to(self, name: str, keys: str, now: float) -> tuple[str, ...] | None:
        """What they do, and what the phone is told of it; None: it is not said here."""
        phone = self.phones[name]
        match keys:
            case "*1":
                return (self._answer_to_mute(phone),)
            case "*3":
                return (Prompt.PEOPLE_IN, *number(len(self.phones)))
            case "*66":
                before = phone.louder + 4
                phone.louder = min(LOUDEST, phone.louder + 8)
                return (Prompt.DONE if before < LOUDEST else Prompt.NOT_POSSIBLE,)
            case "*21" | "*22" | "*23" | "*24" | "*25" | "*26" if not phone.owner:
                return (Prompt.NOT_POSSIBLE,)
            case "*21":
                self.silence_others(not self.others)
                return (Prompt.OTHERS_MUTED if self.others else Prompt.OTHERS_HEARD,)
            case "*22":
                self.locked = not self.locked
                return (Prompt.NOW_LOCKED if self.locked else Prompt.NOW_UNLOCKED,)
            case "*23":
                return (Prompt.KICKED if self.last_who_came(name) else Prompt.NOT_POSSIBLE,)
            case "*24":
                return (Prompt.CALLING_AGAIN if self.missing() else Prompt.NOT_POSSIBLE,)
            case "*25" if self.recorded is Recorded.NOT:
                self.record(Recorded.MIXED)  # of which the notice tells
            case "*25":
                self.record(Recorded.NOT)
                phone.tape_is = "off"
                return (Prompt.RECORDING_STOPPED,)
            case "*26":
                self.end += EXTENSION
                return (Prompt.EXTENDED,)
        return None

    @staticmethod
    def _answer_to_mute(phone: Phone) -> Prompt:
        if not phone.quiet and phone.silenced:
            return Prompt.OWNER_MUTES_YOU
        phone.quiet = not phone.quiet
        if phone.quiet:
            return Prompt.YOU_ARE_MUTED
        return Prompt.OWNER_MUTES_YOU if phone.silenced else Prompt.YOU_ARE_HEARD

    def judge_answer(self, name: str, keys: str, answer: tuple[str, ...] | None) -> None:
        """Whoever presses a key listens to the answer."""
        if keys == "*":
            said = self.told(name)
            assert {label: label in said for label, _ in self.labels(name)} == dict(self.labels(name))
        elif answer is None:
            return
        else:
            assert self.told(name) == answer
        play = self.line.now()[name][1]
        self.phones[name].answer = play.token if play else 0
        if answer is not None and (answer[0] in ABOUT_VOICE or answer[0] == Prompt.RECORDING_STOPPED):
            self.understand(name)

    def labels(self, name: str) -> Iterator[tuple[str, bool]]:
        """What the menu must say, or must not."""
        phone = self.phones[name]
        yield "menu-unmute", phone.quiet
        yield "menu-mute", not phone.quiet and not phone.silenced
        yield "menu-leave", True
        yield "menu-unlock", phone.owner and self.locked
        yield "menu-lock", phone.owner and not self.locked
        yield "menu-unmute-others", phone.owner and self.others
        yield "menu-mute-others", phone.owner and not self.others
        yield "menu-stop-recording", phone.owner and self.recorded is not Recorded.NOT
        yield "menu-kick-last", phone.owner and bool(self.last_who_came(name))
        yield "menu-call-again", phone.owner and bool(self.missing())
