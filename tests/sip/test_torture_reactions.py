"""What the whole agent does with each message of RFC 4475 and RFC 5118: the answer, a call, or nothing."""

from __future__ import annotations

import random

import pytest

from sip.agent import Agent
from sip.effects import Incoming, Peer, Send
from sip.framing import Framer
from sip.settings import AgentSettings
from tests.sip.link import Passwords
from tests.sip.strategies import RFC_4475
from tests.sip.test_rfc5118 import register

NOTHING, CALL = 0, 100
REACTIONS = {
    # 3.1.1 valid messages
    "wsinv": 481,  # its To has a tag: it is for a dialog that is not there
    "intmeth": 405,
    "esc01": CALL,
    "escnull": 401,
    "esc02": 405,
    "lwsdisp": 200,
    "longreq": CALL,
    "dblreq": 401,
    "semiuri": 200,
    "transports": 200,
    "mpart01": 405,
    "unreason": NOTHING,
    "noreason": NOTHING,
    # 3.1.2 invalid messages
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": NOTHING,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 400,
    "baddate": CALL,
    "regbadct": 400,
    "badaspec": 400,
    "baddn": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "bigcode": NOTHING,
    # 3.2 to 3.4
    "badbranch": 200,
    "insuf": 400,
    "unkscm": 416,
    "novelsc": 416,
    "unksm2": 404,  # a registrar has no such address of record
    "bext01": 420,
    "invut": 415,
    "regaut01": 401,
    "multi01": 400,
    "mcl01": 400,
    "bcast": NOTHING,
    "zeromf": 200,  # it has come to its end: nobody forwards it
    "cparam01": 401,
    "cparam02": 401,
    "regescrt": 401,
    "sdp01": CALL,
    "inv2543": CALL,
}
PEER = Peer("udp", "192.0.2.1", 5060)


def agent() -> Agent:
    settings = AgentSettings(
        "example.com",
        frozenset({"registrar.example.com", "2001:db8::10", "2001:db8::10:5070", "::ffff:192.0.2.2"}),
        lambda _: ("10.0.0.1", 5060),
        "test",
    )
    return Agent(settings, Passwords({"user": "secret"}), random.Random(1))


def reaction(data: bytes, peer: Peer = PEER, target: Agent | None = None) -> int:
    target = target or agent()
    target.receive(data, peer, 0.0)
    effects = list(target.effects())
    answers = [int(effect.data[8:11]) for effect in effects if isinstance(effect, Send)]
    assert len(answers) <= 1
    assert any(isinstance(effect, Incoming) for effect in effects) == (answers == [CALL])
    return answers[0] if answers else NOTHING


def test_every_message_of_rfc_4475_is_listed() -> None:
    assert REACTIONS.keys() == RFC_4475.keys()
    assert len(REACTIONS) == 49


@pytest.mark.parametrize("name", REACTIONS)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_each_message_of_rfc_4475_has_the_reaction_that_the_rfc_asks_for(name: str, transport: str) -> None:
    assert reaction(RFC_4475[name], Peer(transport, "192.0.2.1", 5060)) == REACTIONS[name]


def test_an_extension_that_we_lack_is_named() -> None:
    target = agent()
    target.receive(RFC_4475["bext01"], PEER, 0.0)
    (refusal,) = [effect.data for effect in target.effects() if isinstance(effect, Send)]
    assert b"\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n" in refusal


def test_two_requests_in_one_stream_are_two() -> None:
    framer, target = Framer(), agent()
    framer.receive(RFC_4475["dblreq"])
    reactions = []
    while (frame := framer.next()) is not None:
        reactions.append(reaction(frame, Peer("tcp", "192.0.2.1", 5060), target))
    assert reactions == [401, 400]  # the second, an INVITE, lacks a Contact


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (register("sip:[2001:db8::10]"), 401),  # 4.1
        (register("sip:2001:db8::10"), 400),  # 4.2
        (register("sip:[2001:db8::10:5070]"), 401),  # 4.3
        (register("sip:[2001:db8::10]:5070"), 401),  # 4.4
        (
            register("sip:[2001:db8::10]", "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3"),
            401,
        ),
        (register("sip:[2001:db8::10]", "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3"), 401),
        (
            register(
                "sip:example.com", "SIP/2.0/UDP [::1]:6050;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2"
            ),
            401,
        ),
        (register("sip:[::ffff:192.0.2.2]", "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19"), 401),  # 4.9
        (register("sip:user@[2001:db8:::192.0.2.1]"), 401),  # 4.10
        (register("sip:user@[2001:db8::192.0.2.1]"), 401),
    ],
)
@pytest.mark.parametrize("host", ["2001:db8::9:1", "192.0.2.1"])
def test_each_registration_of_rfc_5118_has_the_reaction_that_the_rfc_asks_for(
    data: bytes, expected: int, host: str
) -> None:
    assert reaction(data, Peer("udp", host, 5060)) == expected


INVITE = b"""INVITE sip:user@[2001:db8::10] SIP/2.0\r
To: sip:user@[2001:db8::10]\r
From: sip:user@elsewhere.example;tag=81x2\r
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\r
Call-ID: SSG9559905523997077@hlau_4100\r
Contact: "Caller" <sip:caller@[2001:db8::9:1]>\r
CSeq: 8612 INVITE\r
Max-Forwards: 70\r
Content-Type: application/sdp\r
\r
v=0\r
o=assistant 971731711378798081 0 IN IP6 2001:db8::20\r
s=Live video feed for today's meeting\r
%st=3338481189 3370017201\r
%s"""


@pytest.mark.parametrize(
    ("session", "media"),
    [
        (b"c=IN IP6 2001:db8::20\r\n", b"m=audio 6000 RTP/AVP 2\r\na=rtpmap:2 G726-32/8000\r\n"),  # 4.6
        (b"", b"m=audio 6000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\nm=audio 7000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"),
        (b"c=IN IP6 ::ffff:192.0.2.2\r\n", b"m=audio 6000 RTP/AVP 2\r\n"),  # 4.9
    ],
    ids=["4.6", "4.8", "4.9"],
)
def test_each_invitation_of_rfc_5118_is_a_call(session: bytes, media: bytes) -> None:
    assert reaction(INVITE % (session, media), Peer("udp", "2001:db8::9:1", 5060)) == CALL
