"""What a conference needs of the machine and of the lines, as it is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.bridge.sharing import FEWEST_LEGS
from mixer.rules.addresses import Address, OutsideNumber, addresses
from mixer.rules.call_policy import CallPolicy, Ring

if TYPE_CHECKING:
    from confctl.settings import Settings
    from mixer.rules.model import Person, Plan


class Needs:
    """Counts calls as they are placed at the start: who is called at all numbers at once takes a line for each."""

    def __init__(self, settings: Settings) -> None:
        self._policy = CallPolicy(ring=settings.conference.ring, trunk=bool(settings.trunks))

    def calls(self, plan: Plan) -> int:
        """All of them."""
        return sum(len(self.first_called(person)) for person in plan.people)

    def lines(self, plan: Plan) -> int:
        """Those that go out through a trunk."""
        return sum(isinstance(at, OutsideNumber) for person in plan.people for at in self.first_called(person))

    def first_called(self, person: Person) -> tuple[Address, ...]:
        """Where, at the start; at the others only if nothing comes of these."""
        everywhere, choices = addresses(person), self._policy.choices(person)
        if self._policy.ring_of(person) is not Ring.ALL:
            choices = choices[:1]
        return tuple(everywhere[choice] for choice in choices)


def room_for_lines(settings: Settings) -> int | None:
    """Calls that the trunks take together; None where there is no limit, or no trunk."""
    limits = [trunk.max_calls for trunk in settings.trunks]
    known = [limit for limit in limits if limit is not None]
    return sum(known) if known and len(known) == len(limits) else None


def pairs_of_ports(settings: Settings) -> int:
    """For RTP and RTCP; phones share one where they can be told apart."""
    first, last = settings.media.first_port, settings.media.last_port
    return len(range(first + first % 2, last, 2))


def room_for_calls(settings: Settings) -> int:
    """Calls that the RTP ports are enough for, if no two of the phones are behind the same NAT."""
    return pairs_of_ports(settings) * FEWEST_LEGS
