"""What phones ask for from inside a conference: transfers, and, of its owner, whom to call and whom to drop.

A transfer puts another phone in the place of one that is in: by a call that says so (RFC 3891), or by a REFER upon
which we call that phone (RFC 3515, RFC 5589).  Whom we call is somebody of the directory or the book, whatever the
REFER says; what it asks for beyond that is refused, and dials nothing.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mixer.addressing import Unreachable
from mixer.bridge.ports import PortsExhausted
from mixer.call_log import of_call
from mixer.party import LegEvent, NotReached, Rang
from mixer.people_by_uri import person_named
from mixer.phrases import Phrase
from mixer.rules.acts import Acted, CallIn, Kick
from mixer.rules.transfer_rules import Transferred
from mixer.running import Running
from sip import effects
from sip.errors import RemoteError
from sip.reasons import REASONS
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mixer.addressing import Directory
    from mixer.focus import Focus
    from mixer.line import Relief
    from mixer.rules.model import Person
    from mixer.rules.roster import Leg
    from mixer.settings import MixerSettings
    from mixer.switchboard import Switchboard
    from sip.agent import Agent
    from sip.replaces import Replaces

_log = logging.getLogger(__name__)

RING_SECONDS: Final = 30.0
"""How long the phone rings that is to come in the place of another: whoever transfers waits for it."""


@dataclass(slots=True)
class _Move:
    """A leg that is to go on with another phone, which is being called."""

    leg: str
    running: Running
    referral: str
    person: Person
    relief: Relief | None = None
    """The call to that phone, as soon as it is placed."""
    placing: asyncio.Task[None] | None = None
    patience: asyncio.TimerHandle | None = None
    parted: bool = False
    """The former phone has hung up already."""


@dataclass(frozen=True, slots=True)
class _Guest:
    """A call to somebody whom an owner wants in."""

    referral: str
    """Whose sender hears how it goes."""
    running: Running
    person: str
    failure: tuple[int, str | None] = (487, None)
    """What is said of it should nothing have come of any."""


class Transfers:
    """``ours``: the hosts that mean us, in lower case; ``flush`` sends what a command left in the agent."""

    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        switchboard: Switchboard,
        focus: Focus,
        *,
        directory: Directory,
        ours: Collection[str],
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._agent = agent
        self._switchboard = switchboard
        self._replacement = switchboard.replacement
        self._focus = focus
        self._directory = directory
        self._flush = flush
        self._clock = clock
        trunks = (Uri.parse(trunk.uri).host for trunk in settings.trunks)
        self._hosts = frozenset((*ours, *(host.lower() for host in trunks)))
        self._moves: dict[str, _Move] = {}
        """By leg."""
        self._guests: dict[str, _Guest] = {}
        """By leg: those that ring because an owner wants it."""

    # What the agent and the conferences tell

    def signalled(self, effect: effects.Effect) -> bool:
        """An effect of the agent.  True: it was about a transfer, and is nobody else's."""
        if isinstance(effect, effects.Referred):
            self._refer(effect)
            return True
        call = getattr(effect, "call", None)
        move = next((each for each in self._moves.values() if each.relief and each.relief.call == call), None)
        if move is not None:
            self._go_on(move, effect)
            return True
        leg = self._switchboard.leg_of(effect.call) if isinstance(effect, effects.Ended) else None
        if leg is not None and leg in self._moves:
            self._moves[leg].parted = True
            self._replacement.part(leg)
            return True
        return False

    def watch(self, running: Running, event: LegEvent | None) -> None:
        match event:
            case Rang(leg) if leg in self._guests:
                self._agent.notifier.progress(self._guests[leg].referral, 180, self._clock())
            case NotReached(leg, status, reason) if leg in self._guests:  # another phone of theirs may ring next
                self._guests[leg] = replace(self._guests[leg], failure=(status, reason))
            case None if self._moves or self._guests:
                self._look_again(running)
            case _:
                pass

    # Calls that ask for the place of another

    def replacing(self, event: effects.Incoming) -> None:
        """Whoever knows a call's Call-ID and tags was told them by one of the two.

        Where only those are let in who are listed, it has to be one of them besides.
        """
        leg = self._switchboard.leg_of(event.replaces or "")
        if leg is None:
            self._reject(event, 481)
            return
        caller = self._switchboard.caller_of(event)
        party = self._switchboard.party(leg)
        listed = isinstance(party, Running) and caller is not None and party.plan.whose(caller) is not None
        if isinstance(party, Running) and self.settings.listed_only and not listed:
            self._reject(event, 403)
        elif self._replacement.take_over(leg, event) and isinstance(party, Running):
            if (move := self._moves.get(leg)) is not None:  # who is there now has asked for nothing
                self._call_off(move)
            party.feed(Transferred(leg, caller or ""))

    def _reject(self, event: effects.Incoming, status: int) -> None:
        self._agent.reject(event.call, status, self._clock())
        self._flush()

    # REFER

    def _refer(self, event: effects.Referred) -> None:
        status = self._follow(event)
        if status is not None:
            self._tell_refused(event, status)
            self._agent.notifier.deny(event.subscription, status, self._clock())
        self._flush()

    def _tell_refused(self, event: effects.Referred, status: int) -> None:
        """In a call, or of a phone that has proven who it is: of strangers there may be any number."""
        leg = None if event.call is None else self._switchboard.leg_of(event.call)
        if leg is None and event.account is None:
            return
        known = self._directory.by_number(event.account or self._switchboard.caller(leg or "") or "")
        who = Phrase("a caller") if known is None else known.name
        refused = Phrase("%(who)s asks for a transfer, or for somebody to be called or dropped: refused (%(why)s)")
        _log.info("%s", refused.of(who=who, why=f"{status} {REASONS[status]}"), extra=of_call(leg))

    def _follow(self, event: effects.Referred) -> int | None:
        """The status of a refusal; None: it is being done."""
        leg = self._focus.leg_of(event.call, event.target, event.account, None)
        running = None if leg is None else self._switchboard.party(leg)
        known = running.conference.legs.get(leg or "") if isinstance(running, Running) else None
        if not isinstance(running, Running) or known is None or known.called:
            return 404 if event.call is None else 403
        if event.referral.method == "BYE":
            return self._drop(running, known, event)
        hosts = self._hosts | {event.target.host.lower()}
        person = person_named(event.referral.target, running.plan, self._directory, hosts, self._account_at)
        if event.referral.method != "INVITE" or person is None or known.person is None:
            return 403  # guests have nobody called, and nobody has a stranger called
        if known.owner and event.referral.replaces is None:
            self._add(running, known, person, event)
            return None
        if event.call is None or known.name in self._moves:
            return 403 if event.call is None else 491
        self._move(_Move(known.name, running, event.subscription, person), event.referral.replaces)
        return None

    def _account_at(self, contact: Uri) -> str | None:
        return self._agent.registrar.account_at(contact, self._clock())

    # The owner's guests

    def _drop(self, running: Running, owner: Leg, event: effects.Referred) -> int | None:
        leg = self._focus.leg_named(running, event.referral.target) if owner.owner else None
        if leg is None:
            return 403
        self._agent.notifier.admit(event.subscription, self._clock())
        running.feed(Acted(Kick((leg,)), owner.name))
        self._agent.notifier.progress(event.subscription, 200, self._clock())
        return None

    def _add(self, running: Running, owner: Leg, person: Person, event: effects.Referred) -> None:
        self._agent.notifier.admit(event.subscription, self._clock())
        running.feed(Acted(CallIn(person), owner.name))
        theirs = [leg for leg in running.conference.legs.values() if leg.person == person.number]
        if any(not leg.called for leg in theirs):
            self._agent.notifier.progress(event.subscription, 200, self._clock())
        elif not theirs:
            self._agent.notifier.progress(event.subscription, 480, self._clock())
        for leg in theirs:
            if leg.called:
                self._guests[leg.name] = _Guest(event.subscription, running, person.number)

    def _tell_of_guest(self, guest: _Guest, status: int, reason: str | None) -> None:
        """The last that is told of them."""
        self._guests = {leg: each for leg, each in self._guests.items() if each.referral != guest.referral}
        self._agent.notifier.progress(guest.referral, status, self._clock(), reason)

    def _follow_guest(self, leg: str) -> None:
        """This call to them is over; while they are called at another phone, nothing is told."""
        guest = self._guests.pop(leg)
        theirs = [each for each in guest.running.conference.legs.values() if each.person == guest.person]
        if any(not each.called for each in theirs):
            self._tell_of_guest(guest, 200, None)
        elif not theirs:
            self._tell_of_guest(guest, *guest.failure)
        for each in theirs:
            if each.called:
                self._guests.setdefault(each.name, guest)

    # A leg that goes on with another phone

    def _move(self, move: _Move, replaces: Replaces | None) -> None:
        self._moves[move.leg] = move
        self._agent.notifier.admit(move.referral, self._clock())
        move.placing = asyncio.create_task(self._place(move, replaces))
        move.patience = asyncio.get_running_loop().call_later(RING_SECONDS, self._lose_patience, move)

    async def _place(self, move: _Move, replaces: Replaces | None) -> None:
        headers = () if replaces is None else (("Replaces", str(replaces)), ("Require", "replaces"))
        try:
            move.relief = await self._replacement.dial_instead(move.leg, move.person, headers)
        except Unreachable as error:
            self._end(move, 480, error.reason)
        except (RemoteError, PortsExhausted) as error:
            self._end(move, 503, str(error))
        except Exception:  # noqa: BLE001  a mistake of ours costs this transfer, and not the call
            _log.exception("%s can't be called", move.person.name, extra=of_call(move.leg))
            self._end(move, 500, None)

    def _lose_patience(self, move: _Move) -> None:
        self._end(move, 408, None)

    def _go_on(self, move: _Move, effect: effects.Effect) -> None:
        match effect:
            case effects.Ringing():
                self._agent.notifier.progress(move.referral, 180, self._clock())
            case effects.Refused(_, status, reason):
                self._end(move, status, reason)
            case effects.Answered():
                self._hand_on(move, effect)
            case _:
                pass

    def _hand_on(self, move: _Move, event: effects.Answered) -> None:
        relief = move.relief
        assert relief is not None  # it is what has answered
        try:
            self._replacement.accept_instead(move.leg, relief.path, event)
        except RemoteError as error:
            self._end(move, error.status, error.reason)
            return
        move.relief = None
        self._finish(move)
        self._agent.notifier.progress(move.referral, 200, self._clock())  # before our BYE: then nobody reads it
        self._replacement.carry_on(move.leg, relief)
        move.running.feed(Transferred(move.leg, move.person.number))

    def _end(self, move: _Move, status: int, reason: str | None) -> None:
        """It came to nothing: the call goes on as it was, if its phone is still there."""
        failed = Phrase("the transfer to %(who)s comes to nothing (%(why)s)")
        why = f"{status} {reason or REASONS.get(status, '')}".rstrip()  # a phone may say any
        _log.info("%s", failed.of(who=move.person.name, why=why), extra=of_call(move.leg, move.running.plan))
        self._finish(move)
        self._agent.notifier.progress(move.referral, status, self._clock(), reason)
        if move.parted:
            self._replacement.lose(move.leg, "transferred to nobody")
        self._flush()

    def _call_off(self, move: _Move) -> None:
        self._finish(move)
        self._agent.notifier.progress(move.referral, 487, self._clock())
        self._flush()

    def _finish(self, move: _Move) -> None:
        del self._moves[move.leg]
        if move.patience is not None:
            move.patience.cancel()
        if move.relief is not None:
            self._replacement.dismiss(move.relief)
        elif move.placing is not None and move.placing is not asyncio.current_task():
            move.placing.cancel()

    def _look_again(self, running: Running) -> None:
        """A leg that is not there any more goes on with nobody; and guests may have come, or not."""
        legs = running.conference.legs
        for move in [each for each in self._moves.values() if each.running is running and each.leg not in legs]:
            self._call_off(move)
        for leg in [name for name, guest in self._guests.items() if guest.running is running]:
            known, guest = legs.get(leg), self._guests.get(leg)
            if guest is not None and known is None:
                self._follow_guest(leg)
            elif guest is not None and known is not None and not known.called:  # a mailbox doesn't press 1
                self._tell_of_guest(guest, 200, None)
