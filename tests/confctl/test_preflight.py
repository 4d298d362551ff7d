"""The check that the mixer has done before each start: when, how often, and who hears of it."""

from __future__ import annotations

import asyncio
import json
import logging
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl import check_by_mixer, check_phones, child, locale
from confctl.findings import fine, wrong
from confctl.mail.outbox import Outbox
from confctl.mail.warning import ADVICE, letter
from confctl.preflight import LOOK_SECONDS, Preflight
from confctl.settings import load
from confctl.words import say
from mixer.rules.model import Person, Plan
from tests.confctl.office import SETTINGS
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from confctl.findings import Finding
    from tests.confctl.office import Office

ANNA, BORIS = Person("Anna", ("101",), password="a"), Person("Boris", ("102",), password="b")
MAIL = '\n[mail]\nserver = "127.0.0.1:9"\nsender = "conf@example.com"\nadmin = "it@example.com"\n'


def plan(code: str, start: float, *others: Person) -> Plan:
    return Plan(code, "1" * 8, f"T{code}", ANNA, others, start, start + 3600, "UTC")


class Watch:
    """The mixer's side; ``said`` is what each child says."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch, *plans: Plan) -> None:
        self.now, self.plans = 10_000.0, list(plans)
        self.checked: list[str] = []
        self.said, self.status = json.dumps({"looked": True, "wrong": []}), 0
        self.preflight = Preflight(load(office.folder / "confctl.toml"), lambda: self.plans, lambda: self.now)
        monkeypatch.setattr(child, "confctl", self.child)

    async def child(self, _: object, *words: str, longest: float, grace: float) -> child.Outcome:
        assert (words[0], words[2:]) == ("check", ("--by-mixer",))
        self.checked.append(words[1])
        return child.Outcome(self.status, self.said, "")

    async def at(self, now: float) -> list[str]:
        """What is checked once it is so late."""
        self.now, self.checked = now, []
        if self.preflight._work is None:
            self.preflight.start()
        await asyncio.sleep(2 * LOOK_SECONDS)
        assert self.preflight.idle
        return self.checked


@in_virtual_time
async def test_each_conference_is_checked_once_a_quarter_of_an_hour_before_its_start(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(office, monkeypatch, plan("2", 11_000), plan("1", 11_000), plan("3", 20_000))
    assert await watch.at(10_099) == []
    assert await watch.at(10_100) == ["1", "2"]
    assert await watch.at(10_500) == []
    watch.plans[0] = plan("2", 11_000, BORIS)
    assert await watch.at(10_600) == ["2"], "somebody else is to be called now"
    watch.plans.append(plan("4", 10_900))
    assert await watch.at(10_839) == ["4"], "it was planned late"
    watch.plans.append(plan("5", 10_959))
    assert await watch.at(10_899) == [], "too late to mend anything: calls come first"
    assert await watch.at(12_000) == []
    await watch.preflight.stop()


@in_virtual_time
async def test_zero_minutes_is_never(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.folder / "confctl.toml").write_text(SETTINGS + "\n[check]\nminutes = 0\n", encoding="utf-8")
    watch = Watch(office, monkeypatch, plan("1", 10_060))
    assert await watch.at(10_000) == []
    await watch.preflight.stop()


@in_virtual_time
async def test_what_is_wrong_is_logged_and_so_is_a_check_that_broke(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    watch = Watch(office, monkeypatch, plan("1", 10_090))
    watch.said = json.dumps({"looked": True, "wrong": [{"what": "mail", "detail": "no answer"}]})
    await watch.at(10_000)
    watch.plans, watch.said = [plan("2", 10_090)], json.dumps({"looked": True, "wrong": []})
    await watch.at(10_001)
    watch.plans, watch.said, watch.status = [plan("3", 10_090)], "", 1
    await watch.at(10_002)
    assert caplog.messages == [
        "check before “T1”: mail: no answer",
        "check before “T2”: nothing is wrong",
        "“T3” could not be checked before its start (exit status 1)",
    ]
    await watch.preflight.stop()


# The child's side


def by_mixer(office: Office, code: str) -> dict[str, object]:
    said = office.confctl("check", code, "--by-mixer")
    assert said.status == 0, said.err
    return said.json


def waiting(office: Office) -> list[Path]:
    return [mail.file for mail in Outbox(office.folder / "outbox").waiting() if mail.kind == "warning"]


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What checks find, to be changed."""
    found = [fine(say("clock"), say("registered"))]
    monkeypatch.setattr(check_by_mixer, "check_conference", lambda *_: list(found))
    monkeypatch.setattr("os.setpriority", lambda *_: None)  # the tests go on in this process
    return found


@pytest.mark.parametrize(("language", "subject"), [("en", "1 thing is wrong before"), ("ru", "1 неполадка перед")])
def test_the_sysadmin_is_written_to_once_for_the_same_failures(
    office: Office, finds: list[Finding], language: str, subject: str
) -> None:
    text = SETTINGS.replace('language = "en"', f'language = "{language}"')
    (office.folder / "confctl.toml").write_text(text + MAIL, encoding="utf-8")
    code = office.add("--with", "102")
    assert by_mixer(office, code) == {"looked": True, "wrong": []}
    assert waiting(office) == []
    assert by_mixer(office, code) == {"looked": False, "wrong": []}, "it was looked at as it is"
    finds.append(wrong(say("lines"), say("not asked")))
    office.confctl("edit", code, "--with", "104")
    office.now += 1
    assert by_mixer(office, code)["looked"]
    (mail,) = waiting(office)
    envelope = Outbox(office.folder / "outbox").envelope(Outbox(office.folder / "outbox").waiting()[-1])
    assert envelope.to == "it@example.com"
    assert envelope.subject.startswith(subject) and "Weekly" in envelope.subject
    body = message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",))
    assert body is not None and code in body.get_content()
    office.confctl("edit", code, "--without", "104")
    office.now += 1
    by_mixer(office, code)
    assert waiting(office) == [mail], "the same failures of the same conference"
    finds.append(wrong(say("mail"), say("not asked")))
    office.confctl("edit", code, "--with", "104")
    office.now += 1
    by_mixer(office, code)
    assert len(waiting(office)) == 2


def test_the_warning_says_once_what_to_do_about_each_kind_of_phone_that_fails(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = load(office.folder / "confctl.toml")
    others = [Person(f"Person {number}", (str(number),), password="b") for number in (102, 103, 104)]
    asked = plan("123456", 10_000.0, *others)
    phone = {"kind": "account", "at": "x", "registered": False, "answers": None, "detail": ""}
    silent = {**phone, "registered": True, "answers": False, "detail": "408"}
    phones = [{**phone, "person": "102"}, {**phone, "person": "103"}, {**silent, "person": "103"}]
    phones.append({**phone, "person": "104", "registered": True, "answers": True})
    monkeypatch.setattr(check_phones, "ask", lambda *_, **__: {"phones": phones})
    bad = [each for each in check_phones.phones(read, asked) if each.wrong]
    said = [each for each in letter(asked, bad, read, "en").blocks if isinstance(each, str)]
    assert said[1] == (
        "Where no phone is registered: look whether the phone is switched on and whether its password is right. "
        "Where a registered phone does not answer: look whether it is still switched on, and start it anew."
    )
    other = letter(asked, [wrong(say("clock"), say("not asked"))], read, "en")
    assert len(other.blocks) == 4, "nothing usual, no advice"


def test_what_is_advised_is_about_what_checks_say() -> None:
    catalogue = (Path(locale.__file__).parent / "confctl.pot").read_text(encoding="utf-8")
    assert [text for text in ADVICE if f'msgid "{text}"' not in catalogue] == []


def test_a_disk_that_is_full_hides_nothing_of_what_was_found(
    office: Office, finds: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "outbox")

    (office.folder / "confctl.toml").write_text(SETTINGS + MAIL, encoding="utf-8")
    finds.append(wrong(say("lines"), say("not asked")))
    code = office.add()
    monkeypatch.setattr("confctl.mail.warning.queue", full)
    said = office.confctl("check", code, "--by-mixer")
    assert said.json["wrong"] == [{"what": "lines", "detail": "not asked"}]
    assert said.err == "confctl: What the check has found can't be kept (outbox: No space left on device).\n"


def test_without_an_address_for_it_nobody_is_written_to(office: Office, finds: list[Finding]) -> None:
    finds.append(wrong(say("lines"), say("not asked")))
    code = office.add()
    assert len(by_mixer(office, code)["wrong"]) == 1  # type: ignore[arg-type]  # it is a list
    assert waiting(office) == []


def test_what_was_found_of_conferences_that_are_gone_is_forgotten(office: Office, finds: list[Finding]) -> None:
    code, other = office.add(), office.add()
    by_mixer(office, code)
    office.confctl("delete", code, "--yes")
    by_mixer(office, other)
    assert [file.stem for file in (office.folder / "state" / "checks").iterdir()] == [other]
    assert finds


def test_a_warning_that_waits_is_not_thrown_away_with_the_conferences_own_mails(
    office: Office, finds: list[Finding]
) -> None:
    (office.folder / "confctl.toml").write_text(SETTINGS + MAIL, encoding="utf-8")
    finds.append(wrong(say("lines"), say("not asked")))
    code = office.add()
    by_mixer(office, code)
    office.confctl("edit", code, "--title", "Monthly")
    assert len(waiting(office)) == 1


def test_an_address_that_is_none_is_refused_with_its_line(office: Office) -> None:
    (office.folder / "confctl.toml").write_text(SETTINGS + MAIL.replace("it@example.com", "it"), encoding="utf-8")
    said = office.confctl("list")
    assert said.status == 1
    assert "“it” is no mail address; write for example: it@example.com" in said.err
