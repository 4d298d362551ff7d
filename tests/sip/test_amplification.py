"""Whoever forges the address of a victim gains nothing by us: one answer to a request, and at most twice its octets."""

from __future__ import annotations

import random

import pytest

from sip.effects import Peer, Send
from tests.sip.script import UNLIMITED, agent, request
from tests.sip.strategies import RFC_4475
from tests.sip.test_agent_fuzz import mutated

PEER = Peer("udp", "10.0.0.9", 5060)
TINY = b"%s sip:conf.example SIP/2.0\r\nv:SIP/2.0/UDP h\r\nf:sip:101@conf.example\r\nt:sip:101@conf.example\r\ni:1\r\n"


def answers(data: bytes) -> list[bytes]:
    target = agent(limits=UNLIMITED, **{"101": "secret"})
    target.receive(data, PEER, 0.0)
    return [effect.data for effect in target.effects() if isinstance(effect, Send)]


def of_a_phone(method: str, user: str) -> bytes:
    return bytes(request(method, uri="sip:conf.example", user=user, host="conf.example"))


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "REFER", "NOTIFY", "PUBLISH", "BYE"])
def test_a_request_of_a_phone_s_size_is_answered_once_and_briefly(method: str) -> None:
    data = of_a_phone(method, "101")
    (answer,) = answers(data)
    assert len(answer) <= 2 * len(data)


@pytest.mark.parametrize("method", [b"OPTIONS", b"REGISTER", b"SUBSCRIBE", b"FOO"])
def test_the_smallest_requests_that_can_be_made_are_not_worth_sending(method: bytes) -> None:
    for more in (b"", b"k:x\r\n", b"s:" + b"y" * 60 + b"\r\n", b"Require: a,b,c\r\n", b"l:9\r\n"):
        data = TINY % method + b"CSeq:1 %s\r\n" % method + more + b"\r\n"
        assert sum(map(len, answers(data))) <= 2 * len(data)


def test_thousands_of_strange_requests_bring_one_answer_each_and_twice_their_octets_at_most() -> None:
    source = random.Random(21)
    methods = ("OPTIONS", "REGISTER", "SUBSCRIBE", "REFER", "BYE", "CANCEL", "UPDATE", "NOTIFY")
    seeds = [of_a_phone(method, user) for method in methods for user in ("101", "999")]
    seeds += [TINY % b"OPTIONS" + b"CSeq:1 OPTIONS\r\n\r\n"]
    seeds += [data for data in RFC_4475.values() if not data.startswith((b"INVITE", b"SIP"))]
    answered = 0
    for _ in range(3000):
        data = mutated(source.choice(seeds), source)
        if not data.lstrip().startswith(b"INVITE"):
            sent = answers(data)
            assert len(sent) <= 1
            assert sum(map(len, sent)) <= 2 * len(data)
            answered += len(sent)
    assert answered > 1000


def test_the_longer_the_request_the_more_is_told() -> None:
    told = []
    for padding in range(0, 400, 10):
        sent = answers(TINY % b"OPTIONS" + b"CSeq:1 OPTIONS\r\ns:" + b"y" * padding + b"\r\n\r\n")
        told.append("all" if sent and b"\r\nAllow: " in sent[0] else "little")
    assert list(dict.fromkeys(told)) == ["little", "all"]
    assert told == sorted(told, key=["little", "all"].index)
