"""What ``confctl check`` and ``confctl run`` say of the certificate that phones see."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.confctl.office import SETTINGS, Office
from tests.sip.authority import Authority
from tests.sip.stations import free_port

if TYPE_CHECKING:
    from pathlib import Path

UDP = '["udp:127.0.0.1:25060"]'
DOMAIN = SETTINGS.partition('domain = "')[2].partition('"')[0]


@pytest.fixture
def authority(office: Office) -> Authority:
    return Authority(office.folder)


def configure(office: Office, *lines: str) -> None:
    listen = f'["udp:127.0.0.1:25060", {{ address = "tls:127.0.0.1:{free_port()}", srtp = "off" }}]'
    text = SETTINGS.replace(UDP, "\n".join((listen, *lines)))
    (office.folder / "confctl.toml").write_text(text, encoding="utf-8")


def found(office: Office) -> list[tuple[bool, str]]:
    checks = office.confctl("check", "--json").json["checks"]
    assert isinstance(checks, list)
    told = [(check["ok"], check["detail"]) for check in checks if check["what"] == "certificate"]
    return [(ok, detail.replace(f"{office.folder}/", "")) for ok, detail in told]


def test_a_good_certificate_is_told_with_its_names_and_its_end(office: Office, authority: Authority) -> None:
    end = datetime.now(UTC) + timedelta(days=60)
    authority.files(DOMAIN, "other.example", ends=end)
    configure(office, 'certificate = "0.pem"', 'private_key = "0.key"', 'ca_file = "ca.pem"')
    assert found(office) == [(True, f"for {DOMAIN}, other.example, until {end:%Y-%m-%d}")]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (13.5, "0.pem expires in 13 days; renew it"),
        (1.5, "0.pem expires in 1 day; renew it"),
        (-1, "0.pem has expired; renew it"),
    ],
)
def test_one_that_ends_soon_or_has_ended_is_told(office: Office, authority: Authority, days: float, told: str) -> None:
    authority.files(DOMAIN, ends=datetime.now(UTC) + timedelta(days=days))
    configure(office, 'certificate = "0.pem"', 'private_key = "0.key"')
    assert found(office) == [(False, told)]


def test_one_for_another_name_is_told(office: Office, authority: Authority) -> None:
    authority.files("other.example")
    configure(office, 'certificate = "0.pem"', 'private_key = "0.key"')
    assert found(office) == [(False, f"0.pem is for other.example, not for {DOMAIN}: phones will refuse it")]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (('certificate = "no.pem"',), "no.pem can't be read: No such file or directory"),
        (('certificate = "0.pem"',), "0.pem is no certificate with its key in PEM; name the key in sip.private_key"),
        (
            ('certificate = "0.pem"', 'private_key = "1.key"'),
            "1.key is not the key of 0.pem; name the two that belong together",
        ),
        (
            ('certificate = "0.key"', 'private_key = "0.key"'),
            "0.key and 0.key are no certificate and key in PEM without a password",
        ),
        (
            ('certificate = "0.pem"', 'private_key = "0.key"', 'ca_file = "0.key"'),
            "0.key holds no certificates in PEM",
        ),
        (
            ('certificate = "0.pem"', 'private_key = "0.key"', 'ca_file = "no.pem"'),
            "no.pem can't be read: No such file or directory",
        ),
    ],
)
def test_files_that_cannot_be_used_are_told_by_check_and_by_run(
    office: Office, authority: Authority, lines: tuple[str, ...], told: str
) -> None:
    authority.files(DOMAIN)
    authority.files(DOMAIN, number=1)
    configure(office, *lines)
    assert found(office) == [(False, told)]
    said = office.confctl("run")
    assert (said.status, said.err.replace(f"{office.folder}/", "")) == (1, f"confctl: {told}\n")


def test_tls_without_a_certificate_is_a_mistake_in_the_settings(office: Office) -> None:
    configure(office)
    said = office.confctl("run")
    assert said.status == 1
    assert 'sip.certificate is missing; write for example: certificate = "conf.example.com.pem"' in said.err


def test_nothing_is_said_where_nobody_speaks_tls(office: Office) -> None:
    assert found(office) == []


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_port_of_connections_that_another_program_has_is_told(
    office: Office, authority: Authority, transport: str
) -> None:
    authority.files(DOMAIN)
    with socket.create_server(("127.0.0.1", 0)) as other:
        at = f"{transport}:127.0.0.1:{other.getsockname()[1]}"
        lines = f'["{at}"]\ncertificate = "0.pem"\nprivate_key = "0.key"'
        (office.folder / "confctl.toml").write_text(SETTINGS.replace(UDP, lines), encoding="utf-8")
        checks = office.confctl("check", "--json").json["checks"]
    assert isinstance(checks, list)
    assert [check["ok"] for check in checks if check["what"] == at] == [False]


def test_the_settings_name_files_beside_them(tmp_path: Path) -> None:
    from confctl import settings

    file = tmp_path / "confctl.toml"
    file.write_text(SETTINGS.replace(UDP, UDP + '\ncertificate = "a.pem"\nprivate_key = "/b.key"'), encoding="utf-8")
    certificates = settings.load(file).sip.certificates
    assert certificates.certificate == tmp_path / "a.pem"
    assert str(certificates.private_key) == "/b.key"
    assert certificates.ca_file is None
