"""Calls that outlive the process that had them: what is stored of each, and the BYE of the next process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sip.effects import Peer, Send
from sip.message import Request, respond
from sip.parser import parse
from tests.sip.link import ANSWER, Phone
from tests.sip.scenes import calling
from tests.sip.script import agent, answer, invite, request

if TYPE_CHECKING:
    from sip.agent import Agent
    from sip.dialog import StoredDialog


def through_a_file(stored: StoredDialog | None) -> StoredDialog:
    """As the next process reads it."""
    assert stored is not None
    loaded: StoredDialog = json.loads(json.dumps(stored))
    return loaded


def farewell(stored: StoredDialog) -> tuple[Agent, Request, Peer]:
    """The next process, its BYE, and where it went."""
    successor = agent()
    successor.farewell(through_a_file(stored), 0.0)
    (send,) = successor.effects()
    assert isinstance(send, Send)
    bye = parse(send.data)
    assert isinstance(bye, Request)
    return successor, bye, send.peer


def test_the_next_process_ends_a_call_that_this_one_placed() -> None:
    phone, call, sent = calling()
    assert phone.agent.dialog(call) is None
    phone.say(answer(sent, 200, body=ANSWER))
    stored = phone.agent.dialog(call)
    assert stored is not None
    _, bye, peer = farewell(stored)
    assert bye.method == "BYE"
    assert str(bye.uri) == "sip:phone@10.0.0.9:5060"
    assert (bye.call_id, bye.from_.tag, bye.to.tag) == (sent.call_id, sent.from_.tag, "phone")
    assert bye.cseq.number == sent.cseq.number + 1
    assert peer == phone.peer


def test_the_next_process_ends_a_call_that_came_in_and_the_phone_believes_it() -> None:
    phone = Phone(agent())
    phone.say(invite())
    call = phone.effects[0].call  # type: ignore[union-attr]  # an Incoming
    phone.agent.accept(call, ANSWER, 0.0)
    phone.listen()
    ok = phone.heard[-1]
    phone.say(request("ACK", to_tag=ok.to.tag))
    stored = phone.agent.dialog(call)
    assert stored is not None
    _, bye, peer = farewell(stored)
    assert (bye.call_id, bye.from_.tag, bye.to.tag) == ("call-1", ok.to.tag, "phone")
    assert peer == phone.peer


def test_a_bye_of_the_next_process_goes_the_way_of_the_call() -> None:
    phone = Phone(agent())
    routes = (("Record-Route", "<sip:10.0.0.9:5070;lr>"), ("Record-Route", "<sip:far.example;lr>"))
    phone.say(invite(headers=routes))
    call = phone.effects[0].call  # type: ignore[union-attr]  # an Incoming
    stored = phone.agent.dialog(call)
    assert stored is not None
    _, bye, peer = farewell(stored)
    assert bye.headers.get_all("Route") == ("<sip:10.0.0.9:5070;lr>", "<sip:far.example;lr>")
    assert peer == Peer("udp", "10.0.0.9", 5070)


def test_what_waits_for_an_answer_is_counted_until_it_has_one() -> None:
    phone, call, sent = calling()
    assert phone.agent.unanswered == 1
    phone.say(answer(sent, 180))
    assert phone.agent.unanswered == 1
    phone.say(answer(sent, 200, body=ANSWER))
    assert phone.agent.unanswered == 0
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]
    assert phone.agent.unanswered == 1
    phone.say(respond(phone.heard[-1], 200))  # type: ignore[arg-type]  # it is the BYE
    assert phone.agent.unanswered == 0


@pytest.mark.parametrize("status", [200, 481])
def test_the_answer_to_a_farewell_ends_the_waiting(status: int) -> None:
    phone = Phone(agent())
    phone.say(invite())
    stored = phone.agent.dialog(phone.effects[0].call)  # type: ignore[union-attr]  # an Incoming
    assert stored is not None
    successor, bye, peer = farewell(stored)
    assert successor.unanswered == 1
    successor.receive(bytes(respond(bye, status)), peer, 1.0)
    assert successor.unanswered == 0
    while (at := successor.deadline()) is not None:
        successor.tick(at)
    assert list(successor.effects()) == []


def test_a_farewell_that_nobody_answers_is_given_up() -> None:
    phone = Phone(agent())
    phone.say(invite())
    stored = phone.agent.dialog(phone.effects[0].call)  # type: ignore[union-attr]  # an Incoming
    assert stored is not None
    successor, _, _ = farewell(stored)
    while (at := successor.deadline()) is not None:
        assert at <= 32.0
        successor.tick(at)
    assert successor.unanswered == 0


@pytest.mark.parametrize(
    "stored", [{}, [], None, "text", 7, {"call_id": 1}, {"call_id": "a", "local": 7}, {"call_id": "a", "local": "<"}]
)
def test_what_is_no_stored_dialog_is_a_value_error(stored: object) -> None:
    with pytest.raises(ValueError, match="no stored dialog"):
        agent().farewell(stored, 0.0)  # type: ignore[arg-type]  # that is what is tested


def test_no_call_of_that_name_has_a_dialog() -> None:
    assert agent().dialog("nobody") is None


def test_the_name_that_a_certificate_must_bear_is_kept_and_may_be_missing() -> None:
    phone = Phone(agent())
    peer = Peer("tls", "192.0.2.1", 5061, "sip.provider.example")
    dialog = through_a_file(_stored(phone)) | {"transport": "tls", "host": peer.host, "port": 5061, "name": peer.name}
    assert farewell(dialog)[2] == peer  # type: ignore[arg-type]  # the union of two such is one
    del dialog["name"]
    assert farewell(dialog)[2] == Peer("tls", "192.0.2.1", 5061)  # type: ignore[arg-type]


def _stored(phone: Phone) -> StoredDialog | None:
    phone.say(invite())
    call = phone.effects[0].call  # type: ignore[union-attr]  # an Incoming
    phone.agent.accept(call, ANSWER, 0.0)
    return phone.agent.dialog(call)
