"""SIP over TLS: who is believed, and what becomes of those who do not finish what they began (RFC 5922)."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sip.effects import Answered, Ended, Incoming, Peer, Refused, Trunk
from sip.io import doors, endpoint, streams
from sip.io.complaints import CALLERS, Complaints
from sip.io.tls import certified, identities
from sip.settings import ListenAt, TlsFiles, TrunkSettings
from sip.uri import Uri
from tests.sip.authority import Authority
from tests.sip.link import ALICE, OFFER
from tests.sip.stations import Station, eventually, request, talking

if TYPE_CHECKING:
    from pathlib import Path

NAME = "conf.example"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def stations(authority: Authority, *names: str, ends: datetime | None = None) -> tuple[Station, Station]:
    """Who calls, and who is called and has a certificate for these names."""
    files = authority.files(*names, ends=ends)
    return Station(transport="tls", tls=files), Station(transport="tls", tls=files)


def named(one: Station, name: str | None) -> Peer:
    return Peer("tls", one.at.host, one.port, name)


@pytest.mark.parametrize(
    ("names", "name"),
    [((NAME,), NAME), ((NAME,), "CONF.example."), (("127.0.0.1",), None), (("*.conf.example",), "sip.conf.example")],
)
async def test_a_server_with_the_right_certificate_is_called(
    authority: Authority, names: tuple[str, ...], name: str | None
) -> None:
    alice, bob = stations(authority, *names)
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob, named(bob, name))
        bob.hang_up(theirs)
        assert await alice.next(Ended) == Ended(call, "hung up")


async def test_a_trunk_calls_back_over_the_connection_that_we_registered_over(authority: Authority) -> None:
    """Without a listener of ours for TLS, as behind a NAT."""
    uri = Uri.parse("sip:conf.example;transport=tls")
    trunk = TrunkSettings("provider", uri, "101", "secret", register=True, trust_caller_id=True)
    files = authority.files(NAME)
    office = Station(tls=files, trunks=(trunk,))
    provider = Station(transport="tls", tls=files, accounts={"101": "secret"})
    async with office.endpoint, provider.endpoint:
        office.agent.trunk_resolved("provider", (named(provider, NAME),), office.endpoint.now())
        office.agent.register_trunks(office.endpoint.now())
        office.endpoint.flush()
        assert (await office.next(Trunk)).registered
        (binding,) = provider.agent.registrar.bindings("101", provider.endpoint.now())
        call = provider.dial_peer(binding.source)
        incoming = await office.next(Incoming)
        assert incoming.source == named(provider, NAME)
        office.accept(incoming)
        assert (await provider.next(Answered)).call == call
        office.hang_up(incoming.call)
        assert await provider.next(Ended) == Ended(call, "hung up")
        assert len(provider.endpoint._streams._connections) == 1


async def test_a_call_by_a_sips_uri_goes_on_by_sips_uris(authority: Authority) -> None:
    alice, bob = stations(authority, NAME)
    async with alice.endpoint, bob.endpoint:
        target = Uri("sips", "b", host=NAME)
        peers = (named(bob, NAME),)
        alice.agent.invite(target, caller=ALICE, offer=OFFER, peers=peers, now=alice.endpoint.now())
        alice.endpoint.flush()
        incoming = await bob.next(Incoming)
        bob.accept(incoming)
        await alice.next(Answered)
        for one, other in ((alice, bob), (bob, alice)):
            (call,) = one.agent._calls._by_name.values()
            assert call.dialog is not None
            assert call.dialog.target.scheme == "sips"
            assert call.dialog.target.port == other.port
        bob.hang_up(incoming.call)
        await alice.next(Ended)


async def refused(alice: Station, peer: Peer) -> None:
    call = alice.dial_peer(peer)
    assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")


@pytest.mark.parametrize("name", [NAME, None])
async def test_a_certificate_of_another_is_refused_and_the_log_names_both(
    authority: Authority, caplog: pytest.LogCaptureFixture, name: str | None
) -> None:
    alice, bob = stations(authority, "other.example")
    async with alice.endpoint, bob.endpoint:
        await refused(alice, named(bob, name))
        await refused(alice, named(bob, name))
    told = f"no connection to {bob.peer}: its certificate is for other.example, not for {name or '127.0.0.1'}"
    assert caplog.text.count(told) == 1


async def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = stations(authority, NAME)
    (tmp_path / "another").mkdir()
    stranger = Authority(tmp_path / "another")
    alice = Station(transport="tls", tls=stranger.files(NAME))
    async with alice.endpoint, bob.endpoint:
        await refused(alice, named(bob, NAME))
    assert "its certificate is not trusted (unable to get local issuer certificate)" in caplog.text


async def test_a_certificate_that_has_expired_is_refused(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = stations(authority, NAME, ends=datetime.now(UTC) - timedelta(hours=1))
    async with alice.endpoint, bob.endpoint:
        await refused(alice, named(bob, NAME))
    assert "its certificate is not trusted (certificate has expired)" in caplog.text


async def test_a_server_without_tls_is_refused(
    authority: Authority, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HANDSHAKE_SECONDS", 0.3)
    alice, _ = stations(authority, NAME)
    plain = Station(transport="tcp")
    async with alice.endpoint, plain.endpoint:
        await refused(alice, Peer("tls", "127.0.0.1", plain.port, NAME))
    assert f"no connection to tls:127.0.0.1:{plain.port}: " in caplog.text


async def test_who_comes_without_tls_is_told_of_once(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    _, bob = stations(authority, NAME)
    async with bob.endpoint:
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", bob.port)
            writer.write(request())
            assert not (await reader.read()).startswith(b"SIP")
            writer.close()
        await eventually(lambda: not bob.endpoint._streams._tasks)
    assert caplog.text.count("no TLS with 127.0.0.1, which has come to us") == 1


async def test_no_version_older_than_1_2_is_spoken(authority: Authority) -> None:
    _, bob = stations(authority, NAME)
    context = ssl.create_default_context(cafile=authority.file)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with bob.endpoint:
        with pytest.raises(OSError):  # noqa: PT011  ssl.SSLError or a reset, as the system's OpenSSL has it
            await asyncio.open_connection("127.0.0.1", bob.port, ssl=context, server_hostname=NAME)


async def test_a_renewed_certificate_is_used_and_a_broken_one_is_not(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    _, bob = stations(authority, NAME)
    assert bob.endpoint._tls._files.certificate is not None

    async def seen() -> bytes | None:
        context = ssl.create_default_context(cafile=authority.file)
        _, writer = await asyncio.open_connection("127.0.0.1", bob.port, ssl=context, server_hostname=NAME)
        session = writer.get_extra_info("ssl_object")
        writer.close()
        await writer.wait_closed()
        found: bytes | None = session.getpeercert(binary_form=True)
        return found

    async with bob.endpoint:
        first = await seen()
        files = authority.files(NAME)
        assert files.certificate is not None
        os.utime(files.certificate, (1, 1))  # however coarse the clock of the file system is
        second = await seen()
        assert first != second
        files.certificate.write_text("half written")
        assert await seen() == second
    assert caplog.text.count("the new certificate can't be used, the former one serves on") == 1


async def test_half_a_handshake_two_hundred_times_keeps_no_call_waiting(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HANDSHAKE_SECONDS", 0.3)
    monkeypatch.setattr(endpoint, "_LOOK_SECONDS", 0.05)
    alice, bob = Station(), Station()
    files = authority.files(NAME)
    at = ListenAt("tls", "127.0.0.1", bob.port)
    bob.endpoint = endpoint.Endpoint(bob.agent, [bob.at, at], bob.effects.put_nowait, files)
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    callers: list[socket.socket] = []
    async with alice.endpoint, bob.endpoint:
        for _ in range(200):
            sock = socket.socket()
            sock.setblocking(False)
            callers.append(sock)
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", bob.port))
            await asyncio.get_running_loop().sock_sendall(sock, hello)
        assert bob.endpoint._streams.doors._hosts["127.0.0.1"] <= doors.MOST_OF_ONE
        await asyncio.wait_for(talking(alice, bob), 2)
        await eventually(lambda: not bob.endpoint._streams.doors._hosts)
        for sock in callers:
            sock.close()


async def test_without_a_usable_certificate_no_listener_starts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for files in (TlsFiles(), TlsFiles(tmp_path / "missing.pem"), TlsFiles(broken)):
        station = Station(transport="tls", tls=files)
        with pytest.raises(OSError) as error:  # noqa: PT011  of several kinds; what matters is whose it is
            await station.endpoint.__aenter__()
        assert error.value.filename == str(station.at)


SAN = "subjectAltName"


@pytest.mark.parametrize(
    ("certificate", "found"),
    [
        ({SAN: (("DNS", "a.example"), ("DNS", "b.example"))}, ["a.example", "b.example"]),
        ({SAN: (("DNS", "a.example"), ("URI", "sip:B.example"))}, ["b.example"]),
        ({SAN: (("DNS", "a.example"), ("URI", "sip:user@b.example"), ("URI", "https://c.example"))}, ["a.example"]),
        ({SAN: (("URI", "sip:user@b.example"),), "subject": ((("commonName", "c.example"),),)}, []),
        ({"subject": ((("countryName", "RU"),), (("commonName", "C.example"),))}, ["c.example"]),
        ({}, []),
    ],
)
def test_whose_a_certificate_is_follows_rfc_5922(certificate: dict[str, object], found: list[str]) -> None:
    assert identities(certificate) == found


@pytest.mark.parametrize(
    ("identity", "name", "same"),
    [
        ("*.example.com", "sip.example.com", True),
        ("*.example.com", "a.sip.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("s*.example.com", "sip.example.com", False),
        ("example.com.evil", "example.com", False),
    ],
)
def test_a_wildcard_stands_for_one_whole_label(identity: str, name: str, same: bool) -> None:
    assert certified({SAN: (("DNS", identity),)}, name) is same


async def test_a_server_that_is_not_who_it_should_be_says_nothing_to_us(authority: Authority) -> None:
    """However early it speaks."""
    files = authority.files("other.example")
    assert files.certificate is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.private_key)

    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(request("INVITE", transport="TLS", headers="Contact: <sip:a@127.0.0.1>\r\n"))
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    alice = Station(transport="tls", tls=files)
    server = await asyncio.start_server(speak_first, "127.0.0.1", 0, ssl=context)
    async with server, alice.endpoint:
        alice.dial_peer(Peer("tls", "127.0.0.1", server.sockets[0].getsockname()[1], NAME))
        assert isinstance(await alice.effects.get(), Refused)
        assert alice.effects.empty()


def test_who_comes_without_tls_from_many_addresses_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for number in range(1000):
        complaints.caller(f"192.0.{number // 250}.{number % 250}", ConnectionResetError(), number / 100)
        complaints.caller(f"2001:db8::{number:x}", ConnectionResetError(), number / 100)
    assert CALLERS.at_once <= len(caplog.records) <= CALLERS.at_once + 10 * CALLERS.a_second + 1
