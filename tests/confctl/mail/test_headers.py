"""What a mail's head says arrives as it was written, whatever the folding of long lines does."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

from hypothesis import example, given, settings
from hypothesis import strategies as st

from confctl.mail.headers import SEVEN_BIT

WORDS = st.sampled_from(
    [
        "Приглашение:",
        "Weekly",
        "27",
        "ноября",
        "2026,",
        "15:30–16:30",
        "Планёрка",
        "(отдел)",
        '"x"',
        "a\\b",
        "🎉👍",
        "Ы" * 30,
        "w" * 90,
        "=?utf-8?q?x?=",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def sent(subject: str, name: str) -> bytes:
    message = EmailMessage(policy=SEVEN_BIT)
    message["From"] = Address(name, addr_spec="conf@example.com")
    message["To"] = Address(name, addr_spec="anna@example.com")
    message["Subject"] = subject
    message.set_content("x")
    return message.as_bytes()


def read(header: str) -> str:
    """As RFC 2047 §6.2 has it: the space between two encoded words is none.

    The parser of the library's newer policies keeps it inside names.
    """
    return str(make_header(decode_header(header.replace("\r\n", ""))))


@given(TEXTS, TEXTS)
@example(" ".join(["2026,", "w" * 90, "w" * 90, "w" * 90]), "Anna")
@settings(max_examples=300, deadline=None)
def test_subject_and_names_arrive_as_they_were_written(subject: str, name: str) -> None:
    raw = sent(subject, name)
    arrived = message_from_bytes(raw)
    if "=?" not in subject:  # what looks encoded is decoded: RFC 2047 has no way to say that it is not
        assert read(arrived["Subject"]) == subject
    if "=?" not in name:
        display, address = parseaddr(arrived["To"].replace("\r\n", ""))
        assert (read(display), address) == (name, "anna@example.com")
    assert raw.isascii()
    assert max(map(len, re.split(rb"\r\n", raw))) <= 998


def test_a_date_in_russian_keeps_its_spaces() -> None:
    subject = "Приглашение: Weekly meeting, 27 ноября 2026, 15:30–16:30"
    assert message_from_bytes(sent(subject, "Анна Петрова"), policy=policy.default)["Subject"] == subject


def test_a_mail_without_a_name_is_from_its_address() -> None:
    assert b"To: anna@example.com\r\n" in sent("x", "")
