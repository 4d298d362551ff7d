"""Telephones over TCP and TLS, and what the tools of OpenSSL see of us."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import CONFERENCE_NUMBER, Company, password
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, HZ, hear_more, speaking, voice
from tests.phones import ports
from tests.phones.baresip_phone import BaresipPhone
from tests.phones.listening import tone_level
from tests.phones.phone import State
from tests.phones.waiting import PATIENCE, until
from tests.sip.authority import Authority
from tests.sip.stations import request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEETING_ROOM = "150"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def company(tmp_path: Path, authority: Authority) -> Iterator[Company]:
    """On UDP, also over IPv6, and TCP at one port, and on TLS at the next."""
    company = Company(tmp_path)
    authority.files("127.0.0.1")
    host, port = company.server
    udp = f'listen = ["udp:{host}:{port}"]'
    all_of_them = f"""listen = ["udp:{host}:{port}", "tcp:{host}:{port}", "tls:{host}:{port + 1}", "udp:[::1]:{port}"]
certificate = "0.pem"
private_key = "0.key"
ca_file = "ca.pem"
"""
    config = company.mixer.config
    config.write_text(config.read_text().replace(udp, all_of_them))
    with company.mixer:
        yield company


def phone(company: Company, authority: Authority, number: str, transport: str) -> BaresipPhone:
    host, port = company.server
    return BaresipPhone(
        company.phones,
        number,
        registrar=(host, port + (transport == "tls")),
        password=password(number),
        speech=voice(number),
        transport=transport,
        ca_file=authority.file if transport == "tls" else None,
    )


def hear_each_other(*phones: BaresipPhone) -> None:
    for one in phones:
        hear_more(one, 0.5)
    for one in phones:
        heard = hear_more(one, 1)
        levels = {number: tone_level(heard, HZ[number]) for number in (ANNA, BORIS, CAROL)}
        own = levels.pop(one.name.removeprefix("baresip "))
        assert min(levels.values()) > -15 and own < ABSENT, (one.name, levels, own)


def test_phones_over_udp_tcp_and_tls_are_called_talk_and_are_hung_up(company: Company, authority: Authority) -> None:
    with (
        phone(company, authority, ANNA, "tls") as anna,
        phone(company, authority, BORIS, "tcp") as boris,
        speaking(company, CAROL) as carol,
    ):
        code = company.mixer.plan_now("Of all sorts", ANNA, [BORIS, CAROL]).code
        for number in (ANNA, BORIS, CAROL):
            company.mixer.wait_for(code, "joined", number)
        hear_each_other(anna, boris, carol)
        status = json.loads(company.mixer.confctl("status", "--json"))
        assert [at.partition(":")[0] for at in status["listening"]] == ["udp", "udp", "tcp", "tls"]
        boris.hang_up()
        company.mixer.wait_for(code, "left", BORIS)
        company.mixer.stop()
        anna.wait_for(State.OVER)
        carol.wait_for(State.OVER)


def test_phones_over_tcp_and_tls_dial_in(company: Company, authority: Authority) -> None:
    with (
        phone(company, authority, ANNA, "tcp") as anna,
        phone(company, authority, BORIS, "tls") as boris,
        speaking(company, CAROL) as carol,
    ):
        code = company.mixer.plan_now("By themselves", CAROL).code
        company.mixer.wait_for(code, "joined", CAROL)
        for one in (anna, boris):
            one.dial(CONFERENCE_NUMBER)
            one.wait_for(State.TALKING)
            one.wait_to_hear(1, within=5)
            one.press(f"{code}*")
        company.mixer.wait_for(code, "joined", count=3)
        hear_each_other(anna, boris, carol)


def test_the_next_mixer_calls_a_phone_whose_connection_went_with_the_former_one(
    company: Company, authority: Authority
) -> None:
    """At its Contact, for nobody listens where it had registered from."""
    with phone(company, authority, ANNA, "tcp"):
        until((company.folder / "state" / "bindings.json").exists, PATIENCE, "the binding is kept")
        company.mixer.kill()
        company.mixer.start()
        code = company.mixer.plan_now("Again", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)


@pytest.mark.parametrize(("transport", "host"), [("t1", "127.0.0.1"), ("u1", "[::1]")])
def test_sipp_places_calls_over_one_tcp_connection_and_over_ipv6(company: Company, transport: str, host: str) -> None:
    """Of its own scenario for callers: INVITE, ACK, a pause, BYE, all of which end as it wants."""
    own = subprocess.run(["sipp", "-sd", "uac"], capture_output=True, text=True, check=False).stdout
    scenario = company.folder / "uac.xml"
    scenario.write_text(own.replace("sip:sipp@[local_ip]:[local_port]>;tag", "sip:sipp@elsewhere.example>;tag"))
    calls = ["-sf", str(scenario), "-t", transport, "-m", "5", "-r", "10", "-d", "200", "-s", CONFERENCE_NUMBER]
    ours = ["-i", host, "-mi", host.strip("[]"), "-p", str(ports.take()), "-mp", str(ports.take(4))]
    done = subprocess.run(
        ["sipp", f"{host}:{company.server[1]}", *calls, *ours, "-nostdin"],
        cwd=company.folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_openssl_finds_our_certificate_right_and_is_answered(company: Company, authority: Authority) -> None:
    host, port = company.server
    client = ["openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error", "-verify_ip", host]
    with subprocess.Popen(
        [*client, "-CAfile", str(authority.file), "-connect", f"{host}:{port + 1}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as openssl:
        assert openssl.stdin is not None and openssl.stdout is not None
        openssl.stdin.write(request(transport="TLS"))
        openssl.stdin.flush()
        assert openssl.stdout.readline() == b"SIP/2.0 200 OK\r\n"
        openssl.terminate()


def test_a_server_with_the_wrong_certificate_is_not_called_and_the_log_says_why(
    company: Company, authority: Authority
) -> None:
    wrong = authority.files("other.example", number=1)
    port = ports.take()
    server = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*server, "-cert", str(wrong.certificate), "-key", str(wrong.private_key)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as openssl:
        company.add_fixed(MEETING_ROOM, f"sip:room@127.0.0.1:{port};transport=tls")
        company.mixer.plan_now("Nobody there", ANNA, [MEETING_ROOM])
        told = f"no connection to tls:127.0.0.1:{port}: its certificate is for other.example, not for 127.0.0.1"
        until(lambda: told in company.mixer.log.read_text(), PATIENCE, lambda: company.mixer.words)
        openssl.terminate()
