"""TLS and authentication against a real server, and what people read when one of them fails."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.confctl.mail.post_office import HANG, open_post_office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice

PASSWORD = "very-secret"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; the key is beside it."""
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=post.example"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words.split(), *more], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return made


def trusted(certificate: Path, *more: str) -> list[str]:
    return [f'ca_file = "{certificate}"', *more]


LOGIN = ('username = "conf"', f'password = "{PASSWORD}"')


def test_starttls_with_a_password(desk: Desk, certificate: Path, context: ssl.SSLContext) -> None:
    with open_post_office(starttls=context, password=PASSWORD) as post:
        desk.use(post, 'security = "starttls"', *trusted(certificate, *LOGIN))
        desk.plan("--with", "102")
        assert desk.send().sent == 2
        assert all(mail.secured and mail.user == "conf" for mail in post.taken)


def test_tls_from_the_first_byte_with_a_password_from_a_file(
    desk: Desk, certificate: Path, context: ssl.SSLContext
) -> None:
    (desk.folder / "mail.password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    with open_post_office(tls=context, password=PASSWORD) as post:
        login = ('username = "conf"', 'password_file = "mail.password"')
        desk.use(post, 'security = "tls"', *trusted(certificate, *login))
        desk.plan("--with", "102")
        assert desk.send().sent == 2
        assert all(mail.user == "conf" for mail in post.taken)


def test_a_password_from_the_environment(desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    post.password = PASSWORD
    monkeypatch.setenv("CONFCTL_MAIL_PASSWORD", PASSWORD)
    desk.use(post, 'username = "conf"')
    desk.plan()
    assert desk.send().sent == 1
    assert post.taken[0].user == "conf"


def refusal(desk: Desk) -> str:
    """What a flush says, after a look that ``check`` says the same, and that all mails wait for another attempt."""
    desk.plan("--with", "102")
    checked = desk.office.confctl("check")
    said = desk.office.confctl("mail", "flush")
    assert said.status == checked.status == 1
    assert PASSWORD not in said.err + said.out + checked.out + checked.err
    reason = said.err.removeprefix("confctl: 2 mails wait: ").removesuffix(".\n")
    assert reason in checked.out
    assert len(desk.outbox.waiting()) == 2
    return reason


def test_a_wrong_password_is_asked_with_once(desk: Desk, post: PostOffice) -> None:
    post.password = "another"
    desk.use(post, *LOGIN)
    assert refusal(desk) == "the mail server says: 535 5.7.8 Authentication credentials invalid"
    assert post.connections == 2, "by check, and by flush"
    desk.office.now += 30
    desk.send()
    assert post.connections == 2, "until the pause is over"


def test_a_missing_password_is_the_server_s_to_say(desk: Desk, post: PostOffice) -> None:
    post.password = PASSWORD
    desk.use(post)
    desk.plan()
    report = desk.send()
    assert "530" in str(report.fault)
    assert (report.waiting, report.given_up) == (1, [])


def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk, context: ssl.SSLContext) -> None:
    with open_post_office(starttls=context) as post:
        desk.use(post, 'security = "starttls"')
        assert refusal(desk) == "the mail server's certificate is not trusted: self-signed certificate"
    with open_post_office(tls=context) as post:
        desk.use(post, 'security = "tls"')
        assert desk.office.confctl("mail", "flush").err.count("is not trusted: self-signed certificate") == 1
    assert post.taken == []


def test_without_starttls_nothing_is_sent_where_it_is_wanted(desk: Desk, post: PostOffice) -> None:
    desk.use(post, 'security = "starttls"', *LOGIN)
    assert refusal(desk) == (
        "the mail server offers no STARTTLS; write tls or none in mail.security, whichever it wants"
    )


def test_tls_where_the_server_speaks_none(desk: Desk, post: PostOffice) -> None:
    desk.use(post, 'security = "tls"')
    assert refusal(desk).startswith("TLS with the mail server fails: ")


def test_a_server_that_is_not_there(desk: Desk) -> None:
    with open_post_office() as post:
        desk.use(post)
    assert refusal(desk) == "the mail server is not reached: Connection refused"
    waiting = desk.office.confctl("--lang", "ru", "mail", "list").out
    assert "в соединении отказано" in waiting and "refused" not in waiting


def test_a_name_that_is_not_found(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    config = desk.folder / "confctl.toml"
    text = config.read_text(encoding="utf-8").replace(f"127.0.0.1:{post.port}", "nowhere.invalid:25")
    config.write_text(text, encoding="utf-8")
    assert refusal(desk).startswith("the mail server's name is not found: ")


def test_check_does_not_wait_for_a_server_that_hangs(
    desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confctl.mail.check.PATIENCE", 0.2)
    desk.use(post)
    post.faults["connect"].append(HANG)
    said = desk.office.confctl("check")
    assert said.status == 1
    assert "the mail server closed the connection, or did not answer in time" in said.out


def test_check_says_that_the_server_is_well_and_what_was_given_up(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    assert f"127.0.0.1:{post.port} takes our mail" in desk.office.confctl("check").out
    post.faults["boris@example.com"].append("550 no such user")
    desk.plan("--with", "102")
    desk.send()
    said = desk.office.confctl("check")
    assert said.status == 1
    assert "1 was given up; “confctl mail list” says why" in said.out
    desk.office.now += 86400
    assert "given up" not in desk.office.confctl("check").out, "it is of no use to anybody now"
