"""Where people are called, who we are to whom, and which addresses are believed."""

from __future__ import annotations

import pytest

from mixer.addressing import Destination, Unreachable, allowed, fixed, is_private, registered, rewritten, through
from mixer.reachability import behind_nat
from mixer.rules.addresses import Address, FixedUri, OutsideNumber, PhoneAccount, addresses
from mixer.rules.model import Person
from mixer.settings import TrunkRoute
from sip.effects import Peer
from sip.errors import RemoteError
from sip.headers import NameAddr
from sip.registrar import Binding
from sip.targets import Unresolved
from sip.uri import Uri
from tests.mixer.desk import People

TRUNK = TrunkRoute("provider", "sip:sip.provider.example:5070", "user", "secret")
COMPANY = NameAddr(Uri.parse("sip:+7495@conf.example"), "Example")
PUBLIC = "93.184.216.34"


async def looked_up(uri: Uri) -> tuple[Peer, ...]:
    if uri.host == "nowhere.example":
        raise Unresolved("the name nowhere.example has no address")
    host = PUBLIC if uri.host.endswith("provider.example") else uri.host
    return (Peer("udp", host, uri.port or 5060), Peer("udp", "203.0.113.1", 5060))


def binding(contact: str, host: str) -> Binding:
    return Binding(Uri.parse(contact), Peer("udp", host, 40000), 9e9, "c", 1)


def test_a_registered_phone_is_called_where_it_registered_from() -> None:
    latest, older = binding("sip:101@10.0.0.9:5061", "10.0.0.9"), binding("sip:101@10.0.0.8", "10.0.0.8")
    assert registered([latest, older]) == Destination(latest.contact, (latest.source,))


def test_a_phone_registered_through_a_nat_is_expected_from_its_public_host() -> None:
    assert registered([binding("sip:101@192.168.1.7", PUBLIC)]).public_host == PUBLIC


def test_a_phone_that_is_not_registered_is_nowhere() -> None:
    with pytest.raises(Unreachable, match="no phone is registered"):
        registered([])


async def test_a_fixed_uri_is_called_as_it_is_at_all_of_its_servers() -> None:
    there = await fixed(f"sip:carol@{PUBLIC}:5080", looked_up)
    assert str(there.target) == f"sip:carol@{PUBLIC}:5080"
    assert [peer.host for peer in there.peers] == [PUBLIC, "203.0.113.1"]
    assert there.public_host == PUBLIC
    assert (await fixed("sip:carol@10.0.0.9", looked_up)).public_host is None


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("sip:carol@[::1", "sip:carol@[::1 is no SIP URI"),
        ("sip:carol@nowhere.example", "the name nowhere.example has no address"),
    ],
)
async def test_a_uri_that_leads_nowhere_says_why(uri: str, reason: str) -> None:
    with pytest.raises(Unreachable) as why:
        await fixed(uri, looked_up)
    assert why.value.reason == reason


async def test_a_number_outside_goes_to_the_trunk_with_its_login_and_from_our_number_there() -> None:
    there = await through(TRUNK, (), "+7 (999) 123-45-67", COMPANY, looked_up)
    assert str(there.target) == "sip:+79991234567@sip.provider.example:5070"
    assert there.peers[0] == Peer("udp", PUBLIC, 5070)
    assert (there.username, there.password, there.route, there.headers) == ("user", "secret", (), ())
    assert str(there.caller) == '"Example" <sip:+7495@sip.provider.example>'
    assert "secret" not in repr(there)


async def test_an_exchange_without_a_login_sees_our_own_domain() -> None:
    there = await through(TrunkRoute("pbx", "sip:pbx.provider.example"), (), "102", COMPANY, looked_up)
    assert there.caller == COMPANY
    assert there.username is None


async def test_a_provider_may_want_the_login_in_from_and_our_number_asserted() -> None:
    trunk = TrunkRoute("provider", "sip:sip.provider.example", "us er", "secret", caller_id="asserted")
    there = await through(trunk, (), "102", COMPANY, looked_up)
    assert str(there.caller) == '"Example" <sip:us%20er@sip.provider.example>'
    assert there.headers == (("P-Asserted-Identity", '"Example" <sip:+7495@sip.provider.example>'),)
    alone = await through(
        TrunkRoute("pbx", "sip:pbx.provider.example", caller_id="asserted"), (), "1", COMPANY, looked_up
    )
    assert (alone.caller, alone.headers) == (COMPANY, (("P-Asserted-Identity", str(COMPANY)),))


async def test_the_route_that_a_registrar_gives_is_where_a_call_goes_first() -> None:
    edge = Uri.parse("sip:edge.provider.example:5090;lr")
    there = await through(TRUNK, (edge,), "102", COMPANY, looked_up)
    assert there.route == (edge,)
    assert there.peers[0].port == 5090
    assert there.target.host == "sip.provider.example"


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+7 999 123-45-67", "89991234567"),
        ("+7495 100", "100"),
        ("+44 20 7946", "901144207946"),
        ("102", "9102"),
        ("*21#", "9*21#"),
        ("alice b", "9alice b"),
    ],
)
def test_the_longest_prefix_of_a_number_is_rewritten_once(number: str, dialled: str) -> None:
    assert rewritten(number, (("+", "9011"), ("+7", "8"), ("+7495", ""), ("", "9"))) == dialled
    assert rewritten("102", (("+", "00"),)) == "102"


ANNA = Person("Anna", ("101", "+7 999 000-00-01"), password="x")
CAROL = Person("Carol", ("7",), sip="sip:carol@10.0.0.9")
DMITRI = Person("Dmitri", ("+7 999 000-00-02", "+7 999 000-00-03"))


@pytest.mark.parametrize(
    ("contact", "leads"),
    [
        ("sip:101@conf.example", PhoneAccount("101")),
        ("sip:101@CONF.example;transport=tcp", PhoneAccount("101")),
        ("sip:carol@10.0.0.9", FixedUri("sip:carol@10.0.0.9")),
        ("sip:7@conf.example", FixedUri("sip:carol@10.0.0.9")),
        ("tel:+7-999-000-00-01", OutsideNumber("+7 999 000-00-01")),
        ("sip:+79990000003@conf.example", OutsideNumber("+7 999 000-00-03")),
        ("tel:+7-900-premium", None),
        ("tel:+79001234567", None),
        ("sip:+79001234567@conf.example", None),
        ("sip:101@elsewhere.example", None),
        ("sip:mallory@10.0.0.9", None),
        ("sip:conf.example", None),
        ("mailto:anna@conf.example", None),
    ],
)
def test_a_redirection_leads_to_whom_the_directory_names_and_nowhere_else(contact: str, leads: Address | None) -> None:
    try:
        uri = Uri.parse(contact)
    except RemoteError:
        assert leads is None
        return
    assert allowed(uri, {"conf.example"}, People(ANNA, CAROL, DMITRI)) == leads


@pytest.mark.parametrize(
    ("person", "everywhere"),
    [
        (
            Person("Anna", ("101", "+7999", "+7998"), password="x"),
            (PhoneAccount("101"), OutsideNumber("+7999"), OutsideNumber("+7998")),
        ),
        (Person("Carol", ("7", "+7999"), sip="sip:c@h"), (FixedUri("sip:c@h"), OutsideNumber("+7999"))),
        (Person("Dmitri", ("+7999", "+7998")), (OutsideNumber("+7999"), OutsideNumber("+7998"))),
    ],
)
def test_a_person_can_be_called_at_their_phone_and_at_each_number_outside(
    person: Person, everywhere: tuple[object, ...]
) -> None:
    assert addresses(person) == everywhere


@pytest.mark.parametrize(
    ("stated", "source", "hidden"),
    [
        ("192.168.1.7", PUBLIC, True),
        ("100.64.3.2", PUBLIC, True),
        ("127.0.0.1", "10.0.0.9", True),
        ("127.0.1.1", "127.0.0.1", False),
        ("10.0.0.9", "127.0.0.1", False),
        ("10.0.0.9", "10.0.0.9", False),
        ("192.168.1.7", "10.0.0.9", False),
        ("8.8.8.8", PUBLIC, False),
        ("8.8.8.8", "10.0.0.9", False),
        ("fd00::1", PUBLIC, False),
        ("phone.example", PUBLIC, False),
    ],
)
def test_an_address_that_cannot_be_reached_from_here_is_one_behind_a_nat(
    stated: str, source: str, hidden: bool
) -> None:
    assert behind_nat(stated, source) == hidden


@pytest.mark.parametrize(
    ("host", "inside"),
    [("10.1.2.3", True), ("100.64.0.7", True), ("fd00::7", True), ("93.184.216.34", False), ("pbx.example", False)],
)
def test_addresses_of_carriers_nats_and_vpns_are_reached_from_inside_alone(host: str, inside: bool) -> None:
    assert is_private(host) is inside
