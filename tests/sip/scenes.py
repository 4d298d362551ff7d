"""Where a test of a call that came in begins: it rings, is accepted, or talks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.effects import Incoming
from tests.sip.link import ANSWER, Phone
from tests.sip.script import agent, invite, request

if TYPE_CHECKING:
    from sip.message import Request


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
