"""REGISTER as phones send it, and bindings that outlive a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sip.digest import Challenge, authorize
from sip.effects import Bindings, Peer
from sip.registrar import Registrar
from tests.sip.link import Phone
from tests.sip.script import agent, request

if TYPE_CHECKING:
    from sip.agent import Agent
    from sip.message import Request


class Registrant(Phone):
    """Knows its password, and counts."""

    def __init__(self, served_by: Agent | None = None) -> None:
        super().__init__(served_by or agent(**{"101": "secret"}))
        self.number = 0

    def register(
        self,
        *contacts: str,
        expires: str | None = None,
        now: float = 0.0,
        password: str = "secret",
        number: int | None = None,
        call_id: str = "registration",
    ) -> int:
        """The final status."""
        self.number += 1
        asked = self._request(contacts, expires, number or self.number, call_id)
        assert self.say(asked, now) == ["401 REGISTER"]
        self.number += 1
        asked = self._request(contacts, expires, number or self.number, call_id)
        challenge = Challenge.parse(self.heard[-1].headers.get_all("WWW-Authenticate")[0])
        credentials = authorize([challenge], "REGISTER", str(asked.uri), "101", password, b"", "c", 1)
        word = self.say(asked.with_headers(asked.headers.adding("Authorization", str(credentials))), now)[0]
        return int(word.split()[0])

    def _request(self, contacts: tuple[str, ...], expires: str | None, number: int, call_id: str) -> Request:
        made = request("REGISTER", number, uri="sip:conf.example", user="101", host="conf.example", call_id=call_id)
        headers = made.headers.with_("To", "<sip:101@conf.example>").without("Contact").adding("Contact", *contacts)
        return made.with_headers(headers if expires is None else headers.adding("Expires", expires))

    def bound(self, now: float = 0.0) -> list[str]:
        return [str(binding.contact) for binding in self.agent.registrar.bindings("101", now)]

    def answered(self) -> list[str]:
        return [str(contact) for contact in self.heard[-1].contacts]


def test_a_phone_registers_for_as_long_as_it_asks_within_limits() -> None:
    phone = Registrant()
    assert phone.register("<sip:101@192.168.1.5:5062>", expires="120") == 200
    assert phone.answered() == ["<sip:101@192.168.1.5:5062>;expires=120"]
    assert phone.effects == [Bindings("101", ("sip:101@192.168.1.5:5062",), arrived=True)]
    assert phone.bound(119.9) == ["sip:101@192.168.1.5:5062"]
    assert phone.bound(120.0) == []


@pytest.mark.parametrize(
    ("contact", "expires", "granted"),
    [
        ("<sip:a@10.0.0.9>", None, 300),
        ("<sip:a@10.0.0.9>;expires=90", "120", 90),
        ("<sip:a@10.0.0.9>", "99999999999", 3600),
        ("<sip:a@10.0.0.9>;expires=soon", None, 300),
    ],
)
def test_the_expiry_is_the_contacts_else_the_requests_else_ours(
    contact: str, expires: str | None, granted: int
) -> None:
    phone = Registrant()
    assert phone.register(contact, expires=expires) == 200
    assert phone.answered() == [f"<sip:a@10.0.0.9>;expires={granted}"]


def test_it_is_told_whether_a_phone_has_come_or_only_stays() -> None:
    phone = Registrant()
    steps = [("<sip:a@10.0.0.9>", 0), ("<sip:a@10.0.0.9>", 200), ("<sip:b@10.0.0.9>", 201), ("<sip:a@10.0.0.9>", 503)]
    for number, (contact, at) in enumerate(steps):
        phone.register(contact, number=number + 1, now=float(at))
    phone.register("*", expires="0", number=9, now=504.0)
    arrived = [each.arrived for each in phone.effects if isinstance(each, Bindings)]
    assert arrived == [True, False, True, True, False]


def test_too_brief_an_expiry_gets_423_with_what_we_want() -> None:
    phone = Registrant()
    assert phone.register("<sip:a@10.0.0.9>", expires="59") == 423
    assert phone.heard[-1].headers.get("Min-Expires") == "60"
    assert phone.bound() == []


def test_where_a_phone_writes_from_is_kept() -> None:
    phone = Registrant()
    phone.peer = Peer("udp", "198.51.100.4", 61_000)
    phone.register("<sip:a@192.168.1.5>")
    assert [binding.source for binding in phone.agent.registrar.bindings("101", 0.0)] == [phone.peer]


def test_a_register_without_contact_asks_what_is_bound() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>")
    assert phone.register(now=100.0) == 200
    assert phone.answered() == ["<sip:a@10.0.0.9>;expires=200"]
    assert len(phone.effects) == 1


def test_several_phones_of_one_account_and_one_leaves() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>")
    phone.register("<sip:b@10.0.0.9>", "<sip:c@10.0.0.9>", call_id="another phone")
    assert phone.bound() == ["sip:c@10.0.0.9", "sip:b@10.0.0.9", "sip:a@10.0.0.9"]
    phone.register("<sip:a@10.0.0.9>;expires=0")
    assert phone.bound() == ["sip:c@10.0.0.9", "sip:b@10.0.0.9"]


def test_a_star_takes_all_back_but_only_with_expires_0() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>", "<sip:b@10.0.0.9>")
    assert phone.register("*") == 400
    assert phone.register("*", expires="60") == 400
    assert len(phone.bound()) == 2
    assert phone.register("*", expires="0") == 200
    assert phone.bound() == []
    assert phone.effects[-1] == Bindings("101", ())


def test_a_register_that_was_overtaken_changes_nothing() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>", number=10)
    assert phone.register("<sip:a@10.0.0.9>;expires=0", number=9) == 500
    assert phone.bound() == ["sip:a@10.0.0.9"]
    assert phone.register("<sip:a@10.0.0.9>;expires=0", number=9, call_id="after a restart") == 200
    assert phone.bound() == []


def test_of_several_contacts_all_are_taken_or_none() -> None:
    phone = Registrant()
    assert phone.register("<sip:a@10.0.0.9>", "<sip:b@10.0.0.9>;expires=5") == 423
    assert phone.register("<sip:a@10.0.0.9>", "<mailto:b@example>") == 400
    assert phone.bound() == []


def test_the_eleventh_binding_takes_the_place_of_the_one_that_ends_first() -> None:
    phone = Registrant()
    for number in range(11):
        assert phone.register(f"<sip:101@10.0.0.9:{6000 + number}>", expires=str(600 if number else 100)) == 200
    assert len(phone.bound()) == 10
    assert "sip:101@10.0.0.9:6000" not in phone.bound()


def test_a_wrong_password_and_an_unknown_user_are_refused_alike() -> None:
    assert Registrant().register("<sip:a@10.0.0.9>", password="guess") == 403
    assert Registrant(agent()).register("<sip:a@10.0.0.9>") == 403


def test_a_retransmitted_register_gets_the_same_answer() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>")
    before = phone.heard[-1]
    asked = phone._request(("<sip:a@10.0.0.9>",), None, 3, "registration")
    phone.say(asked, 1.0)
    challenge = Challenge.parse(phone.heard[-1].headers.get_all("WWW-Authenticate")[0])
    credentials = authorize([challenge], "REGISTER", str(asked.uri), "101", "secret", b"", "c", 1)
    signed = asked.with_headers(asked.headers.with_("CSeq", "4 REGISTER").adding("Authorization", str(credentials)))
    signed = signed.with_headers(signed.headers.with_("Via", "SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bKsecond"))
    assert phone.say(signed, 1.0) == ["200 REGISTER"]
    assert phone.say(signed, 1.5) == ["200 REGISTER"]
    assert phone.heard[-1] == phone.heard[-2] != before
    assert len(phone.effects) == 2


def test_a_foreign_domain_is_not_registered_here() -> None:
    phone = Registrant()
    asked = phone._request(("<sip:a@10.0.0.9>",), None, 1, "x")
    assert phone.say(asked.with_headers(asked.headers.with_("To", "<sip:101@elsewhere>"))) == ["404 REGISTER"]


def test_bindings_survive_a_restart_and_age_meanwhile() -> None:
    phone = Registrant()
    phone.register("<sip:a@10.0.0.9>", expires="600", now=50.0)
    phone.register("<sip:b@10.0.0.9>", expires="100", now=50.0)
    stored = json.loads(json.dumps(phone.agent.registrar.dump(60.0)))

    later = Registrar()
    later.load(stored, now=1.0, age=120.0)
    (binding,) = later.bindings("101", 1.0)
    assert str(binding.contact) == "sip:a@10.0.0.9"
    assert binding.expires - 1.0 == 600 - 10 - 120
    assert binding.source == phone.peer


@pytest.mark.parametrize("stored", [[{}], [{"account": "101", "contact": "?"}], [3]])
def test_what_is_no_dump_is_named_as_such(stored: list[object]) -> None:
    with pytest.raises(ValueError, match="no stored binding"):
        Registrar().load(stored, 0.0, 0.0)  # type: ignore[arg-type]  # the point of the test
