"""Transfers: another phone takes the place of one that is in (RFC 3891)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.admission import same_number
from mixer.running import Running
from mixer.transfer_rules import Transferred

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.model import Plan
    from mixer.settings import MixerSettings
    from mixer.switchboard import Switchboard
    from sip import effects
    from sip.agent import Agent


class Transfers:
    """``flush`` sends what a command left in the agent."""

    def __init__(
        self,
        settings: MixerSettings,
        agent: Agent,
        switchboard: Switchboard,
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._agent = agent
        self._switchboard = switchboard
        self._flush = flush
        self._clock = clock

    def replacing(self, event: effects.Incoming) -> None:
        """A call that asks to take the place of another, whose Call-ID and tags it knows: whoever was told them.

        Where only those are let in who are listed, it has to be one of them besides.
        """
        leg = self._switchboard.leg_of(event.replaces or "")
        if leg is None:
            self._reject(event, 481)
            return
        caller = event.account or event.asserted
        party = self._switchboard.party(leg)
        if isinstance(party, Running) and self._settings.listed_only and not _listed(party.plan, caller):
            self._reject(event, 403)
        elif self._switchboard.take_over(leg, event) and isinstance(party, Running):
            party.feed(Transferred(leg, caller or ""))

    def _reject(self, event: effects.Incoming, status: int) -> None:
        self._agent.reject(event.call, status, self._clock())
        self._flush()


def _listed(plan: Plan, caller: str | None) -> bool:
    numbers = (number for person in plan.people for number in person.numbers)
    return caller is not None and any(same_number(number, caller) for number in numbers)
