"""``[mail]`` of confctl.toml: what is assumed, and each mistake with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl import settings
from confctl.mail.settings import Mailbox

if TYPE_CHECKING:
    from confctl.mail.settings import Mail
    from tests.confctl.office import Office

SENDER = 'sender = "Conferences <conf@example.com>"'


def load(office: Office, *lines: str) -> Mail:
    config = office.folder / "confctl.toml"
    text = config.read_text(encoding="utf-8").partition("\n[mail]")[0]
    config.write_text("\n".join([text, "[mail]", *lines, ""]), encoding="utf-8")
    mail = settings.load(config).mail
    assert mail is not None
    return mail


@pytest.mark.parametrize(
    ("server", "security"),
    [
        ("smtp.example.com:587", "starttls"),
        ("smtp.example.com:25", "starttls"),
        ("smtp.example.com:465", "tls"),
        ("localhost:25", "none"),
        ("127.0.0.1:2525", "none"),
        ("[::1]:25", "none"),
        ("localhost:465", "tls"),
    ],
)
def test_what_is_not_said_of_security_is_what_the_server_will_want(office: Office, server: str, security: str) -> None:
    mail = load(office, f'server = "{server}"', SENDER)
    assert mail.security == security
    assert f"{mail.host}:{mail.port}" == server.replace("[", "").replace("]", "")
    assert load(office, f'server = "{server}"', SENDER, 'security = "starttls"').security == "starttls"


@pytest.mark.parametrize(
    ("sender", "mailbox"),
    [
        ("Conferences <conf@example.com>", Mailbox("Conferences", "conf@example.com")),
        ("Example, Inc. <conf@example.com>", Mailbox("Example, Inc.", "conf@example.com")),
        ("Конференции <conf@example.com>", Mailbox("Конференции", "conf@example.com")),
        ("conf@example.com", Mailbox("", "conf@example.com")),
    ],
)
def test_a_sender_is_a_name_and_an_address(office: Office, sender: str, mailbox: Mailbox) -> None:
    assert load(office, 'server = "s:25"', f'sender = "{sender}"').sender == mailbox


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        (['server = "s"', SENDER], ":15: mail.server: “s” is no mail server"),
        (['server = "s:0"', SENDER], ":15: mail.server: 0 is no port"),
        (['server = "s:25"', 'sender = "a b"'], ":16: mail.sender: “a b” is no sender"),
        (['server = "s:25"', SENDER, 'security = "ssl"'], ":17: mail.security: “ssl” is none of: starttls, tls, none"),
        (['server = "s:25"', SENDER, 'username = "u"'], "mail.password is missing"),
        (['server = "s:25"', SENDER, 'password = "p"'], "mail.username is missing"),
        (
            ['server = "s:25"', SENDER, 'username = "u"', 'password = "p"', 'security = "none"'],
            ":19: mail.security: the password would go over the network in clear; write starttls or tls",
        ),
        (['server = "s:25"', SENDER, 'username = "ю"', 'password = "p"'], ":17: mail.username: the mail server's user"),
        (['server = "s:25"', SENDER, 'username = "u"', 'password_file = "none"'], ":18: mail.password_file: none"),
        (['server = "s:25"', SENDER, 'ca_file = "none"'], ":17: mail.ca_file: none is no file"),
        (['server = "s:25"', SENDER, 'user = "u"'], ":17: “mail.user” is unknown here; is “username” meant?"),
    ],
)
def test_each_mistake_is_named_with_its_line(office: Office, lines: list[str], mistake: str) -> None:
    config = office.folder / "confctl.toml"
    text = config.read_text(encoding="utf-8").rstrip("\n")
    assert text.count("\n") == 12, "the lines of the table are counted below"
    config.write_text("\n".join([text, "[mail]", *lines, ""]), encoding="utf-8")
    said = office.confctl("list")
    assert said.status == 1
    assert mistake in said.err


def test_a_password_is_never_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = load(office, 'server = "s:25"', SENDER, 'username = "u"', 'password = "very-secret"')
    assert mail.password == "very-secret"
    assert "very-secret" not in repr(mail)
    monkeypatch.setenv("CONFCTL_MAIL_PASSWORD", "from-outside")
    assert load(office, 'server = "s:25"', SENDER, 'username = "u"').password == "from-outside"
