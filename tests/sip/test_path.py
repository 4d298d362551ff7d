"""Proxies between us and a phone or a trunk: Path (RFC 3327), and preloaded routes (RFC 3261 §12.2.1.1)."""

from __future__ import annotations

import json

from sip.effects import Peer, Send
from sip.message import Request
from sip.parser import parse
from sip.registrar import MAX_PATH, Registrar
from sip.uri import Uri
from tests.sip.link import ALICE, OFFER
from tests.sip.script import agent
from tests.sip.test_registrar import Registrant

EDGE = "<sip:10.0.0.9:5070;lr>"
INNER = "<sip:inner.example;lr>"


class Behind(Registrant):
    """A phone behind proxies, which add headers to what it says."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        super().__init__()
        self.headers = headers

    def _request(self, contacts: tuple[str, ...], expires: str | None, number: int, call_id: str) -> Request:
        made = super()._request(contacts, expires, number, call_id)
        headers = made.headers
        for name, value in self.headers:
            headers = headers.adding(name, value)
        return made.with_headers(headers)


def test_a_path_is_stored_shown_to_who_knows_of_it_and_gone_by() -> None:
    phone = Behind(("Path", EDGE), ("Path", INNER), ("Supported", "path"), ("Require", "path"))
    assert phone.register("<sip:101@192.168.1.7>") == 200
    assert phone.heard[-1].headers.get_all("Path") == (EDGE, INNER)
    (binding,) = phone.agent.registrar.bindings("101", 0.0)
    assert [str(hop) for hop in binding.path] == ["sip:10.0.0.9:5070;lr", "sip:inner.example;lr"]
    assert binding.hop == Peer("udp", "10.0.0.9", 5070)


def test_a_phone_that_knows_nothing_of_it_is_not_shown_the_path_and_is_called_by_it_all_the_same() -> None:
    phone = Behind(("Path", EDGE))
    assert phone.register("<sip:101@192.168.1.7>") == 200
    assert "Path" not in phone.heard[-1].headers
    assert len(phone.agent.registrar.bindings("101", 0.0)[0].path) == 1


def test_a_path_that_is_too_long_or_no_path_is_refused() -> None:
    assert Behind(*[("Path", EDGE)] * (MAX_PATH + 1)).register("<sip:101@192.168.1.7>") == 400
    assert Behind(("Path", "<nonsense>")).register("<sip:101@192.168.1.7>") == 400


def test_a_proxy_that_names_itself_or_a_private_address_is_reached_where_it_writes_from() -> None:
    phone = Behind(("Path", "<sip:edge.example;lr>"))
    phone.register("<sip:101@192.168.1.7>")
    assert phone.agent.registrar.bindings("101", 0.0)[0].hop == phone.peer


def test_a_path_leads_to_no_other_host_than_the_one_that_has_written() -> None:
    """Such as a trunk that trusts our address, and would call the number that is in the phone's Contact."""
    phone = Behind(("Path", "<sip:10.0.0.77;lr>"))
    assert phone.register("<sip:00972592277524@10.0.0.77>") == 200
    assert phone.agent.registrar.bindings("101", 0.0)[0].hop == phone.peer


def test_a_path_outlives_a_restart_and_bindings_from_before_it_was_stored_are_read() -> None:
    phone = Behind(("Path", EDGE))
    phone.register("<sip:101@192.168.1.7>")
    stored = json.loads(json.dumps(phone.agent.registrar.dump(0.0)))
    next_one = Registrar()
    next_one.load(stored, 0.0, 0.0)
    assert next_one.bindings("101", 0.0) == phone.agent.registrar.bindings("101", 0.0)
    del stored[0]["path"]
    next_one.load(stored, 0.0, 0.0)
    assert next_one.bindings("101", 0.0)[0].path == ()


def invited(*route: str) -> Request:
    served = agent()
    served.invite(
        Uri.parse("sip:7@far.example"),
        caller=ALICE,
        offer=OFFER,
        peers=(Peer("udp", "10.0.0.9", 5060),),
        route=tuple(map(Uri.parse, route)),
        now=0.0,
    )
    (sent,) = (parse(effect.data) for effect in served.effects() if isinstance(effect, Send))
    assert isinstance(sent, Request)
    return sent


def test_a_call_by_loose_routers_names_them_in_order_and_the_callee_in_its_uri() -> None:
    sent = invited("sip:a.example;lr", "sip:b.example;lr")
    assert str(sent.uri) == "sip:7@far.example"
    assert [str(hop) for hop in sent.routes] == ["<sip:a.example;lr>", "<sip:b.example;lr>"]


def test_a_strict_router_finds_itself_in_the_uri_and_the_callee_last() -> None:
    sent = invited("sip:a.example", "sip:b.example;lr")
    assert str(sent.uri) == "sip:a.example"
    assert [str(hop) for hop in sent.routes] == ["<sip:b.example;lr>", "<sip:7@far.example>"]
