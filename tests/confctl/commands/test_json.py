"""What scripts get with ``--json`` is what docs/json.md promises, field by field."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from confctl.book.book import Book
from confctl.people.directory import Directory
from confctl.settings import load
from mixer import control
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from tests.confctl.live.test_conference_status import HEAD, PEOPLE
from tests.confctl.office import Office, moment
from tests.confctl.report.held import past as reported
from tests.confctl.test_status import ABSENT, answering

if TYPE_CHECKING:
    from confctl.terminal.screen import Json

PAGE = Path(__file__).parents[3] / "docs" / "json.md"


def documented() -> dict[str, set[str]]:
    """The fields of each row of the page's table; those of what it refers to (``*conference*``) with them."""
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    fields = {}
    for name, text in rows.items():
        referred = "".join(rows[word] for word in re.findall(r"\*[a-z]+\*", text))
        fields[name] = set(re.findall(r"`([a-z_]+)`", text + referred))
    return fields


def printed(value: Json) -> set[str]:
    """The names of all fields, however deep."""
    match value:
        case dict():
            return set(value).union(*map(printed, value.values()))
        case list():
            return set[str]().union(*map(printed, value))
    return set()


@pytest.fixture
def busy(office: Office) -> Office:
    """An office with somebody who can be sent mail."""
    office.confctl("people", "add", "Dora", "108", "--account", "--email", "dora@example.com")
    return office


def held(office: Office) -> str:
    code = office.add("--with", "102")
    begin = moment("2026-11-30 15:30")
    answered = Record(Kind.ANSWERED, begin, "a", "101", owner=True)
    Journal(office.folder / "journal").write(
        code, Record(Kind.STARTED, begin), answered, Record(Kind.ENDED, begin + 60)
    )
    Book(office.folder / "conferences", Directory(())).end(code, begin + 60, "last-left")
    return code


def test_of_conferences(busy: Office) -> None:
    expected = documented()
    past, code = held(busy), busy.add("--with", "108")
    commands = {
        "`add`, `repeat`": ["repeat", past, "--from", "17:00", "--to", "18:00"],
        "`edit`": ["edit", code, "--title", "Monthly"],
        "`list`": ["list"],
        "`list --past`": ["list", "--past"],
        "`show`": ["show", past],
        "`delete`": ["delete", code, "--yes"],
    }
    for row, words in commands.items():
        said = busy.confctl(*words, "--json")
        assert said.status == 0, said.err
        assert printed(said.json) == expected[row], row  # type: ignore[arg-type]  # it is JSON
    assert printed(busy.confctl("report", reported(busy), "--json").json) == expected["`report`"]  # type: ignore[arg-type]  # it is JSON


def test_of_conferences_to_come(busy: Office) -> None:
    expected = documented()
    code = busy.add("--with", "102")
    busy.add("--with", "102")
    commands = {
        "`plan`": ["plan"],
        "`check`": ["check", code],
        "`rehearse`": ["rehearse", code, "--quick", "--phone", "102=busy"],
        "`prompts list`": ["prompts", "list"],
        "`prompts check`": ["prompts", "check"],
    }
    for row, words in commands.items():
        assert printed(busy.confctl(*words, "--json").json) == expected[row], row  # type: ignore[arg-type]  # it is JSON


def test_of_running_conferences(busy: Office) -> None:
    expected = documented()
    socket = load(busy.folder / "confctl.toml").paths.socket
    answer = {"code": "123456", "title": "Weekly", "people": [{"name": "Dora", "number": "108"}]}
    end = {"end": moment("2026-11-30 17:00"), "zone": "Europe/Moscow"}
    sound = busy.folder / "bell.wav"
    soundfile.write(sound, np.full(8000, 0.1), 8000)
    acts = "`mute`, `unmute`, `kick`, `lock`, `unlock`, `call`, `owner`, `deputy`, `end`"
    for row, words, told in (
        ("`status CODE`", ("status", "123456"), {"conference": HEAD, "people": PEOPLE}),
        (acts, ("mute", "dora"), answer),
        (acts, ("end", "--yes"), answer),
        ("`record`", ("record", "on"), {**answer, "record": "mixed"}),
        ("`extend`", ("extend", "30"), {**answer, **end}),
        ("`play`", ("play", str(sound)), {"code": "123456", "title": "Weekly", "heard": 2}),
    ):
        with answering(socket, control.encode({"ok": True, **told})):
            said = busy.confctl(*words, "--json")
        assert printed(said.json) == expected[row], row  # type: ignore[arg-type]  # it is JSON


def test_of_events(busy: Office) -> None:
    lines = busy.confctl("events", held(busy), "--json").out.splitlines()
    assert [printed(json.loads(line)) for line in lines] == [documented()["`events`"]] * 3


def test_of_people(busy: Office) -> None:
    expected = documented()
    listing = busy.folder / "more.csv"
    listing.write_text("name,numbers,email\nEmil,109,e@example.com\nDora,108,d@example.com\n", encoding="utf-8")
    commands = {
        "`people list`, `people find`": ["people", "list"],
        "`people import`": ["people", "import", str(listing), "--account"],
        "`people add`": ["people", "add", "Fred", "110", "--account"],
        "`people edit`": ["people", "edit", "Fred", "--email", "f@example.com"],
        "`people remove`": ["people", "remove", "Fred", "--yes"],
    }
    for row, words in commands.items():
        said = busy.confctl(*words, "--json")
        assert said.status == 0, said.err
        assert printed(said.json) == expected[row], row  # type: ignore[arg-type]  # it is JSON


def test_of_checks_the_mixer_and_mails(busy: Office) -> None:
    expected = documented()
    busy.add("--with", "108")
    assert printed(busy.confctl("check", "--json").json) == expected["`check`"]  # type: ignore[arg-type]  # it is JSON
    assert printed(busy.confctl("mail", "list", "--json").json) == expected["`mail list`"]  # type: ignore[arg-type]  # it is JSON
    assert printed(busy.confctl("mail", "flush", "--json").json) == expected["`mail flush`"]  # type: ignore[arg-type]  # it is JSON
    with answering(load(busy.folder / "confctl.toml").paths.socket, control.encode({"ok": True, "status": ABSENT})):
        assert printed(busy.confctl("status", "--json").json) == expected["`status`"]  # type: ignore[arg-type]  # it is JSON


def test_of_what_is_removed(busy: Office) -> None:
    with (busy.folder / "confctl.toml").open("a") as settings:
        settings.write("\n[retention]\nconferences = 1\n")
    held(busy)
    busy.now += 10 * 86400.0
    assert printed(busy.confctl("prune", "--dry-run", "--json").json) == documented()["`prune`"]  # type: ignore[arg-type]  # it is JSON


def test_of_what_goes_over_the_wire(busy: Office) -> None:
    expected = documented()
    dialog = {"call_id": "1", "method": "INVITE", "sent": True, "began": 0.0, "ended": 1.0, "from": "a", "to": "b"}
    dialog |= {"peer": "udp:192.0.2.7:5060", "result": None, "count": 1}
    message = {"at": 0.0, "sent": True, "peer": "udp:192.0.2.7:5060", "text": "INVITE"}
    whole = {**dialog, "left_out": 0, "left_out_after": 1, "messages": [message]}
    socket = load(busy.folder / "confctl.toml").paths.socket
    for row, words, answer in (
        ("`sip trace`", (), {"traces": [dialog]}),
        ("`sip trace WHICH`", ("1",), {"trace": whole, "others": 0}),
    ):
        with answering(socket, control.encode({"ok": True, **answer})):
            said = busy.confctl("sip", "trace", *words, "--json")
        assert printed(said.json) == expected[row], row  # type: ignore[arg-type]  # it is JSON


def test_of_new_settings(office: Office) -> None:
    made = office.confctl("init", "new", "--json").json
    assert made == {"config": "new/confctl.toml", "people": "new/people.toml"}
    assert set(made) == documented()["`init`"]


def test_times_have_their_offset_and_are_on_the_clocks_of_the_conference(office: Office) -> None:
    code = office.add("--zone", "Asia/Tokyo", day="2026-12-01")
    shown = office.confctl("show", code, "--json").json
    assert (shown["start"], shown["end"]) == ("2026-12-01T15:30:00+09:00", "2026-12-01T16:30:00+09:00")
    assert datetime.fromisoformat(str(shown["created"])).timestamp() == office.now
