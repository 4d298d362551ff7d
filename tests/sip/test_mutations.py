"""Ten thousand maimed messages through one agent that has phones, calls and a trunk: nothing raises, nothing grows."""

from __future__ import annotations

import random
import tracemalloc

from sip.effects import Peer, Send
from tests.sip.script import UNLIMITED, agent, invite, request
from tests.sip.strategies import RFC_4475
from tests.sip.test_admission import TRUNK
from tests.sip.test_agent_fuzz import mutated

COUNT = 10_000
_DIGEST = (
    'Digest username="101", realm="conf.example", nonce="1-1-00", uri="sip:conf.example", response="0", qop=auth, nc=1'
)


def seeds() -> list[bytes]:
    methods = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK", "SUBSCRIBE", "REFER")
    headers = (("Authorization", _DIGEST), ("Refer-To", "<sip:x@y?Replaces=a%3Bto-tag%3Db>"), ("Event", "conference"))
    ours = [bytes(request(method, headers=headers)) for method in methods]
    mixed = b"--a\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--a--"
    ours.append(bytes(request("INVITE", body=mixed, kind='multipart/mixed;boundary="a"')))
    return [*ours, bytes(invite()), bytes(invite(user="101", host="conf.example")), *RFC_4475.values()]


def test_ten_thousand_mutations_raise_nothing_and_leave_little() -> None:
    source = random.Random(3261)
    target = agent(TRUNK, limits=UNLIMITED, **{"101": "secret"})
    target.trunk_resolved(TRUNK.name, (Peer("udp", "192.0.2.1", 5060),), 0.0)
    peers = [Peer(transport, host, 5060) for transport in ("udp", "tcp") for host in ("10.0.0.9", "192.0.2.1", "::1")]
    messages, now, answered = seeds(), 0.0, 0
    tracemalloc.start()
    for number in range(COUNT):
        now += source.random() / 5
        target.receive(mutated(source.choice(messages), source), source.choice(peers), now)
        target.tick(now)
        effects = list(target.effects())
        assert len(effects) <= 40
        answered += any(isinstance(effect, Send) for effect in effects)
        for effect in effects:
            if (call := getattr(effect, "call", None)) and not isinstance(effect, Send) and number % 2:
                target.reject(call, 404, now)
        if number == COUNT // 2:
            half = tracemalloc.get_traced_memory()[0]
    list(target.effects())
    assert answered > COUNT / 4
    assert tracemalloc.get_traced_memory()[0] - half < 5_000_000
    tracemalloc.stop()
