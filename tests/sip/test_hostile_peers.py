"""What a peer that we do talk to may try: nothing of it raises, stays, or goes to somebody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sip.effects import Peer, Refused, Subscribing, Unsubscribed
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.scenes import talking
from tests.sip.script import agent, answer, invite, request
from tests.sip.test_failover import FIRST, SECOND, Line
from tests.sip.test_notifier import ROSTER, subscribe, subscribed
from tests.sip.test_path import Behind

if TYPE_CHECKING:
    from sip.message import Request


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


def test_an_event_that_cannot_be_said_back_is_refused() -> None:
    phone, _, tag = talking()
    for identifier in ('"\\\0"', '"a b;c"', '""'):
        event = ("Event", f"conference;id={identifier}")
        assert phone.say(request("SUBSCRIBE", 2, to_tag=tag, headers=(event,))) == ["400 SUBSCRIBE"]


def moved(message: Request) -> Request:
    """With a Contact that names somebody else."""
    return message.with_headers(message.headers.with_("Contact", "<sip:victim@8.8.8.8>"))


def test_a_subscription_that_is_refused_for_its_contact_leaves_the_way_as_it_was() -> None:
    phone, _, tag, name = subscribed()
    assert phone.say(moved(subscribe(3, to_tag=tag))) == ["403 SUBSCRIBE"]
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    assert phone.listen() == ["NOTIFY"]  # to the phone, which Phone asserts


def test_a_call_that_is_turned_to_somebody_else_takes_no_news_along() -> None:
    phone, call, tag, name = subscribed()
    phone.say(moved(request("UPDATE", 3, to_tag=tag)))
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    assert phone.listen() == []
    assert phone.effects[-1] == Unsubscribed(name)
    assert phone.agent.dialog(call) is not None


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "REFER", "INFO", "BYE"])
def test_a_subscriptions_own_dialog_takes_nothing_but_subscribe_and_is_turned_by_nothing_else(method: str) -> None:
    phone, call, _ = talking()
    phone.say(subscribe(1, uri=f"sip:{call}@10.0.0.1", call_id="beside"))
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing)
    phone.agent.notifier.admit(asked.subscription, 0.0)
    phone.listen()
    tag = phone.heard[-1].to.tag
    assert phone.say(moved(request(method, 2, call_id="beside", to_tag=tag))) == [f"481 {method}"]
    phone.agent.notifier.tell(asked.subscription, ROSTER, 0.0)
    assert phone.listen() == ["NOTIFY"]


def test_an_account_cannot_have_its_calls_go_to_another_host_than_it_has_registered_from() -> None:
    """Such as a trunk, which knows us by our address and asks for no password."""
    phone = Behind(("Path", "<sip:8.8.8.8;lr>"))
    assert phone.register("<sip:+19005550100@8.8.8.8>") == 200
    assert phone.agent.registrar.bindings("101", 0.0)[0].hop == phone.peer


def test_inside_a_call_nobody_is_asked_for_provisional_responses_that_we_would_have_to_acknowledge() -> None:
    phone, call, _ = talking()
    phone.agent.offer(call, OFFER, 1.0)
    assert phone.listen() == ["INVITE"]
    assert "100rel" not in phone.heard[-1].tokens("Supported")


def test_a_connection_that_ends_is_not_looked_for_in_all_transactions() -> None:
    served = agent()
    for _ in range(4000):
        served.invite(Uri.parse("sip:7@far.example"), caller=ALICE, offer=OFFER, peers=(FIRST,), now=0.0)

    def end(peers: Peer) -> float:
        start = time.thread_time()
        for _ in range(20):
            served.transport_failed(peers, 0.1)
        return time.thread_time() - start

    looked_for = min(end(Peer("udp", "10.0.0.66", 5060)) for _ in range(3))
    assert min(end(Peer("tcp", "10.0.0.66", 5060)) for _ in range(3)) < looked_for / 10


def test_what_a_connection_carried_fails_with_it_and_nothing_else_does() -> None:
    served = agent()
    one, other = Peer("tcp", "10.0.0.8", 5060), Peer("tcp", "10.0.0.9", 5060)
    calls = [
        served.invite(Uri.parse("sip:7@far.example"), caller=ALICE, offer=OFFER, peers=(peer,), now=0.0)
        for peer in (one, other, one)
    ]
    served.transport_failed(one, 1.0)
    assert [effect.call for effect in served.effects() if isinstance(effect, Refused)] == [calls[0], calls[2]]
    served.transport_failed(one, 1.0)
    assert [effect for effect in served.effects() if isinstance(effect, Refused)] == []


@pytest.mark.parametrize(("status", "header"), [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
def test_a_challenge_as_long_as_may_be_is_answered(status: int, header: str) -> None:
    line = Line(FIRST, username="ours", password="secret")
    challenge = f'Digest realm="r", nonce="{"n" * 1950}"'
    heard = line.say(answer(line.invite(FIRST), status, headers=((header, challenge),)), FIRST, 0.1)
    assert heard == ["ACK 8", "INVITE 8"]
