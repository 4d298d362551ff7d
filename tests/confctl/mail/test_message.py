"""Any names, titles and addresses make a mail that comes back as it was meant."""

from __future__ import annotations

from email import message_from_bytes, message_from_string
from email.policy import SMTPUTF8, default
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from confctl import settings
from confctl.clean import clean
from confctl.mail.changes import mailbox, news
from confctl.mail.message import Writer
from mixer.rules.model import Person, Plan
from tests.confctl.office import SETTINGS

if TYPE_CHECKING:
    from confctl.settings import Settings

ANY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
ADDRESS_PART = st.text(
    st.characters(codec="utf-8", exclude_categories=("Z", "C"), exclude_characters="@<>,;"), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    file = tmp_path_factory.mktemp("company") / "confctl.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    return settings.load(file)


def written(company: Settings, title: str, name: str, email: str) -> str:
    person = Person(name, ("102",), email)
    plan = Plan("123456", "87654321", title, Person("Anna", ("101",)), (person,), 2e9, 2e9 + 3600, "Europe/Moscow")
    found = news(None, plan, "uid", 1e9)
    assert found is not None
    (notice,) = found.notices
    return Writer(company).mail(notice)


def as_the_dns_has(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


@given(title=ANY, name=ANY)
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_title_and_name(company: Settings, title: str, name: str) -> None:
    message = message_from_bytes(written(company, title, name, "b@example.com").encode(), policy=default)
    assert message["To"].addresses[0].addr_spec == "b@example.com"
    assert len(message["To"].addresses) == 1
    assert " ".join(clean(title).split()) in " ".join(str(message["Subject"]).split())
    assert {part.get_content_type() for part in message.walk() if not part.is_multipart()} == {
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    }


@example(user="b", domain="⑴")
@example(user="b", domain="⒈")
@given(user=ADDRESS_PART, domain=st.sampled_from(["example.com", "пример.рф", "[192.0.2.1]"]) | ADDRESS_PART)
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_address_is_one_address_or_none(company: Settings, user: str, domain: str) -> None:
    """What the directory takes for one need not be one; it then is nobody else's either."""
    address = f"{user}@{domain}"
    if mailbox(Person("x", ("1",), address)) is None:
        return
    text = written(company, "Weekly", "Boris", address)
    message = message_from_string(text, policy=SMTPUTF8)
    (to,) = message["To"].addresses
    assert to.username == user
    assert to.domain in (domain, as_the_dns_has(domain))
    assert "Bcc" not in message
