"""Floods: who is let in, who is not, and what it costs."""

from __future__ import annotations

import random
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.agent import Agent
from sip.effects import Answered, Ended, Flood, Incoming, Peer, Send
from sip.headers import NameAddr
from sip.message import Request
from sip.parser import parse
from sip.settings import AgentSettings, TrunkSettings
from sip.throttle import Buckets, Limits, Pending, Rate, source_of
from sip.uri import Uri
from tests.sip.link import ANSWER, Passwords, Phone, said
from tests.sip.scenes import talking
from tests.sip.script import agent, answer, invite, request
from tests.sip.test_admission import TRUNK, TRUNK_PEER, signed

LIMITS = Limits()
FLOODED = ("OPTIONS", "REGISTER", "INVITE")


def flood(target: Agent, method: str, peers: list[Peer], now: float, messages: int = 2500) -> list[Send]:
    """A second of it, ending at ``now + 1``; the answers."""
    data = [bytes(request(method, call_id=f"flood-{number % 7}-{now}", tag=str(number % 7))) for number in range(50)]
    answers = []
    for number in range(messages):
        target.receive(data[number % len(data)], peers[number % len(peers)], now + number / messages)
        answers += [effect for effect in target.effects() if isinstance(effect, Send)]
    return answers


def hosts(count: int) -> list[Peer]:
    return [Peer("udp", f"192.168.{number // 250}.{number % 250 + 1}", 5060) for number in range(count)]


def registered(phone: Phone) -> None:
    asked = request("REGISTER", user="101", host="conf.example", headers=(("Expires", "3600"),))
    asked = asked.with_headers(asked.headers.with_("To", "<sip:101@conf.example>"))
    phone.say(asked)
    again = request("REGISTER", 2, user="101", host="conf.example", headers=(("Expires", "3600"),))
    again = again.with_headers(again.headers.with_("To", "<sip:101@conf.example>"))
    assert phone.say(signed(again, phone, "secret")) == ["200 REGISTER"]


def test_a_thousand_whom_we_call_at_one_host_are_all_heard() -> None:
    ours, gateway = agent(), Peer("udp", "10.0.0.7", 5060)
    caller = NameAddr(Uri.parse("sip:500@conf.example"))
    for number in range(1000):
        ours.invite(Uri.parse(f"sip:{number}@10.0.0.7"), caller=caller, offer=ANSWER, peers=(gateway,), now=0.0)
    sent = (parse(effect.data) for effect in ours.effects() if isinstance(effect, Send))
    for invited in [each for each in sent if isinstance(each, Request)]:
        ours.receive(bytes(answer(invited, 180)), gateway, 0.1)
        ours.receive(bytes(answer(invited, 200, body=ANSWER)), gateway, 0.2)
    assert sum(isinstance(effect, Answered) for effect in ours.effects()) == 1000
    assert not ours.dropped


@pytest.mark.parametrize("method", FLOODED)
@pytest.mark.parametrize("sources", [1, 1000])
def test_a_flood_is_answered_as_far_as_strangers_may_ask_and_not_further(method: str, sources: int) -> None:
    target = agent()
    answers = [answer for second in range(2) for answer in flood(target, method, hosts(sources), float(second))]
    together = LIMITS.invites if method == "INVITE" else LIMITS.strangers
    allowed = LIMITS.source if sources == 1 else together
    most = allowed.at_once + 2 * allowed.a_second
    repeated = 3 if method == "INVITE" else 1  # 100, and what the INVITE's retransmissions bring again
    assert 0 < len(answers) <= repeated * most


def test_in_a_flood_from_its_own_host_a_call_goes_on_and_a_phone_of_ours_gets_through() -> None:
    phone, _, tag = talking()
    other = Phone(agent(**{"101": "secret"}))
    registered(other)
    for target in (phone, other):
        flood(target.agent, "OPTIONS", [Peer("udp", target.peer.host, port) for port in range(6000, 6050)], 0.0)
    assert phone.say(request("INFO", 2, to_tag=tag), 1.0) == ["200 INFO"]
    assert phone.say(request("BYE", 3, to_tag=tag), 1.0) == ["200 BYE"]
    mine = invite(user="101", host="conf.example")
    assert other.say(mine, 1.0) == ["401 INVITE"]
    assert other.say(signed(invite(2, user="101", host="conf.example"), other, "secret"), 1.0) == ["100 INVITE"]


def test_a_guest_gets_through_a_thousand_messages_a_second_that_make_no_call() -> None:
    guest = Phone(agent())
    for second in range(3):
        flood(guest.agent, "OPTIONS", hosts(100), float(second), messages=1000)
        assert guest.say(invite(call_id=f"call {second}"), second + 1.0) == ["100 INVITE"]


@pytest.mark.parametrize("before", [b"", b"\r\n" * 40])
def test_calls_of_strangers_are_fewer_than_their_messages(before: bytes) -> None:
    target, asks = agent(), before + bytes(invite())
    for number, peer in enumerate(hosts(1000)):
        target.receive(asks, peer, number / 1000)
    most = LIMITS.invites.at_once + LIMITS.invites.a_second
    assert target._throttle.dropped >= 1000 - most - 1


def test_another_port_of_a_phone_s_host_gets_through_when_strangers_elsewhere_have_used_up_their_share() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    registered(phone)
    flood(phone.agent, "OPTIONS", hosts(1000), 0.0)
    phone.peer = Peer("udp", phone.peer.host, 7000)
    assert phone.say(invite(user="101", host="conf.example"), 1.0) == ["401 INVITE"]


def test_a_trunk_gets_through() -> None:
    phone = Phone(agent(TRUNK), TRUNK_PEER.host)
    phone.agent.trunk_resolved("provider", (TRUNK_PEER,), 0.0)
    flood(phone.agent, "INVITE", hosts(1000), 0.0)
    assert phone.say(invite(call_id="by trunk"), 1.0) == ["100 INVITE"]


@pytest.mark.parametrize("sources", ["its own host", "everywhere"])
def test_a_phone_and_a_trunk_that_ask_whether_we_are_there_are_answered_at_once_whoever_floods(sources: str) -> None:
    phone = Phone(agent(TRUNK, **{"101": "secret"}))
    registered(phone)
    phone.agent.trunk_resolved("provider", (TRUNK_PEER,), 0.0)
    near = [Peer("udp", phone.peer.host, port) for port in range(6000, 6050)]
    ours = {"phone": phone.peer, "trunk": TRUNK_PEER}
    for second, method in enumerate(FLOODED):
        flood(phone.agent, method, near if sources == "its own host" else hosts(1000), float(second))
        for (name, peer), number in product(ours.items(), range(50)):
            asked = request("OPTIONS", call_id=f"{name} {second} {number}")
            phone.agent.receive(bytes(asked), peer, second + 1.0)
            (sent,) = (effect for effect in phone.agent.effects() if isinstance(effect, Send))
            assert said(parse(sent.data)) == "200 OPTIONS"


def test_answers_to_what_we_ask_get_through_from_wherever_they_come() -> None:
    phone = Phone(agent())
    call = phone.agent.invite(invite().uri, caller=invite().from_, offer=ANSWER, peers=(phone.peer,), now=0.0)
    phone.listen()
    flood(phone.agent, "OPTIONS", [phone.peer], 0.0)
    answer = phone.heard[-1]
    assert said(answer) == "INVITE"
    ringing = bytes(answer).replace(b"INVITE " + str(invite().uri).encode() + b" SIP/2.0", b"SIP/2.0 180 Ringing", 1)
    phone.agent.receive(ringing, phone.peer, 1.0)
    assert any(getattr(effect, "call", "") == call for effect in phone.agent.effects())


def test_who_is_in_a_call_may_not_flood_it_either() -> None:
    phone, _, tag = talking()
    answered = 0
    for number in range(1000):
        answered += len(phone.say(request("OPTIONS", number + 2, to_tag=tag), number / 1000))
    assert LIMITS.call.at_once <= answered <= LIMITS.call.at_once + LIMITS.call.a_second + 1


def test_whoever_asks_while_we_stop_is_told_to_come_again_later() -> None:
    phone = Phone(agent())
    assert phone.say(request("OPTIONS")) == ["200 OPTIONS"]
    phone.agent.draining = True
    assert phone.say(request("OPTIONS")) == ["503 OPTIONS"]
    assert phone.heard[-1].headers.get("Retry-After") == "5"


def test_a_flood_is_told_of_every_five_seconds_so_that_its_host_is_soon_banned() -> None:
    target = agent()
    told = []
    for second in range(60):
        for number in range(2 * int(LIMITS.source.a_second)):
            target.receive(b"\0", Peer("udp", "192.0.2.7", number), second + number / 1000)
        told += [effect for effect in target.effects() if isinstance(effect, Flood)]
    assert told == [Flood("192.0.2.7")] * 12


def test_floods_from_everywhere_are_told_of_once_a_minute() -> None:
    target = agent()
    told = []
    for second in range(0, 63, 3):
        for number, peer in enumerate(hosts(2000)):
            target.receive(b"\0", peer, second + number / 2000)
        told += [effect for effect in target.effects() if isinstance(effect, Flood)]
    assert told == [Flood(None)] * 2


def test_calls_of_strangers_that_nobody_acknowledges_are_bounded_by_source_and_in_all() -> None:
    limits = Limits(pending_of_source=3, pending=5)
    trunk = TrunkSettings("provider", Uri.parse("sip:p.example"), None, None, register=False, trust_caller_id=True)
    settings = AgentSettings("conf.example", frozenset(), lambda _: ("10.0.0.1", 5060), "test", (trunk,), limits=limits)
    target = Agent(settings, Passwords({}), random.Random(1))
    target.trunk_resolved("provider", (TRUNK_PEER,), 0.0)

    def asks(host: str, number: int) -> list[str]:
        target.receive(bytes(invite(call_id=f"{host} {number}")), Peer("udp", host, 5060), 0.0)
        return [said(parse(effect.data)) for effect in target.effects() if isinstance(effect, Send)]

    assert [asks("10.0.0.9", number) for number in range(4)] == [["100 INVITE"]] * 3 + [["503 INVITE"]]
    assert [asks("10.0.0.8", number) for number in range(3)] == [["100 INVITE"]] * 2 + [["503 INVITE"]]
    assert asks(TRUNK_PEER.host, 1) == ["100 INVITE"]


def test_calls_that_nobody_acknowledges_make_room_for_others_as_soon_as_they_might_have_been() -> None:
    target = agent(limits=Limits(pending_of_source=3, pending=5))
    phone = Phone(target)

    def asks(host: str, call_id: str, now: float) -> list[str]:
        phone.peer = Peer("udp", host, 5060)
        return phone.say(invite(call_id=call_id), now)

    def last() -> str:
        incoming = phone.last(Incoming)
        assert isinstance(incoming, Incoming)
        return incoming.call

    calls = []
    for number in range(5):
        assert asks(f"192.168.0.{number % 2 + 1}", str(number), 0.0) == ["100 INVITE"]
        calls.append(last())
    target.reject(calls[0], 404, 0.0)
    target.accept(calls[1], ANSWER, 0.0)
    list(target.effects())
    assert asks("10.0.0.9", "too soon", 0.9) == ["503 INVITE"]
    for number in range(3):
        assert asks("10.0.0.9", f"new {number}", 1.1) == ["100 INVITE"]
    assert phone.effects.count(Ended(calls[1], "our answer was never acknowledged")) == 1
    assert Ended(calls[2], "our answer was never acknowledged") in phone.effects
    assert len(target._pending) == 5
    assert asks("10.0.0.9", "a fourth", 1.2) == ["503 INVITE"]
    phone.peer = Peer("udp", "192.168.0.2", 5060)
    assert not {"404 INVITE", "200 INVITE", "BYE"} & set(phone.wait(1.9)), "nothing is said to who may not be there"


def test_with_the_tags_of_a_hundred_calls_a_stranger_has_no_more_read_than_anybody() -> None:
    target, phone = agent(), Phone(agent())
    phone.agent = target
    tags = []
    for number in range(50):
        phone.say(invite(call_id=f"call {number}"), number / 10)
        incoming = phone.last(Incoming)
        assert isinstance(incoming, Incoming)
        target.accept(incoming.call, ANSWER, number / 10)
        phone.listen(number / 10)
        tags.append(phone.heard[-1].to.tag or "")
        phone.say(request("ACK", call_id=f"call {number}", to_tag=tags[-1]), number / 10)
    answered = 0
    for number in range(5000):
        named = ("X-Tag", f";tag={tags[number % 50]}")
        answered += len(phone.say(request("OPTIONS", headers=(named,)), 10.0 + number / 5000))
    assert answered <= LIMITS.calls_of_source.at_once + LIMITS.calls_of_source.a_second + 1
    assert phone.say(request("BYE", 2, call_id="call 0", to_tag=tags[0]), 11.1) == ["200 BYE"]


def test_a_call_that_is_acknowledged_or_over_makes_room_for_another() -> None:
    assert len(talking()[0].agent._pending) == 0
    refused = Phone(agent())
    refused.say(invite())
    incoming = refused.last(Incoming)
    assert isinstance(incoming, Incoming)
    assert len(refused.agent._pending) == 1
    refused.agent.reject(incoming.call, 404, 0.0)
    refused.wait(60.0)
    assert len(refused.agent._pending) == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=200))
def test_a_bucket_gives_no_more_than_its_rate_whatever_the_times(steps: list[float]) -> None:
    buckets: Buckets[str] = Buckets(Rate(10, 20))
    now, taken = 0.0, 0
    for step in steps:
        now += step / 10
        taken += buckets.take("x", now)
        assert taken <= 20 + 10 * now + 1e-6


def test_sources_without_number_take_no_memory_without_bound() -> None:
    buckets: Buckets[int] = Buckets(Rate(1, 1))
    for source in range(20_000):
        buckets.take(source, 0.0)
    assert len(buckets) < 10_000
    pending = Pending()
    for number in range(1000):
        pending.add(str(number), str(number), (), 0.0)
        pending.discard(str(number))
    assert len(pending) == 0


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (":", ":"),
    ],
)
def test_a_source_of_ipv6_is_a_network(host: str, source: str) -> None:
    assert source_of(host) == source


def test_to_drop_a_message_costs_a_fraction_of_answering_it() -> None:
    data = [bytes(request("OPTIONS", number)) for number in range(250)]

    def seconds(target: Agent, peers: list[Peer]) -> float:
        start = time.process_time()
        for number, message in enumerate(data):
            target.receive(message, peers[number % len(peers)], 0.0)
        return time.process_time() - start

    flooded = agent()
    for _ in range(2):
        seconds(flooded, hosts(1))
    answered = min(seconds(agent(), hosts(250)) for _ in range(5))
    dropped = min(seconds(flooded, hosts(1)) for _ in range(5))
    assert dropped < answered / 5
