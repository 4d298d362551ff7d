"""What plays to the legs of a conference besides its room: prompts, the greeting, hold music.

What an event waits for, the greeting and the notice of a recording, is never cut short by anything told between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.prompt import TONES, Prompt
from mixer.call_rules import GreetingEnded
from mixer.conference import Sound
from mixer.recording_rules import NoticeEnded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.dial_in import Say
    from mixer.switchboard import Switchboard

ROOM_BESIDE_WORDS: Final = -9.0
"""dB: what is announced is understood, and so is who goes on speaking."""


@dataclass(frozen=True, slots=True)
class Played:
    """What plays to a leg and will end."""

    token: int
    then: GreetingEnded | NoticeEnded | None = None
    """What has happened when it ends; None where it is told besides."""
    warns: bool = False
    """It says that nobody hears the leg."""
    brought: bool = False
    """Somebody on the machine wants it to be heard."""


class Earpieces:
    """``room``, ``music`` and ``greeting`` are the bridge's numbers; ``greeting`` None where there is none to play.
    ``notice``: whether who comes into a recorded talk is told."""

    def __init__(
        self, switchboard: Switchboard, say: Say, *, room: int, music: int, greeting: int | None, notice: bool
    ) -> None:
        self._switchboard = switchboard
        self._say = say
        self._room = room
        self._music = music
        self._greeting = greeting
        self._notice = notice
        self._hears: dict[str, Sound] = {}
        self._playing: dict[str, Played] = {}

    def hear(self, leg: str, what: Sound) -> GreetingEnded | NoticeEnded | None:
        """From now on the leg hears this; what has happened by that already, where there is nothing to be played."""
        self._playing.pop(leg, None)
        self._hears[leg] = what
        match what:
            case Sound.PRESS_ONE:
                self._say(leg, (Prompt.PRESS_ONE,), loop=True)
            case Sound.GREETING:
                if self._greeting is None:  # its file can't be read any more: the call goes on without it
                    return GreetingEnded(leg)
                self._playing[leg] = Played(self._switchboard.play(leg, (self._greeting,)), GreetingEnded(leg))
            case Sound.MUSIC:
                self._switchboard.join(leg, None)
                self._play_music(leg)
            case Sound.NOTICE if not self._notice:
                return NoticeEnded(leg)
            case Sound.NOTICE:
                self._switchboard.join(leg, None)
                self._playing[leg] = Played(self._say(leg, (Prompt.RECORDED,)), NoticeEnded(leg))
            case Sound.ROOM:
                self._switchboard.join(leg, self._room)
                self._switchboard.stop_playing(leg)
        return None

    def listens(self, leg: str) -> bool:
        """Whether it can be told something: not while it hears what an event waits for."""
        return self._hears.get(leg) in (Sound.ROOM, Sound.MUSIC)

    def tell(self, leg: str, prompts: tuple[Prompt, ...]) -> None:
        """Instead of the room or the music, which go on afterwards; in the place of what was told before."""
        if self.listens(leg):
            self._playing[leg] = Played(self._say(leg, prompts))

    def announce(self, legs: Iterable[str], prompt: Prompt) -> None:
        """Beside the room, or instead of the music, to those who are told nothing else just now."""
        room = 0.0 if prompt in TONES else ROOM_BESIDE_WORDS
        for leg in legs:
            if self.listens(leg) and leg not in self._playing:
                beside = room if self._hears[leg] is Sound.ROOM else None
                self._playing[leg] = Played(self._say(leg, (prompt,), room=beside))

    def bring(self, legs: Iterable[str], sound: int | Prompt) -> int:
        """The same of what somebody on the machine wants to be heard; how many hear it."""
        there = [leg for leg in legs if self._hears.get(leg) in (Sound.ROOM, Sound.MUSIC)]
        for leg in there:
            token = self._say(leg, (sound,)) if isinstance(sound, Prompt) else self._switchboard.play(leg, (sound,))
            self._playing[leg] = Played(token, brought=True)
        return len(there)

    def take_away(self) -> int:
        """Nobody is to hear any more what was brought; how many did."""
        there = [leg for leg, playing in self._playing.items() if playing.brought]
        for leg in there:
            self.hush(leg)
        return len(there)

    def warn(self, leg: str) -> None:
        """Nobody hears it."""
        self._playing[leg] = Played(self._say(leg, (Prompt.MUTED,)), warns=True)

    def hush(self, leg: str) -> None:
        """What it is told, if anything, is over."""
        playing = self._playing.get(leg)
        if playing is not None and playing.then is None:
            del self._playing[leg]
            self._switchboard.stop_playing(leg)
            self._go_on(leg)

    def unmute(self, leg: str) -> None:
        """Whoever is heard again need not hear on that they aren't."""
        playing = self._playing.get(leg)
        if playing is not None and playing.warns:
            self.hush(leg)

    def finish(self, leg: str, token: int) -> Played | None:
        """A sound has come to its end; None: another has replaced it meanwhile."""
        playing = self._playing.get(leg)
        if playing is None or playing.token != token:
            return None
        del self._playing[leg]
        if playing.then is None:
            self._go_on(leg)
        return playing

    def forget(self, leg: str) -> None:
        self._playing.pop(leg, None)
        self._hears.pop(leg, None)

    def _go_on(self, leg: str) -> None:
        if self._hears.get(leg) is Sound.MUSIC:
            self._play_music(leg)

    def _play_music(self, leg: str) -> None:
        self._switchboard.play(leg, (self._music,), loop=True)
