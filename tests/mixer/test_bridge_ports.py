"""Which legs may share a socket."""

from __future__ import annotations

import socket
from contextlib import suppress
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.ports import PortPool, PortsExhausted, Whereabouts, ports_of
from mixer.bridge.protocol import Address, CloseSocket, OpenSocket
from mixer.bridge.sharing import legs_for

NAT = "203.0.113.9"


@pytest.fixture
def opened():
    return []


@pytest.fixture
def pool(opened):
    pool = PortPool("42000-42199", ["127.0.0.1"], lambda command, *descriptors: opened.append((command, descriptors)))
    yield pool
    pool.close()


def test_pairs_are_even_and_odd_and_go_to_the_bridge_once(pool, opened):
    one = pool.take(Whereabouts(Address("10.0.0.1", 4000), None))
    two = pool.take(Whereabouts(Address("10.0.0.2", 4000), None))
    assert one.port % 2 == 0 and (one.socket, one.port) == (two.socket, two.port)
    ((command, descriptors),) = opened
    assert command == OpenSocket(one.socket) and len(descriptors) == 2


def test_the_same_address_never_twice_on_a_socket(pool):
    one = pool.take(Whereabouts(Address("10.0.0.1", 4000), None))
    assert pool.take(Whereabouts(Address("10.0.0.1", 4002), None)).socket == one.socket
    assert pool.take(Whereabouts(Address("10.0.0.1", 4000), None)).socket != one.socket
    pool.release(one)
    pool.release(one)
    assert pool.take(Whereabouts(Address("10.0.0.1", 4000), None)).socket == one.socket


def test_of_one_nat_one_leg_on_a_socket(pool):
    stated = Address("192.168.1.7", 4000)
    one, two = pool.take(Whereabouts(stated, NAT)), pool.take(Whereabouts(stated, NAT))
    assert one.socket != two.socket
    assert pool.take(Whereabouts(stated, "203.0.113.10")).socket == one.socket
    pool.release(one)
    assert pool.take(Whereabouts(stated, NAT)).socket == one.socket


def test_a_phone_that_is_at_the_nats_own_address_does_not_share_with_one_behind_it(pool):
    one = pool.take(Whereabouts(Address("192.168.1.7", 4000), NAT))
    assert pool.take(Whereabouts(Address(NAT, 4000), None)).socket != one.socket


def test_our_offers_are_confirmed_by_their_answers(pool):
    one, two, three = (
        pool.take(Whereabouts(None, None)),
        pool.take(Whereabouts(None, None)),
        pool.take(Whereabouts(None, None)),
    )
    assert one.socket == two.socket
    assert pool.confirm(one, Whereabouts(Address("10.0.0.1", 4000), None))
    assert not pool.confirm(two, Whereabouts(Address("10.0.0.1", 4000), None))
    assert pool.confirm(two, Whereabouts(Address("10.0.0.1", 4002), None))
    assert pool.confirm(three, Whereabouts(Address("192.168.1.7", 4000), NAT))
    assert not pool.confirm(two, Whereabouts(Address("192.168.1.8", 4000), NAT))
    assert pool.confirm(one, Whereabouts(Address("10.0.0.1", 4000), None)), "said again, as in each re-INVITE"


def test_our_offers_to_phones_of_one_nat_get_a_socket_each(pool):
    sockets = {pool.take(Whereabouts(None, NAT)).socket for _ in range(5)}
    assert len(sockets) == 5


def test_so_many_legs_fill_a_socket_as_its_buffer_has_room_for(pool, monkeypatch):
    monkeypatch.setattr("mixer.bridge.ports.legs_for", lambda buffer: 64 if buffer else 0)
    sockets = [pool.take(Whereabouts(Address("10.0.0.1", 4000 + n), None)).socket for n in range(65)]
    assert len(set(sockets[:64])) == 1 and sockets[64] != sockets[0]


def test_a_buffer_that_the_system_keeps_small_is_for_64_legs_and_none_is_for_more_than_512():
    assert [legs_for(octets) for octets in (425_984, 4 << 20, 16 << 20)] == [64, 182, 512]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_no_two_legs_on_a_socket_can_be_mistaken_for_each_other(data):
    """Whoever comes, states something else, or goes."""
    hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    stated = st.one_of(st.none(), st.builds(Address, hosts, st.integers(4000, 4002)))
    wheres = st.builds(Whereabouts, stated, st.one_of(st.none(), st.none(), hosts), st.one_of(st.none(), hosts))
    pool, known = PortPool("42400-42699", ["127.0.0.1"], lambda *_: None), {}
    try:
        for _ in range(data.draw(st.integers(1, 30))):
            place = data.draw(st.sampled_from([None, *known]))
            where = data.draw(wheres)
            if place is None:
                known[pool.take(where)] = where
            elif where.stated is None:
                pool.release(place)
                del known[place]
            elif pool.confirm(place, where):
                known[place] = where
            for one, other in combinations(known, 2):
                assert one.socket != other.socket or not mistaken(known[one], known[other])
    finally:
        pool.close()


def mistaken(one, other):
    """Whether two legs can have packets of the same source."""
    return any(
        host == other_host and (port is None or other_port is None or port == other_port)
        for (host, port), (other_host, other_port) in product(sources(one), sources(other))
    )


def sources(where):
    """Hosts and ports; None is any port."""
    if where.public_host:
        return [(where.public_host, None)]
    stated = [(where.stated.host, where.stated.port)] if where.stated else []
    return stated + ([(where.other_host, None)] if where.other_host else [])


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_of_pairs_that_nobody_has_any_more_eight_stay_open(pool, opened):
    places = [pool.take(Whereabouts(None, NAT)) for _ in range(20)]
    assert len({place.socket for place in places}) == 20
    files = open_files()
    for place in places[1:]:
        pool.release(place)
    closed = [command.socket for command, _ in opened if isinstance(command, CloseSocket)]
    assert len(closed) == 11 and places[0].socket not in closed
    assert open_files() == files - 22
    assert not any(pool.has(place.port) for place in places if place.socket in closed)
    again = [pool.take(Whereabouts(None, NAT)) for _ in range(19)]
    assert len({place.socket for place in (*again, places[0])}) == 20
    assert len([command for command, _ in opened if isinstance(command, OpenSocket)]) == 31


def test_pairs_of_both_versions_have_the_same_numbers_of_ports_and_are_told_apart(opened):
    pool = PortPool("42400-42401", ["127.0.0.1", "::1"], lambda command, *_: opened.append(command))
    four, six = pool.take(Whereabouts()), pool.take(Whereabouts(), ipv6=True)
    assert (four.port, six.port) == (42400, 42400) and four.socket != six.socket
    assert opened == [OpenSocket(four.socket), OpenSocket(six.socket, ipv6=True)]
    assert pool.speaks(ipv6=True)
    pool.close()


def test_who_may_be_heard_from_another_host_shares_with_nobody_who_is_there(pool):
    stated, host = Address("172.17.0.2", 4000), "192.168.1.10"
    one = pool.take(Whereabouts(stated, other_host=host))
    assert pool.take(Whereabouts(Address("172.17.0.3", 4000), other_host=host)).socket != one.socket
    assert pool.take(Whereabouts(Address(host, 5000))).socket != one.socket
    assert pool.take(Whereabouts(stated)).socket != one.socket
    assert pool.take(Whereabouts(Address("172.17.0.2", 4002))).socket == one.socket


def test_a_port_that_somebody_else_has_is_passed_over(opened):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 42301))
        pool = PortPool("42300-42303", ["127.0.0.1"], lambda *_: None)
        assert pool.take(Whereabouts(None, NAT)).port == 42302
        with pytest.raises(PortsExhausted, match=r"42300-42303 on 127\.0\.0\.1: 1 are ours.*widen the range"):
            pool.take(Whereabouts(None, NAT))
        pool.close()


def open_sockets() -> set[str]:
    """Of this process, by the kernel's numbers; threads of other tests may open and close files meanwhile."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(entry.readlink()))
    return {name for name in found if name.startswith("socket:")}


def test_the_last_files_that_the_process_may_open_are_left_to_others(monkeypatch):
    with socket.socket() as probe:
        next_free = probe.fileno()
    before = open_sockets()
    monkeypatch.setattr("resource.getrlimit", lambda _: (next_free + 64 + 3, 4096))
    pool = PortPool("42304-42399", ["127.0.0.1"], lambda *_: None)
    pool.take(Whereabouts(None, NAT))
    for _ in range(2):
        with pytest.raises(PortsExhausted, match="1 pairs take four each; raise that limit"):
            pool.take(Whereabouts(None, NAT))
    assert len(open_sockets() - before) == 2, "nothing is left open"
    pool.close()


@pytest.mark.parametrize(
    "text", ["", "20000", "a-b", "29999-20000", "20000-70000", "1-3", "２0000-29999", "20000-29999\n"]
)
def test_what_is_no_range_is_named(text):
    with pytest.raises(ValueError, match="RTP ports"):
        ports_of(text)


def test_a_range_holds_whole_pairs_only():
    assert list(ports_of("20001-20006")) == [20002, 20004]
