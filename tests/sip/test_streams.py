"""SIP over TCP with real sockets on loopback: which connection is used, and how long anybody may hold one."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from contextlib import suppress

import pytest

from sip.effects import Ended, Incoming, Peer, Refused, Ringing
from sip.framing import MAX_HEAD, PING, PONG
from sip.io import connection, doors, endpoint, streams
from sip.io.doors import MOST_OF_ONE
from sip.settings import ListenAt
from tests.sip.stations import Station, eventually, free_port, request, talking


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every patience of connections fifty times shorter."""
    for module, name in (
        (connection, "MESSAGE_SECONDS"),
        (connection, "IDLE_SECONDS"),
        (connection, "CLOSING_SECONDS"),
        (connection, "PONG_SECONDS"),
        (streams, "IDLE_SECONDS"),
        (streams, "HANDSHAKE_SECONDS"),
        (streams, "CONNECT_SECONDS"),
        (doors, "_PAUSE_SECONDS"),
        (endpoint, "_LOOK_SECONDS"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) / 50)
    monkeypatch.setattr(streams, "PING_SECONDS", (0.1, 0.1))


def reset(one: Station) -> None:
    """Every connection of this station is cut as by a router that forgot it: RST to its peer."""
    for each in set(one.endpoint._streams._connections.values()):
        assert each._transport is not None
        sock = each._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.abort()


def connections(one: Station) -> int:
    return len(set(one.endpoint._streams._connections.values()))


async def test_a_whole_call_goes_over_one_connection() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob)
        assert connections(alice) == connections(bob) == 1
        bob.hang_up(theirs)
        assert await alice.next(Ended) == Ended(call, "hung up")
        assert connections(alice) == connections(bob) == 1


async def test_it_is_known_where_a_connection_came_in() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        await talking(alice, bob)
        (peer,) = bob.endpoint._streams._connections
        assert bob.endpoint.listener_of(peer) == bob.at
        assert alice.endpoint.listener_of(bob.peer) is None


async def test_a_call_in_progress_outlives_its_connection() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob)
        reset(alice)
        await eventually(lambda: not connections(alice) and not connections(bob))
        bob.hang_up(theirs)  # to the Contact: the port that alice came from listens to nobody
        assert await alice.next(Ended) == Ended(call, "hung up")
        assert connections(bob) == 1


async def test_who_opened_the_connection_opens_another_when_it_was_reset() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob)
        reset(bob)
        await eventually(lambda: not connections(alice))
        alice.hang_up(call)
        assert await bob.next(Ended) == Ended(theirs, "hung up")


async def test_a_response_whose_connection_is_gone_goes_to_the_port_of_its_via() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        call = alice.dial_peer(bob.peer)
        incoming = await bob.next(Incoming)
        for each in set(bob.endpoint._streams._connections.values()):
            each.abort()
        await eventually(lambda: not connections(bob))
        bob.agent.ring(incoming.call, bob.endpoint.now())
        bob.endpoint.flush()
        assert await alice.next(Ringing) == Ringing(call, 180)


async def test_where_nobody_listens_a_call_fails_at_once_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    alice = Station(transport="tcp")
    port = free_port()
    async with alice.endpoint:
        call = alice.dial(port)
        assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")
        assert f"no connection to tcp:127.0.0.1:{port}: Connect" in caplog.text


@pytest.mark.usefixtures("hurried")
async def test_who_does_not_answer_a_connection_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    alice = Station(transport="tcp")
    async with alice.endpoint:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
        call = alice.dial(9)
        assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")


async def test_the_next_target_is_tried_when_a_connection_is_refused() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        await talking(alice, bob, Peer("tcp", "127.0.0.1", free_port()), bob.peer)


class Caller:
    """A stranger with a bare TCP socket."""

    def __init__(self, station: Station) -> None:
        self._address = (station.at.host, station.port)

    async def __aenter__(self) -> Caller:
        self.reader, self.writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def read(self, octets: int) -> bytes:
        async with asyncio.timeout(20):
            return await self.reader.readexactly(octets)

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        async with asyncio.timeout(20):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


async def test_a_message_in_pieces_and_several_in_one_piece_are_answered_in_order() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint, Caller(bob) as caller:
        first, second, third = (request(branch=name) for name in "abc")
        for octet in first:
            caller.writer.write(bytes([octet]))
            await caller.writer.drain()
        caller.writer.write(second + third)
        answered = b""
        while not answered.endswith(b"\r\n\r\n") or answered.count(b"SIP/2.0 200 OK") < 3:
            answered += await caller.read(1)
        at = [answered.index(f"branch=z9hG4bK{name}".encode()) for name in "abc"]
        assert at == sorted(at)


async def test_many_messages_at_once_are_answered_although_others_have_their_turn_between() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint, Caller(bob) as caller:
        many = 3 * connection._AT_ONCE
        caller.writer.write(b"".join(request(branch=f"n{number}") for number in range(many)))
        answered = 0
        while answered < many:
            line = await caller.reader.readline()
            answered += line.startswith(b"SIP/2.0 ")


async def test_a_ping_is_answered_and_a_line_break_is_not() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint, Caller(bob) as caller:
        caller.writer.write(PONG + PONG + PING)
        assert await caller.read(4) == PONG * 2
        caller.writer.write(b"\r\n" + request())
        assert await caller.read(7) == b"SIP/2.0"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request().replace(b"Content-Length: 0\r\n", b""), b"400"),
        (request().replace(b"Content-Length: 0", b"Content-Length: 999999"), b"413"),
        (request()[:-2] + b"X: " + b"x" * MAX_HEAD + b"\r\n\r\n", b"513"),
        (request()[:-2] + b"X: y\r\n" * (MAX_HEAD // 6) + b"\r\n\r\n", b"513"),
    ],
)
async def test_what_cannot_be_framed_is_answered_and_its_connection_closed(sent: bytes, status: bytes) -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint, Caller(bob) as caller:
        caller.writer.write(sent)
        assert (await caller.rest()).startswith(b"SIP/2.0 " + status)


@pytest.mark.usefixtures("hurried")
async def test_who_sends_a_letter_at_a_time_or_nothing_is_not_waited_for() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint, Caller(bob) as silent, Caller(bob) as slow:

        async def dribble() -> None:
            for octet in request():
                slow.writer.write(bytes([octet]))
                await asyncio.sleep(0.01)

        writing = asyncio.create_task(dribble())
        assert await silent.rest() == await slow.rest() == b""
        writing.cancel()
        await eventually(lambda: not connections(bob))


@pytest.mark.usefixtures("hurried")
async def test_five_hundred_who_never_come_to_an_end_keep_no_call_waiting() -> None:
    alice, bob = Station(), Station()
    at = ListenAt("tcp", "127.0.0.1", bob.port)
    bob.endpoint = endpoint.Endpoint(bob.agent, [bob.at, at], bob.effects.put_nowait)
    loop = asyncio.get_running_loop()
    async with alice.endpoint, bob.endpoint:
        callers = [socket.socket() for _ in range(500)]
        for caller in callers:
            caller.setblocking(False)
            await loop.sock_connect(caller, ("127.0.0.1", bob.port))
            with suppress(ConnectionError):  # one too many of this host
                await loop.sock_sendall(caller, request()[:100])
        assert len(bob.endpoint._streams._connections) <= MOST_OF_ONE
        await asyncio.wait_for(talking(alice, bob), 2)
        await eventually(lambda: not connections(bob))
        for caller in callers:
            caller.close()


@pytest.mark.usefixtures("hurried")
async def test_an_idle_connection_is_closed_but_not_that_of_a_call() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint, Caller(bob) as stranger:
        call, theirs = await talking(alice, bob)
        stranger.writer.write(request())
        assert (await stranger.rest()).startswith(b"SIP/2.0 200")
        assert connections(alice) == connections(bob) == 1
        alice.hang_up(call)
        assert await bob.next(Ended) == Ended(theirs, "hung up")


@pytest.mark.usefixtures("hurried")
async def test_a_connection_that_we_opened_is_kept_open_with_pings() -> None:
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (octets := await reader.read(1_000)) and heard.count(PING) < 4:
            heard.extend(octets)
        writer.close()

    alice = Station(transport="tcp")
    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, alice.endpoint:
        alice.dial(server.sockets[0].getsockname()[1])
        await eventually(lambda: heard.endswith(PING * 2))


@pytest.mark.usefixtures("hurried")
async def test_a_server_that_has_answered_pings_and_does_so_no_more_is_left() -> None:
    gone = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        while octets := await reader.read(1_000):
            if octets == PING and answered < 2:
                answered += 1
                writer.write(PONG)
        gone.set()
        writer.close()

    alice = Station(transport="tcp")
    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, alice.endpoint:
        call = alice.dial(server.sockets[0].getsockname()[1])
        assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")
        await asyncio.wait_for(gone.wait(), 5)


async def test_one_host_gets_only_so_many_connections_that_nobody_uses() -> None:
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        await talking(alice, bob)
        callers = [Caller(bob) for _ in range(MOST_OF_ONE + 5)]
        for caller in callers:
            await caller.__aenter__()
        refused = [caller for caller in callers if await _is_refused(caller)]
        assert len(refused) == 5
        for caller in callers:
            await caller.__aexit__()
        await eventually(lambda: connections(bob) == 1)
        await talking(bob, alice)


@pytest.mark.parametrize(("patience", "let_in"), [(0.0, True), (60.0, False)])
async def test_when_there_are_too_many_those_that_nobody_uses_make_room(
    monkeypatch: pytest.MonkeyPatch, patience: float, let_in: bool
) -> None:
    monkeypatch.setattr(doors, "MOST", 3)
    monkeypatch.setattr(streams, "_FEW_SECONDS", patience)
    alice, bob = Station(transport="tcp"), Station(transport="tcp")
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob)
        async with Caller(bob), Caller(bob):
            await eventually(lambda: connections(bob) == 3)
            async with Caller(bob) as one_more:
                assert await _is_refused(one_more) is not let_in
        bob.hang_up(theirs)
        assert await alice.next(Ended) == Ended(call, "hung up")


async def _is_refused(caller: Caller) -> bool:
    caller.writer.write(request())
    try:
        return await caller.reader.read(7) != b"SIP/2.0"
    except ConnectionError:
        return True


async def test_a_peer_that_does_not_read_is_left() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint:
        with socket.socket() as phone:
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            phone.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(phone, (bob.at.host, bob.port))
            await eventually(lambda: connections(bob) == 1)
            (one,) = bob.endpoint._streams._connections.values()
            answers = (one.write(b"x" * 65_536) for _ in range(1_000))
            assert not all(answers)
            await eventually(lambda: not connections(bob))


@pytest.mark.usefixtures("hurried")
async def test_no_file_for_one_more_connection_keeps_nobody_busy(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = 0
    accept = socket.socket.accept

    def exhausted(sock: socket.socket) -> tuple[socket.socket, object]:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(sock)

    bob = Station(transport="tcp")
    async with bob.endpoint:
        monkeypatch.setattr(socket.socket, "accept", exhausted)
        before = asyncio.get_running_loop().time()
        async with Caller(bob) as caller:
            caller.writer.write(request())
            assert await caller.read(7) == b"SIP/2.0"
        assert asyncio.get_running_loop().time() - before >= 3 * 0.02
        assert caplog.text.count("no further connection can be taken: Too many open files") == 1


async def test_a_phone_that_closes_in_the_middle_of_a_message_harms_nobody() -> None:
    bob = Station(transport="tcp")
    async with bob.endpoint:
        async with Caller(bob) as caller:
            caller.writer.write(request()[:40])
        async with Caller(bob) as caller:
            caller.writer.write(request())
            assert await caller.read(7) == b"SIP/2.0"


async def test_a_port_that_is_taken_is_named() -> None:
    first = Station(transport="tcp")
    second = Station(transport="tcp")
    second.endpoint._listen = (second.at, first.at)
    async with first.endpoint:
        with pytest.raises(OSError, match="in use") as error:
            await second.endpoint.__aenter__()
    assert error.value.filename == str(first.at)
    assert second.endpoint.addresses == ()
