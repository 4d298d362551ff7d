"""What plays to the legs of a conference besides its room: prompts, the greeting, hold music.

What an event waits for, the greeting and the notice of a recording, is never cut short by anything told between.
What is announced and matters afterwards is owed to a leg until it has heard it to the end, whatever it hears meanwhile,
and also while its phone holds the call: then nothing that we send is heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from media.prompt import TONES, Prompt
from mixer.rules.call_rules import GreetingEnded
from mixer.rules.conference import Sound
from mixer.rules.recording_rules import NoticeEnded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.dial_in import Say
    from mixer.portions import Portions
    from mixer.switchboard import Switchboard

ROOM_BESIDE_WORDS: Final = -9.0
"""dB: what is announced is understood, and so is who goes on speaking."""

_OWED: Final = {
    Prompt.OWNER_MUTES_YOU: "heard",
    Prompt.YOU_ARE_HEARD: "heard",
    Prompt.YOU_ARE_MUTED: "heard",
    Prompt.OWNER_LEFT: "owner",
    Prompt.OWNER_BACK: "owner",
    Prompt.RECORDING_STOPPED: "recorded",
    Prompt.DEPUTY_LEADS: "role",
    Prompt.YOU_ARE_OWNER: "role",
}
"""What it is about: of each, what was said last holds."""
_OF_NOW: Final = frozenset({Prompt.DEPUTY_LEADS, Prompt.YOU_ARE_OWNER})
"""Nothing takes it back, so it is not kept for who holds the call: the owner may have come by then."""
_NOT_YET: Final = -1
"""The token of what is to be played as soon as its turn comes."""


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
    announced: Prompt | None = None
    """What it is, if it is an announcement."""
    held: bool = False
    """It began while the phone held the call."""


class Earpieces:
    """``room``, ``music`` and ``greeting`` are the bridge's numbers; ``greeting`` None where there is none to play.
    ``notice``: whether who comes into a recorded talk is told."""

    def __init__(
        self,
        switchboard: Switchboard,
        say: Say,
        portions: Portions,
        *,
        room: int,
        music: int,
        greeting: int | None,
        notice: bool,
    ) -> None:
        self._switchboard = switchboard
        self._say = say
        self._portions = portions
        self._room = room
        self._music = music
        self._greeting = greeting
        self._notice = notice
        self._hears: dict[str, Sound] = {}
        self._playing: dict[str, Played] = {}
        self._owed: dict[str, tuple[Prompt, ...]] = {}
        """What legs have yet to be told."""

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
                self._give_notice(leg)
            case Sound.ROOM:
                self._switchboard.join(leg, self._room)
                self._switchboard.stop_playing(leg)
        self._tell_owed(leg)
        return None

    def _give_notice(self, leg: str) -> None:
        held = self._switchboard.on_hold(leg)
        self._playing[leg] = Played(self._say(leg, (Prompt.RECORDED,)), NoticeEnded(leg), held=held)

    def listens(self, leg: str) -> bool:
        """Whether it can be told something: not while it hears what an event waits for."""
        return self._hears.get(leg) in (Sound.ROOM, Sound.MUSIC)

    def tell(self, leg: str, prompts: tuple[Prompt, ...]) -> None:
        """Instead of the room or the music, which go on afterwards; in the place of what was told before."""
        if self.listens(leg):
            for prompt in prompts:
                self._owe(leg, _OWED.get(prompt))
            self._playing[leg] = Played(self._say(leg, prompts))

    def announce(self, leg: str, prompt: Prompt) -> None:
        """Beside the room, or instead of the music; not while it is told something else, unless that is a tone."""
        held = self._switchboard.on_hold(leg)
        if prompt in _OWED and leg in self._hears and not (held and prompt in _OF_NOW):
            self._owe(leg, _OWED[prompt], prompt)
        playing = self._playing.get(leg)
        free = playing is None or (playing.announced in TONES and prompt not in TONES)
        if free and self.listens(leg) and not held:
            self._say_beside(leg, prompt)

    def catch_up(self) -> None:
        """To be called now and then: whoever has taken the call up again is told what they have missed."""
        for leg in tuple(self._owed):
            self._tell_owed(leg)

    def _say_beside(self, leg: str, prompt: Prompt) -> None:
        self._playing[leg] = Played(self._say(leg, (prompt,), room=self._beside(leg, prompt)), announced=prompt)

    def _beside(self, leg: str, sound: int | Prompt) -> float | None:
        """How loud the room is while this is heard; None where there is only music, which it replaces."""
        if self._hears[leg] is not Sound.ROOM:
            return None
        return 0.0 if sound in TONES else ROOM_BESIDE_WORDS

    def _owe(self, leg: str, about: str | None, *prompts: Prompt) -> None:
        """These, and what is owed about other things."""
        owed = (*(each for each in self._owed.get(leg, ()) if _OWED[each] != about), *prompts)
        if owed:
            self._owed[leg] = owed
        else:
            self._owed.pop(leg, None)

    def _tell_owed(self, leg: str) -> bool:
        """The first of it, if it can be told now."""
        owed = self._owed.get(leg)
        if not owed or leg in self._playing or not self.listens(leg) or self._switchboard.on_hold(leg):
            return False
        self._say_beside(leg, owed[0])
        return True

    def bring(self, legs: Iterable[str], sound: int | Prompt) -> int:
        """What somebody on the machine wants to be heard, beside the room or instead of the music; to how many."""
        there = {leg: Played(_NOT_YET, brought=True) for leg in legs if self.listens(leg)}
        self._playing.update(there)
        self._portions.do(partial(self._bring, leg, played, sound) for leg, played in there.items())
        return len(there)

    def _bring(self, leg: str, played: Played, sound: int | Prompt) -> None:
        """Unless it is not to be heard any more."""
        if self._playing.get(leg) is played:
            room = self._beside(leg, sound)
            if isinstance(sound, Prompt):
                token = self._say(leg, (sound,), room=room)
            else:
                token = self._switchboard.play(leg, (sound,), room=room)
            self._playing[leg] = Played(token, brought=True)

    def take_away(self) -> int:
        """Nobody is to hear any more what was brought; how many did."""
        there = [leg for leg, playing in self._playing.items() if playing.brought]
        for leg in there:
            del self._playing[leg]
        self._portions.do(partial(self._take_away, leg) for leg in there)
        return len(there)

    def _take_away(self, leg: str) -> None:
        """Unless it hears something else by now."""
        if leg not in self._playing and self.listens(leg):
            self._switchboard.stop_playing(leg)
            self._go_on(leg)

    def warn(self, leg: str) -> None:
        """Nobody hears it."""
        self._playing[leg] = Played(self._say(leg, (Prompt.MUTED,)), warns=True)

    def hush(self, leg: str) -> None:
        """What it is told, if anything, is over; what is announced to it besides is not."""
        playing = self._playing.get(leg)
        if playing is not None and playing.then is None and playing.announced is None:
            del self._playing[leg]
            self._switchboard.stop_playing(leg)
            self._go_on(leg)

    def unmute(self, leg: str) -> None:
        """Whoever is heard again need not hear on that they aren't."""
        playing = self._playing.get(leg)
        if playing is not None and playing.warns:
            self.hush(leg)

    def finish(self, leg: str, token: int) -> Played | None:
        """A sound has come to its end; None: another has replaced it meanwhile, or nobody was there to hear it."""
        playing = self._playing.get(leg)
        if playing is None or playing.token != token:
            return None
        del self._playing[leg]
        held = playing.held or self._switchboard.on_hold(leg)
        if isinstance(playing.then, NoticeEnded) and held:
            self._give_notice(leg)  # nobody is in a recorded talk who has not been told
            return None
        if isinstance(playing.then, NoticeEnded):
            self._owe(leg, "recorded")
        if playing.announced is not None and not held:
            self._owed[leg] = tuple(each for each in self._owed.get(leg, ()) if each is not playing.announced)
            self._owe(leg, None)
        if playing.then is None:
            self._go_on(leg)
        return playing

    def forget(self, leg: str) -> None:
        self._playing.pop(leg, None)
        self._hears.pop(leg, None)
        self._owed.pop(leg, None)

    def _go_on(self, leg: str) -> None:
        if not self._tell_owed(leg) and self._hears.get(leg) is Sound.MUSIC:
            self._play_music(leg)

    def _play_music(self, leg: str) -> None:
        self._switchboard.play(leg, (self._music,), loop=True)
