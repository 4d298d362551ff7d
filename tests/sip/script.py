"""The messages of a scripted phone."""

from __future__ import annotations

import random
from itertools import count

from sip.agent import Agent
from sip.effects import Peer
from sip.headers import CSeq
from sip.message import Headers, Request, Response, respond
from sip.settings import AgentSettings, TrunkSettings
from sip.throttle import Limits, Rate
from sip.uri import Uri
from tests.sip.link import OFFER, Passwords

_BRANCHES = count()


def agent(
    *trunks: TrunkSettings, digests: tuple[str, ...] = ("MD5",), limits: Limits | None = None, **accounts: str
) -> Agent:
    settings = AgentSettings(
        "conf.example",
        frozenset({"conf"}),
        lambda _: ("10.0.0.1", 5060),
        "confctl-test",
        trunks,
        digests,
        limits=limits or Limits(),
    )
    return Agent(settings, Passwords(accounts), random.Random(7))


def branch() -> str:
    return f"z9hG4bKphone{next(_BRANCHES)}"


def request(
    method: str,
    number: int = 1,
    *,
    uri: str = "sip:500@conf.example",
    user: str = "stranger",
    host: str = "elsewhere.example",
    tag: str | None = "phone",
    to_tag: str | None = None,
    call_id: str = "call-1",
    via: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    kind: str | None = "application/sdp",
) -> Request:
    fields = [
        ("Via", f"SIP/2.0/UDP 10.0.0.9:5060;rport;branch={via or branch()}"),
        ("Max-Forwards", "70"),
        ("From", f"<sip:{user}@{host}>" + (f";tag={tag}" if tag else "")),
        ("To", "<sip:500@conf.example>" + (f";tag={to_tag}" if to_tag else "")),
        ("Call-ID", call_id),
        ("CSeq", str(CSeq(number, method))),
        ("Contact", "<sip:phone@10.0.0.9:5060>"),
        *headers,
    ]
    if body and kind:
        fields.append(("Content-Type", kind))
    return Request(method, Uri.parse(uri), Headers(fields), body)


def invite(number: int = 1, **changes: object) -> Request:
    return request("INVITE", number, **({"body": OFFER} | changes))  # type: ignore[arg-type]  # as request() has them


def answer(
    to: Request, status: int, tag: str | None = "phone", body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    fields = [("Contact", "<sip:phone@10.0.0.9:5060>"), *headers]
    if body:
        fields.append(("Content-Type", "application/sdp"))
    return respond(to, status, to_tag=tag, headers=fields, body=body)


_ANY = Rate(1e9, 1e9)
UNLIMITED = Limits(
    source=_ANY,
    strangers=_ANY,
    invites=_ANY,
    calls_of_source=_ANY,
    calls_of_strangers=_ANY,
    pending_of_source=10**9,
    pending=10**9,
)
"""For tests that send thousands of messages in no time."""
PHONE = Peer("udp", "10.0.0.9", 5060)
