"""A conference's line as its legs hear it: what the bridge is told, what another is told anew, what was heard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from media.prompt import Prompt
from mixer.bridge.protocol import AddLeg, Address, Codec, JoinRoom, Media, Mute, Play, RemoveLeg, StopPlaying
from mixer.bridge.standing import Standing
from mixer.rules.announcements import Announcements
from tests.mixer.house import GREETING, MUSIC

if TYPE_CHECKING:
    from mixer.rules.model import Person, Recorded

ALL = Announcements(20, True, True, True, True, True, True, True, True, True)
MEDIA = Media(Address("192.0.2.1", 4000), Codec.PCMU, 0, 101)
PROMPTS = list(Prompt)
ROOM = 1
SOUNDS = {
    "greeting": (GREETING,),
    "music": (MUSIC,),
    "notice": (100 + PROMPTS.index(Prompt.RECORDED),),
    "room": None,
}
PICK = st.sampled_from((0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7))
"""Which phone: more often the same, so that something becomes of it."""
ABOUT_VOICE = {Prompt.OWNER_MUTES_YOU: "silenced", Prompt.YOU_ARE_MUTED: "quiet", Prompt.YOU_ARE_HEARD: "heard"}
ABOUT_OWNER = {Prompt.OWNER_LEFT: "left", Prompt.OWNER_BACK: "back"}
ABOUT_ROLE = {Prompt.YOU_ARE_OWNER: "owner", Prompt.DEPUTY_LEADS: "led"}
BESIDE_WORDS = -9.0
"""dB, of the room beside what is announced."""


class Line:
    """The switchboard and the bridge, as far as a conference uses them."""

    def __init__(self) -> None:
        self.standing = Standing()
        self.numbers: dict[str, int] = {}
        self.rings: dict[str, str] = {}
        self.hung_up: set[str] = set()
        self.held: set[str] = set()
        self.said: dict[int, tuple[str, ...]] = {}
        self.volumes: dict[str, tuple[float, float]] = {}
        self._count, self._tokens = count(1), count(1)

    def add(self, leg: str) -> None:
        self.numbers[leg] = next(self._count)
        self.standing.note(AddLeg(self.numbers[leg], 1, MEDIA, 1, "us"))

    def now(self) -> dict[str, tuple[int | None, Play | None, bool]]:
        """What another bridge would be told of each leg: its room, what plays to it, whether it is muted."""
        room: dict[int, int | None] = {}
        play: dict[int, Play] = {}
        muted = set()
        for command, _ in self.standing.replay(1):
            match command:
                case JoinRoom(leg, number):
                    room[leg] = number
                case Play(leg):
                    play[leg] = command
                case Mute(leg, True):
                    muted.add(leg)
        return {leg: (room.get(each), play.get(each), each in muted) for leg, each in self.numbers.items()}

    # What a conference asks of it

    def dial(self, leg: str, person: Person, party: object, address: int = 0) -> None:
        self.add(leg)
        self.rings[leg] = person.number

    def hang_up(self, leg: str, reason: str) -> None:
        self.hung_up.add(leg)
        self.lose(leg)

    def lose(self, leg: str) -> None:
        self.rings.pop(leg, None)
        self.held.discard(leg)
        if (number := self.numbers.pop(leg, None)) is not None:
            self.standing.note(RemoveLeg(number))

    def number(self, leg: str) -> int | None:
        return self.numbers.get(leg)

    def hand_over(self, leg: str, party: object) -> None:
        pass

    def on_hold(self, leg: str) -> bool:
        return leg in self.held

    def say(self, leg: str, names: tuple[str, ...], /, *, loop: bool = False, room: float | None = None) -> int:
        sounds = tuple(100 + PROMPTS.index(Prompt(name)) for name in names)
        token = self.play(leg, sounds, loop=loop, room=room)
        self.said[token] = names
        return token

    def play(self, leg: str, sounds: tuple[int, ...], *, loop: bool = False, room: float | None = None) -> int:
        assert leg in self.numbers, "a leg that is gone is told nothing"
        token = next(self._tokens)
        self.standing.note(Play(self.numbers[leg], sounds, token, loop, room=room))
        return token

    def stop_playing(self, leg: str) -> None:
        self.standing.note(StopPlaying(self.numbers[leg]))

    def join(self, leg: str, room: int | None) -> None:
        self.standing.note(JoinRoom(self.numbers[leg], room))

    def mute(self, leg: str, muted: bool) -> None:
        if leg in self.numbers:
            self.standing.note(Mute(self.numbers[leg], muted))

    def turn(self, leg: str, listening: float, talking: float) -> None:
        self.volumes[leg] = listening, talking


class Tape:
    """Of a studio without recorders."""

    def __init__(self) -> None:
        self.rolls = False

    def tape(self, *_: object) -> Tape:
        return self

    def roll(self, how: Recorded) -> str | None:
        self.rolls = True
        return "take"

    def cut(self) -> bool:
        self.rolls = False
        return True

    def pause(self) -> None:
        self.rolls = False

    def enters(self, *_: object) -> None:
        pass

    leaves = enters


@dataclass
class Phone:
    """A leg that is in, as the machine knows it."""

    person: str | None
    owner: bool
    greeted: bool
    told: bool = False
    guarded: bool = False
    spared: bool = False
    silenced: bool = False
    quiet: bool = False
    voice: str = "heard"
    """What whoever listens believes of their own voice,"""
    believes: str = ""
    """and of the owner;"""
    owner_is: str = ""
    """which is this, if they were to be told of it."""
    notice: int = 0
    """The token of the notice that it hears, or heard last,"""
    deaf: bool = False
    """which began while it held the call."""
    since: float = 0.0
    """When it came, or had heard the greeting."""
    came_alone: bool = False
    """Into an empty conference."""
    louder: float = 0.0
    """dB, as its keys were pressed."""
    heard: int = 0
    """The token of what it heard last."""
    answer: int = 0
    """The token of what its keys were answered last: that is heard instead of the room."""
    role: str = ""
    """What they believe to have become,"""
    role_is: str = ""
    """and were to be told;"""
    tape: str = ""
    """What they believe of the recording, once they have heard that there is one, or was;"""
    tape_is: str = ""
    """and what they were to be told."""
