from __future__ import annotations

import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.ipv6 import STRANGER, Hosts, host_of, octets_of
from media.wire import BatchedWire, Datagrams, PlainWire, Wire, open_wire

WIRES = [PlainWire()] if isinstance(open_wire(), PlainWire) else [BatchedWire(), PlainWire()]


def words(*hosts: str) -> np.ndarray:
    return np.frombuffer(b"".join(map(octets_of, hosts)), np.uint64).reshape(-1, 3)


@pytest.mark.parametrize("host", ["::1", "2001:db8::1", "fe80::1%7", "::"])
def test_octets_and_hosts_are_each_others_inverse(host: str) -> None:
    assert host_of(octets_of(host)) == host
    assert len(octets_of(host)) == 24


def test_the_name_of_an_interface_is_a_scope_too() -> None:
    assert host_of(octets_of("fe80::1%lo")) == f"fe80::1%{socket.if_nametoindex('lo')}"


@pytest.mark.parametrize("host", ["", "10.0.0.1", "phone.example", "fe80::1%no-such-interface", "1::2::3"])
def test_what_is_no_ipv6_address_is_an_oserror(host: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011  its text is the system's
        Hosts().number(host)


def test_of_two_thousand_hosts_that_come_together_the_table_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts, sorted_ = Hosts(), list[int]()
    argsort = np.argsort
    monkeypatch.setattr("media.ipv6.np.argsort", lambda mixed: sorted_.append(len(mixed)) or argsort(mixed))
    names = [f"2001:db8::{number:x}" for number in range(2000)]
    numbers = [hosts.number(name) for name in names]
    assert hosts.numbers(words(*names)).tolist() == numbers
    assert hosts.words(np.array(numbers)).tolist() == words(*names).tolist()
    assert sorted_ == [2001]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ak"), st.integers(1, 300)), max_size=60))
def test_hosts_have_numbers_of_their_own_as_long_as_somebody_needs_them(turns: list[tuple[str, int]]) -> None:
    """Added, or kept if they are below a bound."""
    hosts, known = Hosts(), {}
    for what, n in turns:
        if what == "a":
            known[f"fd00::{n:x}"] = hosts.number(f"fd00::{n:x}")
        else:
            known = {host: number for host, number in known.items() if int(host[6:], 16) < n}
            hosts.keep(known.values())
        assert len(hosts) == len(known) == len({*known.values()})
        everybody = [f"fd00::{n:x}" for n in range(1, 301)]
        assert hosts.numbers(words(*everybody)).tolist() == [known.get(host, STRANGER) for host in everybody]
        assert [hosts.name(number) for number in known.values()] == list(known)
        numbers = np.array([*known.values()], np.int64)
        assert np.array_equal(hosts.words(numbers), words(*known).reshape(-1, 3) if known else np.zeros((0, 3)))


def test_the_same_address_of_another_interface_is_another_host() -> None:
    hosts = Hosts()
    assert len({hosts.number("fe80::1%2"), hosts.number("fe80::1%3"), hosts.number("fe80::1")}) == 3


def test_who_needs_few_is_not_crowded_by_those_who_were_there() -> None:
    hosts = Hosts()
    for n in range(10_000):
        if hosts.crowded:
            hosts.keep({n - 1})
        hosts.number(f"2001:db8::{n:x}")
    assert len(hosts) <= 64


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: type(wire).__name__)
def test_sockets_of_both_versions_fill_one_array_and_are_sent_from_one(wire: Wire) -> None:
    hosts = Hosts()
    loopback = hosts.number("::1")
    inbound, outbound = Datagrams(8, 16), Datagrams(4, 16)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger,
    ):
        for udp in (four, six, stranger):
            udp.bind(("127.0.0.1" if udp is four else "::1", 0))
            udp.setblocking(False)
        for row, udp in enumerate((four, six, four, six)):
            outbound.put_address(row, *udp.getsockname()[:2])
            assert outbound.address_at(row) == udp.getsockname()[:2]
        outbound.payload[:] = np.arange(4)[:, None]
        for _ in range(3):
            outbound.arrange(np.array([0, 2, 1, 3]))
            assert wire.send(four.fileno(), outbound, range(2)) == 2
            assert wire.send(six.fileno(), outbound, range(2, 4)) == 2
            assert wire.receive(four.fileno(), inbound, range(8)) == 2
            inbound.expect_ipv6(range(2, 8))
            assert wire.receive(six.fileno(), inbound, range(2, 8)) == 2
            assert [inbound.address_at(row) for row in range(4)] == [
                four.getsockname(),
                four.getsockname(),
                six.getsockname()[:2],
                six.getsockname()[:2],
            ]
            inbound.number_hosts(range(2, 4), hosts)
            assert inbound.host[:4].tolist() == [0x7F000001, 0x7F000001, loopback, loopback]
            assert inbound.payload[:4, 0].tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: type(wire).__name__)
def test_an_address_of_the_other_version_loses_its_own_row_only(wire: Wire) -> None:
    outbound = Datagrams(3, 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four:
        four.bind(("127.0.0.1", 0))
        for row, host in enumerate(("127.0.0.1", "::1", "127.0.0.1")):
            outbound.put_address(row, host, four.getsockname()[1])
        assert wire.send(four.fileno(), outbound, range(3)) == 2
