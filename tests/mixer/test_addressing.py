"""Where people are called, and which addresses are believed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.addresses import FixedUri, OutsideNumber, PhoneAccount, addresses
from mixer.addressing import Destination, Unreachable, destination, resolve
from mixer.model import Person
from mixer.names import BELIEVED, KEPT, Names
from mixer.reachability import behind_nat
from mixer.settings import TrunkRoute
from sip.effects import Peer
from sip.registrar import Binding
from sip.uri import Uri
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Sequence

TRUNK = TrunkRoute("provider", "sip:sip.provider.example:5070", "user", "secret")
PUBLIC = "93.184.216.34"


async def looked_up(uri: Uri) -> Peer:
    return Peer("udp", {"sip.provider.example": PUBLIC}.get(uri.host, uri.host), uri.port or 5060)


def binding(contact: str, host: str) -> Binding:
    return Binding(Uri.parse(contact), Peer("udp", host, 40000), 9e9, "c", 1)


async def way_to(
    person: Person, bindings: Sequence[Binding] = (), trunks: Sequence[TrunkRoute] = (TRUNK,), *, address: int = 0
) -> Destination:
    return await destination(addresses(person)[address], lambda _: bindings, trunks, looked_up)


async def test_a_registered_phone_is_called_where_it_registered_from() -> None:
    anna = Person("Anna", ("101", "+74955550101"), password="x")
    latest, older = binding("sip:101@10.0.0.9:5061", "10.0.0.9"), binding("sip:101@10.0.0.8", "10.0.0.8")
    assert await way_to(anna, [latest, older]) == Destination(latest.contact, latest.source)


async def test_a_phone_registered_through_a_nat_is_expected_from_its_public_host() -> None:
    there = await way_to(Person("Anna", ("101",), password="x"), [binding("sip:101@192.168.1.7", PUBLIC)])
    assert there.public_host == PUBLIC


async def test_a_fixed_uri_is_called_as_it_is() -> None:
    there = await way_to(Person("Carol", ("7",), sip=f"sip:carol@{PUBLIC}:5080"))
    assert (str(there.target), there.peer, there.public_host) == (
        f"sip:carol@{PUBLIC}:5080",
        Peer("udp", PUBLIC, 5080),
        PUBLIC,
    )
    inside = await way_to(Person("Carol", ("7",), sip="sip:carol@10.0.0.9"))
    assert inside.public_host is None


async def test_who_has_no_phone_here_is_called_through_the_trunk_with_its_login() -> None:
    there = await way_to(Person("Dmitri", ("+7 999#1",)))
    assert str(there.target) == "sip:+7%20999%231@sip.provider.example:5070"
    assert (there.peer, there.username, there.password) == (Peer("udp", PUBLIC, 5070), "user", "secret")


async def test_the_second_number_of_who_has_an_account_is_called_through_the_trunk() -> None:
    there = await way_to(Person("Anna", ("101", "+74955550101"), password="x"), address=1)
    assert there.target.user == "+74955550101"


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
    ("person", "trunks", "reason"),
    [
        (Person("Anna", ("101",), password="x"), (TRUNK,), "no phone is registered"),
        (Person("Anna", ("101", "102"), password="x"), (), "no phone is registered"),
        (Person("Dmitri", ("102",)), (), "no trunk for this number"),
        (Person("Carol", ("7",), sip="sip:carol@[::1"), (), "sip:carol@[::1 is no SIP URI"),
    ],
)
async def test_who_cannot_be_called_is_told_why(person: Person, trunks: Sequence[TrunkRoute], reason: str) -> None:
    with pytest.raises(Unreachable) as why:
        await way_to(person, (), trunks)
    assert why.value.reason == reason


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "nowhere.invalid", "[::1]"])
async def test_a_name_that_can_have_no_address_is_unreachable_and_nothing_worse(host: str) -> None:
    with pytest.raises(Unreachable):
        await resolve(Uri.parse(f"sip:x@{host}"))


async def test_an_address_needs_no_name_server() -> None:
    assert await resolve(Uri.parse("sip:x@10.0.0.9")) == Peer("udp", "10.0.0.9", 5060)


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


class NameServer:
    def __init__(self) -> None:
        self.asked = 0
        self.down = False

    async def __call__(self, uri: Uri) -> Peer:
        self.asked += 1
        await asyncio.sleep(5)
        if self.down:
            raise Unreachable(f"the name {uri.host} has no address")
        return Peer("udp", PUBLIC, 5060)


@in_virtual_time
async def test_a_thousand_calls_at_the_hour_ask_for_a_name_once() -> None:
    server = NameServer()
    names = Names(asyncio.get_running_loop().time, server)
    found = await asyncio.gather(*(names(Uri.parse("sip:x@Trunk.example")) for _ in range(1000)))
    assert set(found) == {Peer("udp", PUBLIC, 5060)}
    await names(Uri.parse("sip:y@trunk.example"))
    assert server.asked == 1


@in_virtual_time
async def test_a_name_is_asked_for_again_and_kept_while_the_name_server_fails() -> None:
    server = NameServer()
    clock = asyncio.get_running_loop().time
    names, uri = Names(clock, server), Uri.parse("sip:x@trunk.example")
    began = clock()
    await names(uri)
    server.down = True
    await asyncio.sleep(BELIEVED)
    assert await names(uri) == Peer("udp", PUBLIC, 5060)
    assert server.asked == 2
    await asyncio.sleep(began + KEPT - clock())
    with pytest.raises(Unreachable):
        await names(uri)
    server.down = False
    assert await names(uri) == Peer("udp", PUBLIC, 5060)


@in_virtual_time
async def test_who_stops_waiting_for_a_name_takes_it_from_nobody() -> None:
    names, uri = Names(asyncio.get_running_loop().time, NameServer()), Uri.parse("sip:x@trunk.example")
    first, second = asyncio.create_task(names(uri)), asyncio.create_task(names(uri))
    await asyncio.sleep(1)
    first.cancel()
    assert await second == Peer("udp", PUBLIC, 5060)
    assert first.cancelled()
