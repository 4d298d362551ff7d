"""Who owns transactions, as calls, subscriptions and trunks do.  What they want is done, and they hear of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sip.call import Call, Phase
from sip.deeds import Answer, Ask, Deed, LetGo
from sip.effects import Effect, Send
from sip.inquiries import Inquiries
from sip.notifier import Notifier
from sip.suspects import Suspects
from sip.timers import Schedule
from sip.transactions.layer import Acknowledged, Released, Reply, TransactionLayer, Unanswered
from sip.trunks import Trunks

if TYPE_CHECKING:
    from sip.calls import Calls
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.settings import AgentSettings
    from sip.throttle import Pending, Throttle, Unconfirmed


class Owners:
    """Each has a name of its own, by which its transactions are known."""

    def __init__(
        self, settings: AgentSettings, origin: Origin, calls: Calls, throttle: Throttle, pending: Pending
    ) -> None:
        self.layer = TransactionLayer(settings.timers)
        self.calls = calls
        self.notifier = Notifier(origin, self.do)
        self.trunks = Trunks(settings.trunks, origin)
        self.inquiries = Inquiries(origin)
        self.suspects = Suspects()
        self.effects: deque[Effect] = deque()
        self._origin = origin
        self._timers = settings.timers
        self._throttle = throttle
        self._pending = pending
        self._schedule: Schedule[str] = Schedule()

    def new_call(self) -> Call:
        return Call(self._origin.token(), self._origin, self._timers)

    def abandon(self, unconfirmed: Unconfirmed, now: float) -> None:
        """Without a word: whoever has called may never have been there."""
        self._pending.discard(unconfirmed.call)
        self.layer.forget(unconfirmed.transaction)
        if call := self.calls.get(unconfirmed.call):
            self.do(call.name, call.abandon(), now)
        self.settle(now)

    def peers(self) -> tuple[Peer, ...]:
        """Whom they talk to."""
        return (*self.layer.peers(), *self.calls.peers(), *self.notifier.peers(), *self.trunks.peers())

    def tick(self, now: float) -> None:
        self.layer.tick(now)
        self.settle(now)
        while (name := self._schedule.pop_due(now)) is not None:
            if name in self.notifier:
                self.do(name, self.notifier.tick(name, now), now)
            elif name in self.inquiries:
                self.do(name, self.inquiries.tick(name, now), now)
            else:
                part = self.calls.get(name) or self.trunks.get(name)
                assert part is not None  # what is over is woken no more
                self.do(name, part.tick(now), now)

    def deadline(self) -> float | None:
        """When :meth:`tick` is next needed; None when nothing is pending."""
        deadlines = (self.layer.deadline(), self._schedule.next())
        return min((at for at in deadlines if at is not None), default=None)

    def do(self, owner: str, deeds: list[Deed], now: float) -> None:
        self._carry_out(owner, deeds, now)
        self.settle(now)

    def _carry_out(self, owner: str, deeds: list[Deed], now: float) -> None:
        for deed in deeds:
            match deed:
                case Ask(request, peer):
                    self.layer.send(request, peer, owner, now)
                case Answer(transaction, response):
                    self.layer.respond(transaction, response, now)
                case LetGo(request, peer, seconds):
                    self.layer.let_go(request, now)
                    self.suspects.add(peer, now, seconds)
                case _:
                    self.effects.append(deed)
        self._look_after(owner)

    def settle(self, now: float) -> None:
        """Take up what the transactions report, until they report nothing more.

        In a loop, and nothing that it calls comes back here: a trunk whose connection breaks fails a thousand at once.
        """
        while self.layer.reports:
            report = self.layer.reports.popleft()
            match report:
                case Send():
                    self.effects.append(report)
                case Reply(owner, request, response, source):
                    if call := self.calls.get(owner):
                        self._carry_out(owner, call.replied(request, response, source, now), now)
                    elif trunk := self.trunks.get(owner):
                        self._carry_out(owner, trunk.receive(request, response, now), now)
                    elif owner in self.notifier:
                        self._carry_out(owner, self.notifier.replied(owner, request, response, now), now)
                    elif owner in self.inquiries:
                        self._carry_out(owner, self.inquiries.receive(owner, request, response), now)
                case Unanswered(owner, request, _) if owner in self.notifier:
                    self._carry_out(owner, self.notifier.unanswered(owner, request, now), now)
                case Unanswered(owner, request, status) if owner in self.inquiries:
                    self._carry_out(owner, self.inquiries.unanswered(owner, request, status, now), now)
                case Unanswered(owner, request, status):
                    if part := self.calls.get(owner) or self.trunks.get(owner):
                        self._carry_out(owner, part.unanswered(request, status, now), now)
                case Acknowledged(owner, ack):
                    if call := self.calls.get(owner):
                        self._carry_out(owner, call.acknowledged(ack), now)
                case Released(owner):
                    self._look_after(owner)

    def _look_after(self, owner: str) -> None:
        """When ``owner`` is to be woken next, and whether a call can be forgotten."""
        call = self.calls.get(owner)
        if call is None:
            self._schedule.set(owner, self._deadline(owner))
        elif call.phase is Phase.OVER and not self.layer.serves(owner):
            self.calls.remove(call)
            self._pending.discard(owner)
            self._throttle.call_over(call.local_tag)
            self._schedule.set(owner, None)
        else:
            if call.phase is Phase.TALKING:
                self._pending.discard(owner)
            if not self.layer.serves(owner):
                call.settle()
            self.calls.settle(call)
            self._schedule.set(owner, call.deadline())

    def _deadline(self, owner: str) -> float | None:
        """Of who is no call; None for who is over."""
        if trunk := self.trunks.get(owner):
            return trunk.deadline()
        return self.notifier.deadline(owner) if owner in self.notifier else self.inquiries.deadline(owner)
