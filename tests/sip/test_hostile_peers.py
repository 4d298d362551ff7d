"""What a peer that we do talk to may try: nothing of it raises, stays, or goes to somebody else."""

from __future__ import annotations

import pytest

from sip.effects import Peer, Refused
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.script import agent, answer, invite, request
from tests.sip.test_failover import FIRST, SECOND, Line


@pytest.mark.parametrize(
    "header", [("Min-SE", "soon"), ("Supported", '"timer'), ("Allow", "INVITE, <"), ("Require", '"100rel')]
)
def test_an_invite_with_a_list_that_cannot_be_read_is_refused_before_it_is_a_call(header: tuple[str, str]) -> None:
    phone = Phone(agent())
    assert phone.say(invite(headers=(header,))) == ["400 INVITE"]
    assert phone.effects == []


@pytest.mark.parametrize("status", [183, 200])
@pytest.mark.parametrize("header", [("Require", '"100rel'), ("Allow", "INVITE, <"), ("Supported", '"')])
def test_a_response_with_a_list_that_cannot_be_read_is_dropped(status: int, header: tuple[str, str]) -> None:
    line = Line(FIRST)
    assert line.say(answer(line.invite(FIRST), status, body=ANSWER, headers=(header,)), FIRST, 0.1) == []
    assert (line.told, line.agent.dropped) == ([], 1)


def test_a_target_given_up_that_rings_on_and_on_gets_one_cancel_and_its_call_is_forgotten() -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    late = line.invite(FIRST)
    assert line.say(answer(late, 180), FIRST, 3.1) == ["CANCEL 8"]
    assert [line.say(answer(late, 180), FIRST, 3.2 + ring / 10) for ring in range(5)] == [[]] * 5
    line.say(answer(line.invite(SECOND), 486), SECOND, 4.0)
    line.say(answer(late, 487), FIRST, 4.1)
    line.wait(100.0)
    assert len(line.agent._calls) == 0


def test_a_connection_with_a_thousand_calls_on_it_may_break() -> None:
    served = agent()
    trunk = Peer("tcp", "10.0.0.9", 5060)
    for _ in range(1000):
        served.invite(Uri.parse("sip:7@far.example"), caller=ALICE, offer=OFFER, peers=(trunk,), now=0.0)
    served.transport_failed(trunk, 1.0)
    assert sum(isinstance(effect, Refused) for effect in served.effects()) == 1000
    assert len(served._calls) == 0


def test_a_refusal_says_where_its_request_came_from_as_every_answer_does() -> None:
    """RFC 3261 §18.2.1, RFC 3581 §4: the proxy in between finds its way back by that."""
    phone = Phone(agent(), "10.0.0.7", 6060)
    assert phone.say(request("BYE", to_tag="nobody")) == ["481 BYE"]
    assert (phone.heard[-1].via.param("received"), phone.heard[-1].via.param("rport")) == ("10.0.0.7", "6060")
