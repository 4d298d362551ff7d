"""What the commands say of the mails that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.confctl.commands.manual_steps import configured, delivered, mails

if TYPE_CHECKING:
    from tests.confctl.office import Office

SERVER = '\n[mail]\nserver = "smtp.example.com:587"\nsender = "Conferences <conf@example.com>"\n'


@pytest.fixture(autouse=True)
def _addresses(office: Office) -> None:
    file = office.folder / "people.toml"
    text = file.read_text(encoding="utf-8")
    for number in ("102", "1020"):
        text = text.replace(f'numbers = ["{number}"]', f'numbers = ["{number}"]\nemail = "{number}@example.com"')
    file.write_text(text, encoding="utf-8")


def told(office: Office, *words: str) -> str:
    said = office.confctl(*words)
    assert said.status == 0, said.err
    return said.out.splitlines()[-1]


def test_each_command_counts_its_mails(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    delivered(office)
    assert told(office, "edit", code, "--from", "16:00", "--without", "1020").startswith(
        "Mail: 1 update, 1 cancellation "
    )
    delivered(office)
    assert told(office, "edit", code, "--with", "1020").startswith("Mail: 1 invitation, 1 update ")
    assert told(office, "repeat", code, "--date", "tomorrow").startswith("Mail: 2 invitations ")
    delivered(office)
    assert told(office, "delete", code, "--yes").startswith("Mail: 2 cancellations ")


def test_what_nobody_was_sent_is_withdrawn(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    said = office.confctl("edit", code, "--without", "1020").out.splitlines()
    assert said[-2].startswith("Mail: 1 invitation in ")
    assert said[-1] == "Mail: 1 unsent mail is withdrawn."
    assert told(office, "--lang", "ru", "delete", code, "--yes") == "Почта: 1 неотправленное письмо отозвано."


def test_json_counts_them_too(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    delivered(office)
    edited = office.confctl("edit", code, "--from", "16:00", "--without", "1020", "--json").json
    assert edited["mail"] == {"invitations": 0, "updates": 1, "cancellations": 1}
    delivered(office)
    assert office.confctl("delete", code, "--yes", "--json").json == {
        "deleted": code,
        "mail": {"invitations": 0, "updates": 0, "cancellations": 1},
    }


def test_who_sends_them_is_said(office: Office) -> None:
    code = office.add("--with", "102")
    assert told(office, "edit", code, "--from", "16:00").endswith(" in outbox; no mail server is set up.")
    configured(office, "[sip]", f"{SERVER}\n[sip]")
    assert told(office, "edit", code, "--from", "16:30").endswith(
        "in the outbox; “confctl mail flush” sends them, or the mixer once it runs."
    )
    with office.mixer():
        assert told(office, "edit", code, "--from", "17:00").endswith("; the running mixer sends them.")


def test_in_russian_the_counts_have_their_forms(office: Office) -> None:
    code = office.add("--with", "102")
    delivered(office)
    assert told(office, "--lang", "ru", "edit", code, "--from", "16:00", "--with", "1020").startswith(
        "Почта: 1 приглашение, 1 письмо об изменении"
    )


def test_who_has_no_address_is_named_once(office: Office) -> None:
    said = office.confctl("add", "Weekly", "--owner", "101", "--date", "tomorrow", "--from", "15:30", "--to", "16:30")
    assert said.err.endswith("confctl: No mail address is known of, so tell them yourself: Анна Петрова (101).\n")
    assert "Mail:" not in said.out


def test_a_disk_that_takes_no_mail_fails_no_command_and_loses_no_mail(office: Office) -> None:
    (office.folder / "outbox").write_text("in the way", encoding="utf-8")
    said = office.confctl(
        *("add", "Weekly", "--owner", "101", "--with", "102", "--date", "tomorrow", "--from", "15:30", "--to", "16:30"),
        "--json",
    )
    assert (said.status, said.json["mail"]) == (0, None)
    assert said.err.startswith("confctl: The mail can't be written now") and said.err.count("\n") == 1
    code = str(said.json["code"])
    assert office.confctl("show", code).status == 0
    (office.folder / "outbox").unlink()
    assert told(office, "edit", code, "--with", "1020").startswith("Mail: 2 invitations ")
    assert mails(office, "invitation").keys() == {"102@example.com", "1020@example.com"}
