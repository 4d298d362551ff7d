"""The people of a rehearsal: each has the phones that the directory says, and does what the scene says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mixer.phrases import Phrase
from mixer.rehearsal.hearing import Phase
from mixer.rehearsal.scene import LOST_SECONDS, DialIn, Drop, Hold, Leave, Press, Way
from sip.headers import NameAddr
from sip.uri import Uri, escape_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.rehearsal.floor import Floor
    from mixer.rehearsal.hearing import Listener
    from mixer.rehearsal.judge import Judge
    from mixer.rehearsal.phone import Call, Phone
    from mixer.rehearsal.scene import Deed, Part
    from mixer.rules.model import Person, Plan

_THINKING: Final = 3.0
"""Seconds from being connected to the first key."""
_AGAIN: Final = 8.0
"""From a wrong code to the right one: by then one has heard that it was wrong."""
_PRESSES_ONE: Final = 2.0
_MAILBOX: Final = 20.0
_KEY_SECONDS: Final = 0.26
_NOT_LET_IN: Final = Phrase("is not let in")
_REFUSED: Final = Phrase("is not let in: %(status)s %(reason)s")
_STATUS: Final = {Way.BUSY: 486, Way.DECLINES: 603, Way.UNREACHABLE: 480}


@dataclass(slots=True)
class Door:
    """How the conference is dialled."""

    number: str
    host: str
    asks: Callable[[Person, int], bool]
    """Whether who answers at this one of their addresses has to press 1."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that somebody did."""

    at: float
    """On the loop's clock."""
    what: Phrase


@dataclass(eq=False)
class Actor:
    """One person, number ``who`` of the voices."""

    who: int
    person: Person
    part: Part
    plan: Plan
    start: float
    """Of the conference, on the loop's clock."""
    door: Door
    floor: Floor
    judge: Judge
    stir: Callable[[], None]
    """Something is about to be heard otherwise."""
    tick: Callable[[], int]
    phones: list[Phone] = field(default_factory=list)
    """One for each of their addresses, in that order."""
    caller: Phone | None = None
    """The one to dial in with."""
    moments: list[Moment] = field(default_factory=list)
    rang: list[float] = field(default_factory=list)
    """When calls came."""
    turned_away: list[Moment] = field(default_factory=list)
    """Calls of their own that did not lead into the conference."""
    hung_up_on: list[float] = field(default_factory=list)
    """When the mixer has ended a call in which they were in."""
    _wrong_first: bool = False
    _talks: dict[Call, Listener] = field(default_factory=dict)

    def begin(self) -> None:
        """What they will do, in its time."""
        for phone in self.phones:
            phone.away = self.part.way_at(0) is Way.UNREACHABLE and phone.behind is None
            if not phone.away:
                phone.register()
        if self.part.way is Way.UNREACHABLE and self.part.until < float("inf"):
            self._at(self.part.until, self._switch_on)
        for deed in self.part.deeds:
            self._at(deed.at, self._do, deed)

    @property
    def in_calls(self) -> bool:
        return bool(self._talks)

    @property
    def is_owner(self) -> bool:
        return self.person.number == self.plan.owner.number

    def _at(self, moment: float, do: Callable[..., None], *arguments: object) -> None:
        asyncio.get_running_loop().call_at(max(self.start + moment, self._now()), do, *arguments)

    def _after(self, seconds: float, do: Callable[..., None], *arguments: object) -> None:
        asyncio.get_running_loop().call_later(seconds, do, *arguments)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _note(self, what: Phrase, **values: object) -> None:
        self.moments.append(Moment(self._now(), what.of(who=self.person.name, **values)))

    # Calls of the mixer

    def rung(self, call: Call) -> None:
        self.rang.append(self._now())
        way = self.part.way_at(self._now() - self.start)
        if status := _STATUS.get(way):
            call.phone.reject(call, status)
            return
        call.phone.ring(call)
        if way in (Way.ANSWERS, Way.MAILBOX):
            self._after(self.part.answers_after, self._pick_up, call)

    def _pick_up(self, call: Call) -> None:
        if not self._talks and call in call.phone.calls and not call.phone.away:
            self.stir()
            call.phone.pick_up(call)

    def taken_back(self, call: Call) -> None:
        """It rings no more."""

    def connected(self, call: Call) -> None:
        asked = not call.dialled and self.door.asks(self.person, self.phones.index(call.phone))
        self.stir()
        listener = self.judge.connected(self.who, tick=self.tick(), greeted=not call.dialled and not asked)
        self._talks[call] = listener
        self.floor.enter(call, listener)
        if call.dialled:
            self._after(_THINKING, self._key_in, call)
        elif self.part.way_at(self._now() - self.start) is Way.MAILBOX:
            self._after(_MAILBOX, self._hang_up, call)
        elif asked:
            self._after(_PRESSES_ONE, self._press, call, "1")

    def refused(self, call: Call, status: int, reason: str) -> None:
        self.turned_away.append(Moment(self._now(), _REFUSED.of(status=status, reason=reason)))

    def over(self, call: Call) -> None:
        phase = self._talks[call].phase
        self._forget(call)
        if phase is not Phase.DOOR:
            self.hung_up_on.append(self._now())
        elif call.dialled:
            self.turned_away.append(Moment(self._now(), _NOT_LET_IN))

    def _forget(self, call: Call) -> None:
        self.stir()
        self.floor.leave(call)
        self.judge.over(self._talks.pop(call), self.tick())

    # What they do

    def _do(self, deed: Deed) -> None:
        match deed:
            case DialIn(_, wrong_first):
                self._dial_in(wrong_first=wrong_first)
            case Hold(_, seconds):
                for call in [*self._talks]:
                    self._note(Phrase("%(who)s puts the call on hold"))
                    self._hold(call, True)
                    self._after(seconds, self._resume, call)
            case Drop(_, seconds):
                self._drop(seconds)
            case Leave():
                for call in [*self._talks]:
                    self._hang_up(call)
            case Press(_, keys):
                for call, listener in [*self._talks.items()]:
                    self._note(Phrase("%(who)s presses %(keys)s"), keys=keys)
                    self.judge.pressed(listener, self.tick())
                    self._press(call, keys, admits=False)

    def _dial_in(self, *, wrong_first: bool) -> None:
        if self.caller is None or self._talks:
            return
        if self.part.way is Way.UNREACHABLE:
            self._switch_on()
        self._note(Phrase("%(who)s dials the conference number"))
        self._wrong_first = wrong_first
        target = Uri("sip", user=escape_user(self.door.number), host=self.door.host)
        self.caller.call(target, *self.caller_id())

    def caller_id(self) -> tuple[NameAddr, tuple[tuple[str, str], ...]]:
        """Who the phone that dials in says it is."""
        assert self.caller is not None
        phone = self.caller
        if phone.login is not None:
            return NameAddr(Uri("sip", user=escape_user(phone.login[0]), host=self.door.host), self.person.name), ()
        asserted = NameAddr(Uri("sip", user=escape_user(self.person.numbers[-1]), host=phone.at))
        return asserted, (("P-Asserted-Identity", str(asserted)),)

    def _key_in(self, call: Call) -> None:
        if call not in self._talks:
            return
        code = self.plan.owner_code if self.is_owner else self.plan.code
        if self._wrong_first:
            self._wrong_first = False
            self._note(Phrase("%(who)s keys in a wrong code"))
            self._press(call, f"{code[:-1]}{(int(code[-1]) + 5) % 10}*", admits=False)
            self._after(_KEY_SECONDS * (len(code) + 1) + _AGAIN, self._key_in, call)
            return
        self._note(Phrase("%(who)s keys in the code"))
        self._press(call, f"{code}*")

    def _press(self, call: Call, keys: str, *, admits: bool = True) -> None:
        """``admits``: whether these keys are what is asked for."""
        if call in self._talks:
            self.stir()
            call.press(keys)
            if admits:
                self._after(_KEY_SECONDS * (len(keys) - 1), self._admitted, call)

    def _admitted(self, call: Call) -> None:
        if call in self._talks:
            self.judge.admitted(self._talks[call], self.tick())

    def _hold(self, call: Call, holding: bool) -> None:
        self.stir()
        self.judge.hold(self._talks[call], holding, self.tick())
        call.phone.hold(call, holding)

    def _resume(self, call: Call) -> None:
        if call in self._talks:
            self._note(Phrase("%(who)s takes the call up again"))
            self._hold(call, False)

    def _hang_up(self, call: Call) -> None:
        if call in self._talks:
            self._forget(call)
            call.phone.hang_up(call)

    def _drop(self, seconds: float) -> None:
        if not self._talks:
            return
        self._note(Phrase("%(who)s has no network any more"))
        self.stir()
        for phone in self.phones:
            phone.away = True
        for listener in self._talks.values():
            self.judge.vanish(listener, True, self.tick())
        self._after(seconds, self._come_back, seconds < LOST_SECONDS)

    def _come_back(self, goes_on: bool) -> None:
        self._note(Phrase("%(who)s has a network again"))
        self.stir()
        for phone in self.phones:
            phone.away = False
        for call, listener in [*self._talks.items()]:
            if goes_on:
                self.judge.vanish(listener, False, self.tick())
            else:
                self._hang_up(call)

    def _switch_on(self) -> None:
        for phone in self.phones:
            phone.away = False
            phone.register()
