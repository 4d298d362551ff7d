"""What everybody should hear, by what their phones have done, and what they heard instead.

Nothing is asked of the mixer but to whom it has given the owner's part: whoever has heard the greeting to its end is
in; the owner is in from then until their phone leaves; and so on.  So a rule that is wrong is found, however well the
rest of the mixer agrees with it.  Times are ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mixer.bridge.protocol import TICK
from mixer.phrases import Phrase
from mixer.rehearsal.hearing import AT_DOOR, ROOM, SILENCE, TURNED_AWAY, Fault, Listener, Phase
from mixer.rehearsal.repertoire import GREETING, MUSIC
from mixer.rehearsal.voices import HOLD_MUSIC

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mixer.rehearsal.hearing import Heard
    from mixer.rehearsal.repertoire import Repertoire

_AT_ONCE: Final = 6
"""100 ms, and the tick in which it is told."""
_TWICE: Final = 2
"""What is heard that must not be, and no shorter: sound on its way when somebody comes or goes is no fault."""
_GREETED_WITHIN: Final = 15
_ADMITTED_WITHIN: Final = 75
"""From the last key to the greeting, or to what there is instead."""
_NOTICED_WITHIN: Final = 36 * 50
"""A phone that vanishes is given up after 30 s."""
_WITHOUT: Final = "without"

_Found = tuple[Fault, tuple[int, Phrase]]
"""After how many ticks it is worth telling, and what is told."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that somebody should not have heard, or should have."""

    tick: int
    who: int
    what: Phrase


class Judge:
    """``names`` of the people, by their numbers, the owner's first; the greeting, if any, is in the ``repertoire``."""

    def __init__(self, names: Sequence[str], repertoire: Repertoire) -> None:
        self.wrong: list[Wrong] = []
        self.listeners: list[Listener] = []
        self._names = names
        self._repertoire = repertoire
        self._open: list[Listener] = []
        self._left: list[tuple[int, int]] = []
        """Who was in and has left lately, and when."""
        self._owners = {0}
        """Who has the owner's part."""
        self._owner: bool | None = False
        """Whether the owner is in; None: nobody can tell yet."""
        self._changed = 0
        """When that has changed."""
        self._quiet: set[int] = set()
        """Who may have muted themselves, or have been muted."""
        self._speaking: Collection[int] = ()
        """Whose voices can be told at this tick,"""
        self._to_be_heard: set[int] = set()
        """who of them everybody has to hear,"""
        self._inside: set[int] = set()
        """and who may be heard."""

    # What phones do

    def connected(self, who: int, *, tick: int, greeted: bool) -> Listener:
        """``greeted``: at once; else only when it is admitted."""
        by = tick + _GREETED_WITHIN if greeted else None
        listener = Listener(who, tick, by, greeted, place=self._repertoire.lead)
        self.listeners.append(listener)
        self._open.append(listener)
        return listener

    def appoint(self, who: int, *, alone: bool) -> None:
        """The mixer has noted that somebody has the owner's part, too or ``alone``."""
        self._owners = {who} if alone else self._owners | {who}

    def admitted(self, listener: Listener, tick: int) -> None:
        """It has keyed in what it was asked for."""
        listener.admitted, listener.greeted_by = True, tick + _ADMITTED_WITHIN

    def hold(self, listener: Listener, holding: bool, tick: int) -> None:
        listener.holding = holding
        self._interrupt(listener, tick)

    def vanish(self, listener: Listener, vanished: bool, tick: int) -> None:
        listener.vanished = tick if vanished else None
        self._interrupt(listener, tick)

    def _interrupt(self, listener: Listener, tick: int) -> None:
        """What it hears from now on is not what it heard before."""
        listener.since, listener.room_since, listener.last = tick, None, -1

    def pressed(self, listener: Listener, tick: int) -> None:
        """Keys in the conference may mute whoever presses them; the owner's, anybody."""
        if listener.phase is Phase.IN:
            everybody = listener.who in self._owners
            self._quiet.update(each.who for each in (self._open if everybody else (listener,)))

    def over(self, listener: Listener, tick: int) -> None:
        if listener.phase is Phase.IN:
            self._left.append((listener.who, tick))
        listener.phase, listener.left = Phase.OVER, tick
        self._open.remove(listener)

    # What they hear

    def hear(
        self, tick: int, heard: Iterable[tuple[Listener, Heard]], *, settled: bool, speaking: Collection[int]
    ) -> None:
        """All of a tick.  ``settled``: streams go on since the tick before; else nothing counts but what was played.
        ``speaking``: whose voices can be told now."""
        some = [(listener, each) for listener, each in heard if listener.phase is not Phase.OVER]
        for listener, each in some:
            self._count(listener, each, tick)
            self._follow(listener, each, tick)
        self._look_for_owner(tick)
        self._left = [(who, at) for who, at in self._left if tick - at <= 2 * _AT_ONCE]
        if not settled:
            for listener in self._open:
                listener.since = max(listener.since, tick)
            return
        self._speaking = speaking
        self._to_be_heard = {each.who for each in self._open if each.who in speaking and self._talks(each, tick)}
        self._inside = {each.who for each in self._open if self._may_be_in(each)} | {who for who, _ in self._left}
        for listener, each in some:
            if listener.phase is Phase.IN and not listener.holding and listener.vanished is None:
                self._weigh(listener, each, tick)

    def _count(self, listener: Listener, heard: Heard, tick: int) -> None:
        match listener.phase:
            case Phase.GREETING:
                kind = GREETING
            case Phase.IN if heard.kind == SILENCE and self._owner is not False:
                kind = ROOM
            case _:
                kind = heard.kind
        before = tick - 1 if listener.last < 0 else listener.last
        listener.seconds[kind] += (tick - before) * TICK
        listener.last = tick

    def _follow(self, listener: Listener, heard: Heard, tick: int) -> None:
        """Which phase it is in."""
        if listener.phase is Phase.DOOR:
            self._wait_at_door(listener, heard, tick)
        elif listener.phase is Phase.GREETING:
            self._greet(listener, heard, tick)
        if listener.phase is Phase.IN:
            in_room = heard.kind in (ROOM, SILENCE) and not listener.holding
            listener.room_since = (listener.room_since or tick) if in_room else None

    def _wait_at_door(self, listener: Listener, heard: Heard, tick: int) -> None:
        greets = bool(self._repertoire.greeting_frames)
        place = self._repertoire.place(heard.octets) if greets else None
        if place is not None:
            self._begin_greeting(listener, place, tick)
        elif heard.kind not in AT_DOOR:
            if greets:
                self._complain(listener, tick, _NO_GREETING.of())
            elif not listener.admitted:
                self._complain(listener, tick, _UNASKED.of())
            self._come_in(listener, tick)
        elif heard.kind in TURNED_AWAY:
            listener.greeted_by = None
        elif heard.kind == SILENCE and listener.greeted_by is not None and tick >= listener.greeted_by:
            if greets:
                self._complain(listener, tick, _NOTHING.of())
                listener.greeted_by = None
            else:  # the owner, and nobody else is there
                self._come_in(listener, tick)

    def _begin_greeting(self, listener: Listener, place: int, tick: int) -> None:
        missing = place - listener.place
        listener.phase, listener.place = Phase.GREETING, place + 1
        if missing > 0:
            self._complain(listener, tick, _MISSED.of(seconds=f"{missing * TICK:.2f}"))
        self._end_greeting(listener, tick)

    def _greet(self, listener: Listener, heard: Heard, tick: int) -> None:
        if listener.holding or listener.vanished is not None:
            return
        if self._repertoire.goes_on(heard.octets, heard.codec, listener.place):
            listener.place += 1
            self._end_greeting(listener, tick)
            return
        self._complain(
            listener,
            tick,
            _CUT.of(seconds=f"{listener.place * TICK:.2f}", of=f"{self._repertoire.greeting_frames * TICK:.2f}"),
        )
        self._come_in(listener, tick)

    def _end_greeting(self, listener: Listener, tick: int) -> None:
        if listener.place >= self._repertoire.greeting_frames:
            self._come_in(listener, tick + 1)

    def _come_in(self, listener: Listener, tick: int) -> None:
        listener.phase, listener.since, listener.was_in = Phase.IN, tick, True

    def _look_for_owner(self, tick: int) -> None:
        owners = [each for each in self._open if each.who in self._owners]
        sure = any(each.phase is Phase.IN and each.vanished is None for each in owners)
        perhaps = any(self._may_be_in(each) and tick - (each.vanished or tick) < _NOTICED_WITHIN for each in owners)
        there = True if sure else None if perhaps else False
        if there is not self._owner:
            self._owner, self._changed = there, tick

    def _may_be_in(self, listener: Listener) -> bool:
        """Without a greeting to hear to its end, nobody knows it at once of who is alone, and hears nothing."""
        waits = listener.phase is Phase.DOOR and listener.admitted and not self._repertoire.greeting_frames
        return listener.phase is Phase.IN or waits

    # What they should hear

    def _weigh(self, listener: Listener, heard: Heard, tick: int) -> None:
        """Of one who is in."""
        found = dict(self._faults(listener, heard, tick))
        for fault in [*listener.wrong]:
            if fault not in found and not (fault[0] == _WITHOUT and fault[1] not in self._speaking):
                del listener.wrong[fault]
        for fault, (patience, what) in found.items():
            listener.wrong[fault] += 1
            if listener.wrong[fault] == patience:
                self._complain(listener, tick - patience + 1, what)

    def _faults(self, listener: Listener, heard: Heard, tick: int) -> Iterable[_Found]:
        voices = heard.voices or frozenset()
        if listener.who in voices:
            yield ("own", listener.who), (_TWICE, _OWN_VOICE.of())
        if HOLD_MUSIC in voices:
            yield ("hold", HOLD_MUSIC), (_TWICE, _HOLD_MUSIC.of())
        if tick - max(listener.since, self._changed) < _AT_ONCE:
            return
        others = voices - {listener.who, HOLD_MUSIC}
        if self._owner is False:
            for who in others:
                yield ("voice", who), (_TWICE, _TOO_EARLY.of(who=self._names[who]))
            silent = heard.kind == SILENCE and not self._repertoire.music_pauses
            if silent or (heard.kind == ROOM and not others):
                yield ("no music", -1), (_AT_ONCE, _NO_MUSIC.of())
        elif self._owner:
            if heard.kind == MUSIC:
                yield ("music", -1), (_TWICE, _STILL_MUSIC.of())
            for who in others - self._inside:
                yield ("voice", who), (_TWICE, _NOT_IN.of(who=self._names[who]))
            if heard.kind in (ROOM, SILENCE) and heard.voices is not None:
                for who in self._to_be_heard - voices - {listener.who}:
                    yield (_WITHOUT, who), (_AT_ONCE, _NOT_HEARD.of(who=self._names[who]))

    def _talks(self, other: Listener, tick: int) -> bool:
        """Whether everybody in the room has to hear them by now."""
        if other.phase is not Phase.IN or other.holding or other.vanished is not None or other.pressing:
            return False
        there = other.room_since is not None and tick - max(other.room_since, other.since) >= _AT_ONCE
        return there and other.who not in self._quiet

    def _complain(self, listener: Listener, tick: int, what: Phrase) -> None:
        wrong = Wrong(tick, listener.who, what)
        if not any((each.who, each.what) == (wrong.who, wrong.what) for each in self.wrong):
            self.wrong.append(wrong)


_MISSED = Phrase("the first %(seconds)s s of the greeting are missing")
_NO_GREETING = Phrase("hears no greeting")
_CUT = Phrase("the greeting breaks off after %(seconds)s of %(of)s s")
_UNASKED = Phrase("is let in unasked")
_NOTHING = Phrase("hears nothing at all")
_OWN_VOICE = Phrase("hears their own voice")
_HOLD_MUSIC = Phrase("hears the hold music of a phone")
_TOO_EARLY = Phrase("hears %(who)s though the owner is not in")
_NO_MUSIC = Phrase("hears no music though the owner is not in")
_STILL_MUSIC = Phrase("still hears music though the owner is in")
_NOT_IN = Phrase("hears %(who)s, who is not in")
_NOT_HEARD = Phrase("doesn't hear %(who)s")
