"""SRV records of which the first server is dead, over real sockets: the call gets there all the same, and soon."""

from __future__ import annotations

import random
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sip.effects import Answered, Incoming
from sip.io.records import Records
from sip.io.resolver import Resolver
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER
from tests.sip.name_server import name_server
from tests.sip.stations import Station, free_port

if TYPE_CHECKING:
    from pathlib import Path


def silent() -> socket.socket:
    """A server that takes everything and says nothing."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


@pytest.mark.parametrize("dead", ["silent", "closed"])
async def test_a_call_whose_first_server_is_dead_is_answered_by_the_second_within_five_seconds(
    tmp_path: Path, dead: str
) -> None:
    alice, bob = Station(), Station()
    with closing(silent()) as sock:
        port = sock.getsockname()[1] if dead == "silent" else free_port()
        zone = {
            ("_sip._udp.pbx.example", "SRV"): [f"1 0 {port} dead.pbx.example.", f"2 0 {bob.port} good.pbx.example."],
            ("dead.pbx.example", "A"): ["127.0.0.1"],
            ("good.pbx.example", "A"): ["127.0.0.1"],
        }
        async with name_server(zone) as server, alice.endpoint, bob.endpoint:
            began = alice.endpoint.now()
            records = Records(alice.endpoint.now, server.resolver, tmp_path / "hosts")
            target = Uri.parse("sip:bob@pbx.example")
            peers = await Resolver(records, [("udp", 4)], random.Random(1)).targets(target)
            call = alice.agent.invite(target, caller=ALICE, offer=OFFER, peers=peers, now=alice.endpoint.now())
            alice.endpoint.flush()
            incoming = await bob.next(Incoming)
            bob.agent.accept(incoming.call, ANSWER, bob.endpoint.now())
            bob.endpoint.flush()
            assert await alice.next(Answered) == Answered(call, ANSWER, bob.peer)
            assert alice.endpoint.now() - began < 5
