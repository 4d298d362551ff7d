"""Whether everybody of a conference could be called: which phones answer, which are not there, which are not asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mixer.roll_call import AT_ONCE, PATIENCE, RollCall
from mixer.rules.model import Person
from sip.effects import Inquired, Peer, Send
from sip.message import Request
from sip.parser import parse
from sip.registrar import StoredBinding
from sip.targets import Unresolved
from tests.mixer import example
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.control import Json
    from sip.uri import Uri

ANNA = Person("Anna", ("101", "+74951234567"), password="a")
BORIS = Person("Boris", ("102",), password="b")
ROOM = Person("Room", ("150",), sip="sip:room@198.51.100.4")


def binding(account: str, host: str) -> StoredBinding:
    return StoredBinding(
        account=account,
        contact=f"sip:{account}@{host}",
        transport="udp",
        host=host,
        port=5060,
        remaining=600.0,
        call_id=host,
        cseq=1,
    )


class Street:
    """Phones at addresses: ``says`` has the status with which each answers; the others are silent."""

    def __init__(self, folder: Path, **says: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.agent = script.agent()
        self.says = says
        self.asked: list[str] = []
        self.roll_call = RollCall(example.settings(folder), self.agent, self.look_up, self.flush, self.loop.time)

    def register(self, *bindings: StoredBinding) -> None:
        self.agent.registrar.load(bindings, self.loop.time(), 0)

    async def look_up(self, uri: Uri) -> tuple[Peer, ...]:
        if uri.host == "slow.example":
            await asyncio.sleep(600)
        if uri.host.endswith(".invalid"):
            raise Unresolved(f"the name {uri.host} has no address")
        return (Peer("udp", uri.host, 5060),)

    def flush(self) -> None:
        for effect in self.agent.effects():
            if isinstance(effect, Inquired):
                self.roll_call.told(effect)
            elif isinstance(effect, Send):
                self.loop.call_soon(self.deliver, effect)
        if (at := self.agent.deadline()) is not None:
            self.loop.call_at(at, self.tick)

    def deliver(self, send: Send) -> None:
        request, host = parse(send.data), send.peer.host
        assert isinstance(request, Request)
        self.asked.append(host)
        if (status := self.says.get(host)) is not None:
            self.agent.receive(bytes(script.answer(request, status, "phone")), send.peer, self.loop.time())
            self.flush()

    def tick(self) -> None:
        self.agent.tick(self.loop.time())
        self.flush()

    async def of(self, *people: Person) -> list[tuple[Json, Json, Json]]:
        """Of each: the address, whether it answers, and the detail."""
        return [(each["at"], each["answers"], each["detail"]) for each in await self.roll_call.of(people)]


@in_virtual_time
async def test_phones_that_answer_are_told_from_those_that_do_not_and_from_numbers_outside(tmp_path: Path) -> None:
    street = Street(tmp_path, **{"192.0.2.1": 200, "198.51.100.4": 404})
    street.register(binding("101", "192.0.2.1"))
    assert await street.roll_call.of([ANNA, BORIS, ROOM]) == [
        {
            "person": "101",
            "kind": "account",
            "at": "101",
            "registered": True,
            "answers": True,
            "detail": "200 OK",
        },
        {
            "person": "101",
            "kind": "outside",
            "at": "+74951234567",
            "registered": None,
            "answers": None,
            "detail": "",
        },
        {"person": "102", "kind": "account", "at": "102", "registered": False, "answers": None, "detail": ""},
        {
            "person": "150",
            "kind": "uri",
            "at": "sip:room@198.51.100.4",
            "registered": None,
            "answers": False,
            "detail": "404 Not Found",
        },
    ]


@in_virtual_time
async def test_one_of_several_phones_of_an_account_is_enough(tmp_path: Path) -> None:
    street = Street(tmp_path, **{"192.0.2.2": 486})
    street.register(binding("102", "192.0.2.1"), binding("102", "192.0.2.2"))
    assert await street.of(BORIS) == [("102", True, "486 Busy Here")]


@in_virtual_time
async def test_a_phone_that_is_registered_and_silent_does_not_answer(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.register(binding("102", "192.0.2.1"))
    began = street.loop.time()
    assert await street.of(BORIS) == [("102", False, "no answer")]
    assert street.loop.time() - began == 3.0
    assert street.roll_call._asked == {}


@in_virtual_time
async def test_a_name_that_leads_nowhere_or_takes_for_ever_holds_up_nobody(tmp_path: Path) -> None:
    street = Street(tmp_path, **{"198.51.100.4": 200})
    lost, slow = (Person("X", (host,), sip=f"sip:x@{host}") for host in ("no.invalid", "slow.example"))
    began = street.loop.time()
    assert await street.of(lost, slow, ROOM) == [
        ("sip:x@no.invalid", False, "the name no.invalid has no address"),
        ("sip:x@slow.example", False, "no answer"),
        ("sip:room@198.51.100.4", True, "200 OK"),
    ]
    assert street.loop.time() - began == PATIENCE


@in_virtual_time
async def test_many_silent_phones_are_asked_so_many_at_once(tmp_path: Path) -> None:
    street = Street(tmp_path)
    crowd = [
        Person("P", (str(number),), sip=f"sip:p@10.1.{number // 200}.{number % 200}") for number in range(3 * AT_ONCE)
    ]
    began = street.loop.time()
    heard = await street.of(*crowd)
    assert {answers for _, answers, _ in heard} == {False}
    assert street.loop.time() - began == 9.0
