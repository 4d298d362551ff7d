"""Whatever the network sends, nothing raises, and a call in progress lives."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sip.effects import Effect, Ended, Incoming, NotifyDue, Referred, Send, Subscribing
from sip.subscription import News
from tests.sip.link import ANSWER, OFFER, Phone
from tests.sip.scenes import calling
from tests.sip.script import agent, answer, invite, request

TIMER = (("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Min-SE", "90"))
_SPLICES = (b"\r\n", b"\r\n\r\n", b";", b",", b'"', b"<", b"\0", b"\xff", b" ", b":", b"=", b"1_0", b"-1", b"9" * 30)


def mutated(data: bytes, source: random.Random) -> bytes:
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(data) + 1)
        end = min(len(data), at + source.randint(0, 40))
        match source.randrange(6):
            case 0:
                data = data[:at] + bytes([source.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:at] + source.choice(_SPLICES) + data[at:]
            case 3:
                data = data[:end] + data[at:end] * source.randint(1, 5) + data[end:]
            case 4:
                data = data[:at]
            case 5:
                lines = data.split(b"\r\n")
                lines.insert(source.randrange(len(lines) + 1), source.choice(lines))
                data = b"\r\n".join(lines)
    return data


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_mutated_messages_neither_raise_nor_end_a_call(seed: int) -> None:
    source = random.Random(seed)
    phone = Phone(agent(**{"101": "secret"}))
    assert phone.say(invite()) == ["100 INVITE"]
    incoming = phone.last(Incoming)
    assert isinstance(incoming, Incoming)
    phone.agent.accept(incoming.call, ANSWER, 0.0)
    phone.listen()
    tag = phone.heard[-1].to.tag
    phone.say(request("ACK", to_tag=tag))
    phone, placed, sent = calling(phone)
    seeds = [
        *(bytes(message) for message in phone.heard),
        *(bytes(request(method, 2)) for method in ("OPTIONS", "REGISTER", "INFO", "CANCEL", "ACK", "UPDATE", "REFER")),
        bytes(answer(sent, 180)),
        bytes(answer(sent, 401, headers=(("WWW-Authenticate", 'Digest realm="x", nonce="y"'),))),
        bytes(request("INVITE", 3, to_tag=tag, body=OFFER)),
        bytes(request("INFO", 3, to_tag=tag, body=b"Signal=1", kind="application/dtmf-relay")),
        bytes(answer(sent, 183, body=ANSWER, headers=(("Require", "100rel"), ("RSeq", "7")))),
        bytes(answer(sent, 422, headers=(("Min-SE", "120"),))),
        bytes(request("UPDATE", 3, to_tag=tag, headers=TIMER)),
        bytes(request("UPDATE", 3, to_tag=tag, body=OFFER, headers=TIMER)),
        bytes(request("PRACK", 3, to_tag=tag, headers=(("RAck", "1 1 INVITE"),))),
        bytes(request("PRACK", 3, call_id=sent.call_id, to_tag=sent.from_.tag, headers=(("RAck", "1 1 INVITE"),))),
        bytes(request("UPDATE", 3, call_id=sent.call_id, to_tag=sent.from_.tag, body=OFFER, headers=TIMER)),
        bytes(invite(call_id="rel", headers=(("Require", "100rel"), *TIMER))),
        bytes(invite(user="101", host="conf.example")),
        bytes(request("SUBSCRIBE", 4, to_tag=tag, headers=(("Event", "conference"), ("Expires", "60")))),
        bytes(request("SUBSCRIBE", uri=f"sip:{incoming.call}@conf", call_id="b", headers=(("Event", "conference"),))),
        bytes(request("REFER", 5, to_tag=tag, headers=(("Refer-To", "<sip:1@c?Replaces=a%3Bto-tag%3D1>"),))),
        bytes(request("REFER", 6, to_tag=tag, headers=(("Refer-To", "<sip:1@c;method=BYE>"),))),
        bytes(invite(call_id="c", headers=(("Replaces", f"call-1;to-tag={tag};from-tag=phone"),))),
    ]
    now = 0.0
    for _ in range(40):
        now += source.random()
        phone.agent.receive(mutated(source.choice(seeds), source), phone.peer, now)
        phone.agent.tick(now)
        for effect in phone.agent.effects():
            assert not (isinstance(effect, Ended) and effect.call == incoming.call)
            _decide(phone, effect, source, now)
    phone.agent.hang_up(placed, now)
    list(phone.agent.effects())
    phone.agent.receive(bytes(request("BYE", 1000, to_tag=tag)), phone.peer, now)
    # Also a re-INVITE may have its answer now, at whatever port its mutated Via says.
    assert any(
        effect.data.startswith(b"SIP/2.0 200 OK") for effect in phone.agent.effects() if isinstance(effect, Send)
    )


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_answered_at_most_once_and_keep_nothing(data: bytes) -> None:
    phone = Phone(agent())
    phone.agent.receive(data, phone.peer, 0.0)
    assert len(list(phone.agent.effects())) <= 1
    assert phone.agent.deadline() is None


def _decide(phone: Phone, effect: Effect, source: random.Random, now: float) -> None:
    """As the user of an agent does."""
    notifier = phone.agent.notifier
    match effect:
        case Subscribing(subscription=name) | Referred(subscription=name):
            notifier.admit(name, now) if source.random() < 0.7 else notifier.deny(name, 403, now)
            notifier.progress(name, source.choice((180, 200, 486)), now)
        case NotifyDue(subscription=name):
            notifier.tell(name, News("application/conference-info+xml", b"<x/>"), now)
        case _:
            pass
