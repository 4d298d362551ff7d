"""Who is calling: accounts by digest, trunks by address, strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sip.digest import Challenge, authorize
from sip.effects import Incoming, Peer, WrongPassword
from sip.settings import TrunkSettings
from sip.uri import Uri
from tests.sip.link import Phone
from tests.sip.script import agent, invite, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from sip.agent import Agent
    from sip.message import Request

TRUNK = TrunkSettings(
    "provider", Uri.parse("sip:sip.provider.example"), None, None, register=False, trust_caller_id=True
)
TRUNK_PEER = Peer("udp", "192.0.2.1", 5060)


def mine(number: int = 1, **changes: object) -> Request:
    return invite(number, **({"user": "101", "host": "conf.example"} | changes))


def signed(
    asked: Request, phone: Phone, password: str, algorithm: str = "MD5", user: str = "101", nc: int = 1
) -> Request:
    challenges = [Challenge.parse(value) for value in phone.heard[-1].headers.get_all("WWW-Authenticate")]
    chosen = [challenge for challenge in challenges if challenge.algorithm == algorithm]
    credentials = authorize(chosen, asked.method, str(asked.uri), user, password, asked.body, "cn", nc)
    return asked.with_headers(asked.headers.adding("Authorization", str(credentials)))


def incoming(phone: Phone) -> Incoming:
    effect = phone.last(Incoming)
    assert isinstance(effect, Incoming)
    return effect


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("host", ["conf.example", "CONF", "10.0.0.1"], ids=["domain", "alias", "our address"])
def test_an_account_proves_itself(algorithm: str, host: str) -> None:
    phone = Phone(agent(digests=("SHA-256", "MD5"), **{"101": "secret"}))
    assert phone.say(mine(host=host)) == ["401 INVITE"]
    algorithms = [Challenge.parse(value).algorithm for value in phone.heard[-1].headers.get_all("WWW-Authenticate")]
    assert algorithms == ["SHA-256", "MD5"]
    assert phone.say(signed(mine(2, host=host), phone, "secret", algorithm)) == ["100 INVITE"]
    assert (incoming(phone).account, incoming(phone).asserted) == ("101", None)


def test_nothing_is_kept_for_those_who_have_not_proven_themselves() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    first = mine(via="z9hG4bKfirst")
    phone.say(first)
    phone.say(first)
    assert phone.heard[-1].to.tag == phone.heard[-2].to.tag
    assert len(phone.agent._layer) == 0
    assert phone.say(request("ACK", to_tag=phone.heard[-1].to.tag, via="z9hG4bKfirst")) == []
    assert phone.agent.dropped == 0


def test_a_wrong_password_gets_403_and_no_call() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    phone.say(mine())
    assert phone.say(signed(mine(2), phone, "guess")) == ["403 INVITE"]
    assert phone.effects == [WrongPassword(phone.peer, "101")]


def test_an_account_cannot_speak_for_another() -> None:
    phone = Phone(agent(**{"101": "secret", "102": "other"}))
    phone.say(mine())
    assert phone.say(signed(mine(2), phone, "other", user="102")) == ["403 INVITE"]


def test_an_old_nonce_is_challenged_again_as_stale() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    phone.say(mine())
    late = signed(mine(2), phone, "secret")
    assert phone.say(late, 3600.0) == ["401 INVITE"]
    assert Challenge.parse(phone.heard[-1].headers.get("WWW-Authenticate") or "").stale
    assert phone.say(signed(mine(3), phone, "secret"), 3600.0) == ["100 INVITE"]


def test_credentials_cannot_be_used_twice() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    phone.say(mine())
    once = signed(mine(2), phone, "secret")
    assert phone.say(once) == ["100 INVITE"]
    stolen = mine(3, call_id="other").headers
    replay = once.with_headers(stolen.adding("Authorization", once.headers.get("Authorization") or ""))
    assert phone.say(replay) == ["401 INVITE"]


def test_credentials_for_another_realm_are_not_ours_to_judge() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    foreign = authorize([Challenge("proxy", "n")], "INVITE", "sip:x", "101", "x", b"", "c", 1)
    headers = mine().headers.adding("Authorization", str(foreign))
    assert phone.say(mine().with_headers(headers)) == ["401 INVITE"]


def test_a_from_of_another_domain_is_a_stranger() -> None:
    phone = Phone(agent(**{"101": "secret"}))
    assert phone.say(invite(user="101", host="elsewhere")) == ["100 INVITE"]
    assert (incoming(phone).account, incoming(phone).asserted) == (None, None)


def from_trunk(settings: TrunkSettings, *identities: str) -> tuple[Agent, Incoming]:
    phone = Phone(agent(settings, **{"101": "secret"}), TRUNK_PEER.host)
    phone.agent.trunk_resolved("provider", (TRUNK_PEER,), 0.0)
    headers = tuple(("P-Asserted-Identity", identity) for identity in identities)
    assert phone.say(mine(headers=headers)) == ["100 INVITE"]
    return phone.agent, incoming(phone)


@pytest.mark.parametrize(
    ("identities", "expected"),
    [
        ((), "101"),
        (("<sip:+74955550100@provider>",), "+74955550100"),
        (("tel:+74955550100",), "+74955550100"),
        (("<sip:provider>", "<sip:7%35@provider>"), "75"),
        (("<<broken",), "101"),
    ],
)
def test_a_trusted_trunk_says_who_calls(identities: tuple[str, ...], expected: str) -> None:
    _, call = from_trunk(TRUNK, *identities)
    assert (call.account, call.asserted) == (None, expected)


def test_what_a_trunk_says_counts_only_if_it_is_trusted() -> None:
    settings = TrunkSettings("provider", TRUNK.uri, None, None, register=False, trust_caller_id=False)
    _, call = from_trunk(settings, "<sip:1@provider>")
    assert call.asserted is None


def test_a_stranger_asserts_nothing() -> None:
    phone = Phone(agent(TRUNK))
    phone.agent.trunk_resolved("provider", (TRUNK_PEER,), 0.0)
    phone.say(invite(headers=(("P-Asserted-Identity", "<sip:boss@conf.example>"),)))
    assert incoming(phone).asserted is None


def test_a_trunk_that_moves_is_no_longer_trusted_where_it_was() -> None:
    phone = Phone(agent(TRUNK), TRUNK_PEER.host)
    phone.agent.trunk_resolved("provider", (TRUNK_PEER,), 0.0)
    phone.agent.trunk_resolved("provider", (Peer("udp", "192.0.2.2", 5060),), 1.0)
    phone.say(invite(headers=(("P-Asserted-Identity", "<sip:boss@conf.example>"),)))
    assert incoming(phone).asserted is None


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda text: text, "100 INVITE"),
        (lambda text: text.replace("Digest", "Basic"), "401 INVITE"),  # another scheme is as good as none
        (lambda _: "Digest ,", "400 INVITE"),
    ],
)
def test_nonsense_in_authorization_never_raises(change: Callable[[str], str], answer: str) -> None:
    phone = Phone(agent(**{"101": "secret"}))
    phone.say(mine())
    good = signed(mine(2), phone, "secret")
    headers = good.headers.with_("Authorization", change(good.headers.get("Authorization") or ""))
    assert phone.say(good.with_headers(headers)) == [answer]
