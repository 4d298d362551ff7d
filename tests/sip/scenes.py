"""Where a test of a call begins: one that came in rings, is accepted, or talks; one of ours has just been placed."""

from __future__ import annotations

from sip.effects import Incoming
from sip.message import Request
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.script import agent, invite, request

TARGET = Uri.parse("sip:101@10.0.0.9")


def ringing(first: Request | None = None) -> tuple[Phone, Request, str]:
    phone = Phone(agent())
    first = first or invite()
    assert phone.say(first) == ["100 INVITE"]
    incoming = phone.last(Incoming)
    assert isinstance(incoming, Incoming)
    return phone, first, incoming.call


def accepted(first: Request | None = None) -> tuple[Phone, Request, str, str]:
    """With our tag."""
    phone, first, call = ringing(first)
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 INVITE"]
    return phone, first, call, phone.heard[-1].to.tag or ""


def talking(first: Request | None = None) -> tuple[Phone, str, str]:
    phone, first, call, tag = accepted(first)
    assert phone.say(request("ACK", first.cseq.number, to_tag=tag)) == []
    return phone, call, tag


def calling(
    phone: Phone | None = None, username: str | None = None, password: str | None = None
) -> tuple[Phone, str, Request]:
    """We call; with the INVITE."""
    phone = phone or Phone(agent())
    call = phone.agent.invite(
        TARGET, caller=ALICE, offer=OFFER, peers=(phone.peer,), username=username, password=password, now=0.0
    )
    assert phone.listen() == ["INVITE"]
    return phone, call, asked(phone)


def asked(phone: Phone) -> Request:
    """What we asked last."""
    return [message for message in phone.heard if isinstance(message, Request)][-1]


def theirs(method: str, sent: Request, number: int = 1, tag: str = "phone", body: bytes = b"") -> Request:
    """A request from the phone inside the dialog of a call that we placed."""
    return request(method, number, to_tag=sent.from_.tag, tag=tag, call_id=sent.call_id, body=body)
