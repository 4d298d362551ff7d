from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.wire import (
    BatchedWire,
    Datagrams,
    PlainWire,
    Wire,
    address_of,
    endpoint_of,
    endpoints,
    hosts_and_ports,
    open_wire,
    tagged,
    tags,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WIRES = [PlainWire()] if isinstance(open_wire(), PlainWire) else [BatchedWire(), PlainWire()]


@pytest.fixture(params=WIRES, ids=lambda wire: type(wire).__name__)
def wire(request: pytest.FixtureRequest) -> Wire:
    return request.param


def loopback() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    return udp


@pytest.fixture
def left() -> Iterator[socket.socket]:
    with loopback() as udp:
        yield udp


@pytest.fixture
def right() -> Iterator[socket.socket]:
    with loopback() as udp:
        yield udp


def numbered(count: int, to: socket.socket, width: int = 16) -> Datagrams:
    datagrams = Datagrams(count, width)
    datagrams.payload[:] = np.arange(count, dtype=np.uint8)[:, None]
    datagrams.endpoint[:] = endpoint_of(*to.getsockname())
    return datagrams


def test_rows_arrive_in_order_with_their_length_and_source(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    outbound, inbound = numbered(5, right), Datagrams(8, 16)
    outbound.resize(slice(None), np.array([1, 16, 3, 0, 5]))
    assert wire.send(left.fileno(), outbound, range(5)) == 5
    assert wire.receive(right.fileno(), inbound) == 5
    assert inbound.received[:5].tolist() == [1, 16, 3, 0, 5]
    assert inbound.payload[[0, 1, 2, 4], 0].tolist() == [0, 1, 2, 4]
    assert {address_of(int(source)) for source in inbound.endpoint[:5]} == {left.getsockname()}


def test_only_the_places_asked_for_are_sent(wire: Wire, left: socket.socket, right: socket.socket) -> None:
    inbound = Datagrams(8, 16)
    assert wire.send(left.fileno(), numbered(8, right), range(2, 5)) == 3
    assert wire.receive(right.fileno(), inbound) == 3
    assert inbound.payload[:3, 0].tolist() == [2, 3, 4]


def test_rows_are_sent_in_the_order_in_which_they_were_arranged(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    outbound, inbound = numbered(8, right), Datagrams(8, 16)
    outbound.resize(2, 5)
    outbound.arrange(np.array([4, 2, 7, 1]))
    assert wire.send(left.fileno(), outbound, range(1, 4)) == 3
    assert wire.receive(right.fileno(), inbound) == 3
    assert inbound.payload[:3, 0].tolist() == [2, 7, 1]
    assert inbound.received[:3].tolist() == [5, 16, 16]


def test_a_datagram_too_long_for_its_row_is_told_from_a_whole_one(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    inbound = Datagrams(4, 16)
    for size in (16, 17, 400):
        left.sendto(b"x" * size, right.getsockname())
    assert wire.receive(right.fileno(), inbound) == 3
    assert (inbound.received[:3] > inbound.width).tolist() == [False, True, True]
    assert not inbound.payload[3].any()


def test_rows_are_received_again_and_again(wire: Wire, left: socket.socket, right: socket.socket) -> None:
    inbound = Datagrams(2, 16)
    for size in (3, 16, 40, 1, 16):
        left.sendto(bytes([size]) * size, right.getsockname())
    assert [wire.receive(right.fileno(), inbound) for _ in range(4)] == [2, 2, 1, 0]
    assert wire.receive(right.fileno(), inbound) == 0


def test_an_empty_socket_gives_nothing_at_once(wire: Wire, left: socket.socket) -> None:
    left.setblocking(True)
    assert wire.receive(left.fileno(), Datagrams(4, 16)) == 0


def test_nothing_to_send_sends_nothing(wire: Wire, left: socket.socket) -> None:
    assert wire.send(left.fileno(), Datagrams(4, 16), range(0)) == 0


def test_a_refused_destination_does_not_stop_the_rows_after_it(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    outbound = numbered(6, right)
    outbound.endpoint[[0, 3]] = endpoint_of("127.0.0.1", 0)  # EINVAL
    outbound.endpoint[4] = endpoint_of("255.255.255.255", 9)  # EACCES
    assert wire.send(left.fileno(), outbound, range(6)) == 3
    inbound = Datagrams(8, 16)
    assert wire.receive(right.fileno(), inbound) == 3
    assert inbound.payload[:3, 0].tolist() == [1, 2, 5]


def test_a_closed_port_reported_by_icmp_harms_neither_sending_nor_receiving(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    left.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: ICMP errors come back on an unconnected socket too
    with loopback() as gone:
        closed = endpoint_of(*gone.getsockname())
    outbound = numbered(6, right)
    outbound.endpoint[::2] = closed
    assert wire.send(left.fileno(), outbound, range(6)) >= 3
    right.sendto(b"hello", left.getsockname())
    inbound = Datagrams(8, 16)
    assert wire.receive(left.fileno(), inbound) == 1
    assert inbound.payload[0, :5].tobytes() == b"hello"
    assert wire.receive(right.fileno(), inbound) == 3
    assert inbound.payload[:3, 0].tolist() == [1, 3, 5]


def test_more_rows_than_one_system_call_takes(wire: Wire, left: socket.socket, right: socket.socket) -> None:
    assert wire.send(left.fileno(), numbered(2500, right, width=1), range(2500)) == 2500


def test_a_full_buffer_ends_the_batch_without_waiting() -> None:
    # Loopback UDP never fills up; a pair of Unix datagram sockets does, and takes no destination.
    if isinstance(open_wire(), PlainWire):
        pytest.skip("the socket loop always names a destination")
    outbound = Datagrams(600, 200)
    outbound._headers["name"], outbound._headers["namelen"] = 0, 0
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        sent = open_wire().send(here.fileno(), outbound, range(600))
        assert 0 < sent < 600
        assert len(there.recv(400)) == 200


def test_a_length_beyond_the_row_is_refused_before_the_kernel_reads_past_it(left: socket.socket) -> None:
    outbound = numbered(3, left)
    with pytest.raises(ValueError, match="17 octets in rows of 16"):
        outbound.resize(np.array([0, 1]), np.array([3, 17]))
    assert outbound.length.tolist() == [16, 16, 16]


def test_what_is_no_socket_raises(wire: Wire) -> None:
    with Path("/dev/null").open("rb") as file, pytest.raises(OSError, match=os.strerror(errno.ENOTSOCK)):
        wire.receive(file.fileno(), Datagrams(1, 16))


def test_the_descriptor_stays_open(wire: Wire, left: socket.socket, right: socket.socket) -> None:
    wire.receive(left.fileno(), Datagrams(1, 16))
    wire.send(left.fileno(), numbered(1, right), range(1))
    assert right.recv(100) and left.getsockname()


def test_endpoints_and_addresses_are_each_others_inverse() -> None:
    hosts, ports = np.array([0x7F000001, 0xFFFFFFFF, 0x0A000001], np.uint32), np.array([1, 65535, 5060], np.uint16)
    column = endpoints(hosts, ports)
    assert [address_of(int(e)) for e in column] == [("127.0.0.1", 1), ("255.255.255.255", 65535), ("10.0.0.1", 5060)]
    assert [endpoint_of(*address_of(int(e))) for e in column] == column.tolist()
    back_hosts, back_ports = hosts_and_ports(column)
    assert np.array_equal(back_hosts, hosts) and np.array_equal(back_ports, ports)


def test_the_endpoint_is_a_view_of_the_address() -> None:
    datagrams = Datagrams(2, 16)
    datagrams.endpoint[1] = endpoint_of("192.0.2.7", 0x1234)
    assert datagrams.address[1, 2:8].tolist() == [0x12, 0x34, 192, 0, 2, 7]


def test_several_sockets_fill_one_array_one_behind_the_other(
    wire: Wire, left: socket.socket, right: socket.socket
) -> None:
    inbound = Datagrams(8, 16)
    for _ in range(2):
        for udp, count in ((left, 2), (right, 3)):
            outbound = numbered(count, to=udp)
            outbound.resize(slice(None), 4 + count)
            wire.send(udp.fileno(), outbound, range(count))
        assert wire.receive(left.fileno(), inbound, range(8)) == 2
        assert wire.receive(right.fileno(), inbound, range(2, 8)) == 3
        assert inbound.received[:5].tolist() == [6, 6, 7, 7, 7]
        assert inbound.payload[:5, 0].tolist() == [0, 1, 0, 1, 2]
        senders = [left] * 2 + [right] * 3
        assert inbound.endpoint[:5].tolist() == [endpoint_of(*udp.getsockname()) for udp in senders]


def test_no_more_rows_are_filled_than_are_free(wire: Wire, left: socket.socket, right: socket.socket) -> None:
    inbound = Datagrams(8, 16)
    wire.send(left.fileno(), numbered(5, to=right), range(5))
    assert wire.receive(right.fileno(), inbound, range(3)) == 3
    assert wire.receive(right.fileno(), inbound, range(3, 8)) == 2
    assert inbound.payload[:5, 0].tolist() == [0, 1, 2, 3, 4]


def test_the_same_endpoint_with_another_tag_is_another_number() -> None:
    endpoint = endpoints(np.array([0x7F000001] * 2, np.uint32), np.array([4000] * 2, np.uint16))
    marked = tagged(endpoint, np.array([1, 65535], np.uint16))
    assert len({*endpoint.tolist(), *marked.tolist()}) == 3
    assert tags(marked).tolist() == [1, 65535]
    assert [column.tolist() for column in hosts_and_ports(marked)] == [[0x7F000001] * 2, [4000] * 2]
