"""Two agents over a link that loses datagrams, in every order of events: nothing gets stuck or left behind."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.effects import Answered, Confirmed, Effect, Ended, Incoming, Offered, Refused
from sip.timers import TimerValues
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Host, Network

if TYPE_CHECKING:
    from sip.agent import Agent

TARGET = Uri.parse("sip:bob@10.0.0.2")


def answering(agent: Agent, effect: Effect, now: float) -> None:
    match effect:
        case Incoming(call=call):
            agent.ring(call, now)
            agent.accept(call, ANSWER, now)
        case Offered(call=call):
            agent.accept(call, ANSWER, now)


def pair(loss: float = 0.0, seed: int = 0, react: object = answering) -> tuple[Host, Host, Network]:
    alice = Host("10.0.0.1", seed=seed)
    bob = Host("10.0.0.2", react=react, seed=seed)  # type: ignore[arg-type]  # one of the functions here
    return alice, bob, Network(alice, bob, loss=loss, seed=seed)


def dial(alice: Host, network: Network) -> str:
    bob = next(peer for peer in network.hosts if peer != alice.peer)
    return alice.agent.invite(TARGET, caller=ALICE, offer=OFFER, peers=(bob,), now=network.now)


def test_a_call_is_set_up_and_ended_without_a_superfluous_message() -> None:
    alice, bob, network = pair()
    call = dial(alice, network)
    network.run(1.0)
    alice.agent.hang_up(call, network.now)
    network.run(60.0)
    assert network.methods() == ["INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"]
    assert [type(effect).__name__ for effect in alice.seen] == ["Ringing", "Answered"]
    assert [type(effect).__name__ for effect in bob.seen] == ["Incoming", "Confirmed", "Ended"]
    assert_nothing_left(alice, bob)


def test_at_ten_percent_loss_all_but_one_in_a_thousand_calls_are_set_up() -> None:
    failures = 0
    alice, bob, network = pair(loss=0.1)
    for _ in range(1000):
        alice.seen.clear()
        bob.seen.clear()
        call = dial(alice, network)
        network.run(31.0)
        failures += not (len(alice.of(Answered)) == len(bob.of(Incoming)) == len(bob.of(Confirmed)) == 1)
        alice.agent.hang_up(call, network.now)
        network.run(1.0)
    network.run(300.0)
    assert failures <= 1
    assert_nothing_left(alice, bob)


@pytest.mark.parametrize("hung_up_after", [0.0, 0.01, 0.03, 0.05, 0.07, 0.1])
@pytest.mark.parametrize("answered_after", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_a_cancel_at_any_moment_leaves_neither_side_in_a_call(
    hung_up_after: float, answered_after: float, loss: float
) -> None:
    alice, bob, network = pair(loss=loss, seed=int(1000 * (hung_up_after + answered_after)), react=None)
    call = dial(alice, network)
    network.run(hung_up_after)
    alice.agent.hang_up(call, network.now)
    network.run(answered_after)
    for incoming in bob.of(Incoming):
        assert isinstance(incoming, Incoming)
        bob.agent.accept(incoming.call, ANSWER, network.now)
    network.run(300.0)
    for incoming in bob.of(Incoming):  # its INVITE came later, by a retransmission
        assert isinstance(incoming, Incoming)
        bob.agent.reject(incoming.call, 486, network.now)
    network.run(300.0)
    ended = [effect for effect in alice.seen if isinstance(effect, (Refused, Ended))]
    assert len(ended) == (0 if alice.of(Answered) else 1)
    assert_nothing_left(alice, bob)


def test_an_agent_answers_a_thousand_calls_and_forgets_them() -> None:
    alice, bob, network = pair()
    calls = []
    for _ in range(1000):
        calls.append(dial(alice, network))
        network.run(0.01)  # more at once from one stranger are not answered at once
    network.run(2.0)
    assert len(alice.of(Answered)) == len(bob.of(Confirmed)) == 1000
    for call in calls:
        alice.agent.hang_up(call, network.now)
    network.run(60.0)
    assert len(bob.of(Ended)) == 1000
    assert_nothing_left(alice, bob)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["ring", "accept", "reject", "bob hangs up", "alice hangs up", "call"]), st.floats(0, 2)),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(ACTIONS, st.sampled_from([0.0, 0.2, 0.5]), st.integers(0, 1000))
def test_commands_in_any_order_over_any_link_leave_nothing_behind(
    actions: list[tuple[str, float]], loss: float, seed: int
) -> None:
    alice, bob, network = pair(loss=loss, seed=seed, react=None)
    placed = [dial(alice, network)]
    for action, pause in actions:
        network.run(pause)
        incoming = [effect.call for effect in bob.seen if isinstance(effect, Incoming)]
        now = network.now
        if action == "call":
            placed.append(dial(alice, network))
        elif action == "alice hangs up":
            alice.agent.hang_up(random.Random(seed).choice(placed), now, "enough")
        for call in incoming[-2:]:
            match action:
                case "ring":
                    bob.agent.ring(call, now)
                case "accept":
                    bob.agent.accept(call, ANSWER, now)
                case "reject":
                    bob.agent.reject(call, 486, now)
                case "bob hangs up":
                    bob.agent.hang_up(call, now)
    for host in (alice, bob):
        for call in [*placed, *(effect.call for effect in bob.seen if isinstance(effect, Incoming))]:
            host.agent.hang_up(call, network.now)
    network.run(200.0)
    for effect in bob.of(Incoming):  # what came late, by a retransmission
        assert isinstance(effect, Incoming)
        bob.agent.hang_up(effect.call, network.now)
    network.run(TimerValues().ringing)  # an INVITE whose CANCEL was lost is remembered for so long
    for call in placed:
        ends = [effect for effect in alice.seen if isinstance(effect, (Refused, Ended)) and effect.call == call]
        answers = [effect for effect in alice.seen if isinstance(effect, Answered) and effect.call == call]
        assert len(ends) <= 1
        assert ends or answers
    assert_nothing_left(alice, bob)


def assert_nothing_left(*hosts: Host) -> None:
    for host in hosts:
        assert len(host.agent._calls) == 0
        assert len(host.agent._layer) == 0
        assert not host.agent._calls._by_remote
        assert not host.agent._layer._invites
        assert host.agent.deadline() is None
