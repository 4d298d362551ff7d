"""Two agents that both change their call, over a link that loses, doubles and disorders, end in the same state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sip.effects import Answered, Changed, Effect, Ended, Incoming, Offered, Refused
from sip.uri import Uri
from tests.sip.link import ALICE, OFFER, Host, Network
from tests.sip.test_two_agents import assert_nothing_left

if TYPE_CHECKING:
    from sip.agent import Agent

TARGET = Uri.parse("sip:bob@10.0.0.2")


@dataclass
class Talker:
    """What one side knows of the call: its own description, and theirs."""

    first_port: int
    call: str = ""
    mine: bytes = b""
    theirs: bytes = b""
    over: bool = False
    made: int = 0

    def describe(self) -> bytes:
        """Another one each time."""
        self.made += 1
        return OFFER.replace(b"4000", b"%d" % (self.first_port + self.made))

    def react(self, agent: Agent, effect: Effect, now: float) -> None:
        match effect:
            case Incoming(call=call, offer=offer):
                self.call = call
                agent.ring(call, now)
                self.accept(agent, offer, now)
            case Offered(sdp=offer):
                self.accept(agent, offer, now)
            case Answered(sdp=answer):
                self.theirs = answer
            case Changed(offer=offer, sdp=answer):
                self.mine, self.theirs = offer, answer
            case Ended() | Refused():
                assert not self.over, "told once"
                self.over = True

    def accept(self, agent: Agent, offer: bytes | None, now: float) -> None:
        assert offer is not None
        self.mine, self.theirs = self.describe(), offer
        agent.accept(self.call, self.mine, now)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["alice offers", "bob offers", "both offer", "alice leaves", "bob leaves"]),
        st.sampled_from([0.0, 0.01, 0.03, 0.5, 3.0, 40.0, 1000.0]),
    ),
    max_size=10,
)


@settings(max_examples=120, deadline=None)
@given(ACTIONS, st.sampled_from([0.0, 0.1, 0.3]), st.booleans(), st.integers(0, 1000))
@example([("both offer", 0.5), ("both offer", 0.01)], 0.0, False, 1)
@example([("bob offers", 0.0), ("alice leaves", 0.01)], 0.1, True, 7)
def test_both_sides_end_in_the_same_state_whatever_they_change_and_the_link_does(
    actions: list[tuple[str, float]], loss: float, reliably: bool, seed: int
) -> None:
    us, them = Talker(10_000), Talker(20_000)
    alice, bob = Host("10.0.0.1", react=us.react, seed=seed), Host("10.0.0.2", react=them.react, seed=seed)
    network = Network(alice, bob, loss=loss, jitter=0.1, twice=0.1, seed=seed)
    us.mine = us.describe()
    us.call = alice.agent.invite(
        TARGET,
        caller=ALICE,
        offer=us.mine,
        peers=(bob.peer,),
        headers=(("Require", "100rel"),) if reliably else (),
        now=network.now,
    )
    network.run(3.0)
    for action, pause in actions:
        who, what = action.split()
        if who in ("alice", "both"):
            act(alice.agent, us, what, network.now)
        if who in ("bob", "both"):
            act(bob.agent, them, what, network.now)
        network.run(pause)
    network.run(40.0)
    network.loss = 0.0
    network.run(1900.0)  # by then each side has refreshed the session, or has given it up
    assert alive(alice, us) == alive(bob, them)
    if alive(alice, us):
        assert (us.mine, us.theirs) == (them.theirs, them.mine)
    for host, talker in ((alice, us), (bob, them)):
        host.agent.hang_up(talker.call, network.now)
    network.run(200.0)
    assert_nothing_left(alice, bob)


def act(agent: Agent, talker: Talker, what: str, now: float) -> None:
    if what.startswith("offer"):
        agent.offer(talker.call, talker.describe(), now)
    else:
        agent.hang_up(talker.call, now)


def alive(host: Host, talker: Talker) -> bool:
    call = host.agent._calls.get(talker.call)
    return call is not None and call.phase.name == "TALKING"
