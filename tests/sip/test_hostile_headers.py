"""Every header that is read, with values that nobody can read, in every message of a call: nothing raises or stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sip.effects import Peer, Send
from sip.message import Request
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.script import UNLIMITED, agent, answer, invite, request

if TYPE_CHECKING:
    from sip.agent import Agent
    from sip.effects import Effect

READ = (
    *("Accept", "Allow", "Authorization", "Contact", "Content-Encoding", "Content-Type", "Event", "Expires", "Min-SE"),
    *("P-Asserted-Identity", "Proxy-Authenticate", "RAck", "RSeq", "Reason", "Record-Route", "Refer-Sub", "Refer-To"),
    *("Replaces", "Require", "Retry-After", "Route", "Session-Expires", "Supported", "WWW-Authenticate"),
)
NASTY = (
    *('"x', "<x", "", "x," * 80, '"\\\0"', '"\\\x01" <sip:x@y>', "-1", "9" * 30, "\udc80", '1;x="\\', "*", "<tel:+7>"),
    *("<sip:@>", "sip:x@[::", "multipart/mixed", "x" * 3000, 'Digest realm="r"', "<sip:x@8.8.8.8:0;transport=sctp>"),
)


class Listener(Phone):
    """Hears of nothing but what its agent tells: what bears such headers back need not be readable."""

    def listen(self, now: float = 0.0) -> list[str]:
        found: list[Effect] = [effect for effect in self.agent.effects() if not isinstance(effect, Send)]
        self.effects += found
        return [type(effect).__name__ for effect in found]


def nothing_is_left(served: Agent, now: float) -> None:
    for call in list(served._calls._by_name):
        served.hang_up(call, now)
        served.reject(call, 480, now)
    while (at := served.deadline()) is not None:
        served.tick(at)
    assert (len(served._calls), len(served._layer), len(served._pending)) == (0, 0, 0)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("status", [183, 200, 302, 401])
def test_in_a_response_to_our_invite(name: str, status: int) -> None:
    peers = (Peer("udp", "10.0.0.9", 5060), Peer("udp", "10.0.0.8", 5060))
    for value in NASTY:
        served = agent(limits=UNLIMITED)
        served.invite(
            Uri.parse("sip:7@far.example"),
            caller=ALICE,
            offer=OFFER,
            peers=peers,
            username="ours",
            password="secret",
            now=0.0,
        )
        phone = Phone(served)
        phone.listen()
        (sent,) = phone.heard
        assert isinstance(sent, Request)
        reliably = (("Require", "100rel"), ("RSeq", "1"))
        said = answer(sent, status, body=ANSWER, headers=reliably)
        served.receive(bytes(said.with_headers(said.headers.with_(name, value))), phone.peer, 0.1)
        nothing_is_left(served, 0.2)


def with_header(message: Request, name: str, value: str) -> Request:
    return message.with_headers(message.headers.with_(name, value))


@pytest.mark.parametrize("name", READ)
def test_in_their_invite_which_is_accepted_if_it_arrives(name: str) -> None:
    for value in NASTY:
        phone = Listener(agent(limits=UNLIMITED))
        phone.say(with_header(invite(headers=(("Supported", "timer"),)), name, value))
        for call in list(phone.agent._calls._by_name):
            phone.agent.ring(call, 0.0)
            phone.agent.accept(call, ANSWER, 0.0)
        nothing_is_left(phone.agent, 0.2)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "PRACK", "SUBSCRIBE", "REFER"])
def test_in_their_request_inside_a_call(name: str, method: str) -> None:
    phone = Listener(agent(limits=UNLIMITED))
    for number, value in enumerate(NASTY):
        phone.say(invite(call_id=f"call-{number}"))
        call = list(phone.agent._calls._by_name.values())[-1]
        phone.agent.accept(call.name, ANSWER, 0.0)
        phone.say(request("ACK", to_tag=call.local_tag, call_id=call.call_id))
        body = OFFER if method in ("INVITE", "UPDATE") else b""
        inside = request(method, 2, to_tag=call.local_tag, call_id=call.call_id, body=body)
        phone.say(with_header(inside, name, value))
        phone.agent.accept(call.name, ANSWER, 0.0)
        for subscription in list(phone.agent.notifier._undecided):
            phone.agent.notifier.admit(subscription, 0.0)
            phone.agent.notifier.end(subscription, "noresource", 0.0)
    nothing_is_left(phone.agent, 0.2)
