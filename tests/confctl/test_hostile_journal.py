"""A journal that others have written into: whoever reads it says what can be known, and never fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from confctl.book.book import Book
from confctl.people.directory import Directory
from confctl.report import attendance, page, sheet
from mixer.journal import Journal
from mixer.narration import narrate
from mixer.rules.records import Kind
from mixer.rules.resumption import resume

if TYPE_CHECKING:
    from tests.confctl.office import Office

NAUGHTY = (
    "",
    "9" * 5000,
    "1" * 400,
    "BUSY " + "9" * 5000,
    "BUSY " + "1" * 400,
    "٣٣",
    "\ud800\x1b]0;title\x07\r\n\u202e",
    "%(said)s %s {0}",
    "<script>alert(1)</script>",
    "=1+1",
    "1764505800 4711-1:" + ",".join(["9" * 4000] * 7),
    "4711-1:OPUS,15000,12,3,6.1,4.31,4.10 x:y,1,2,3",
    "9" * 400 + " 4711-1:1,2,3",
)
TIMES = (0.0, -1.0, -1e18, 1e12, 1e18, 1e300, 1.0e-320)


def hostile(started: float) -> bytes:
    lines = [json.dumps({"kind": "started", "at": started})]
    for kind in (*Kind, "no such kind", "\ud800"):
        for number, detail in enumerate(NAUGHTY):
            fields = {"kind": kind, "at": started + number, "detail": detail, "by": detail, "owner": number % 2 == 0}
            lines.append(json.dumps({**fields, "leg": detail, "person": detail or None}))
            lines.append(json.dumps({**fields, "leg": "4711-1", "person": "101"}))
        lines += [json.dumps({"kind": kind, "at": at, "leg": "4711-1", "person": "102"}) for at in TIMES]
    lines += [
        "[" * 100_000,
        '{"kind":',
        "null",
        '{"kind": "left", "at": true}',
        '{"kind": "left", "at": ' + "9" * 5000 + "}",
    ]
    return "\n".join(lines).encode() + b"\n\xff\xfe\x00\n"


@pytest.mark.parametrize(
    "words",
    [
        ("report",),
        ("report", "--json"),
        ("report", "--csv"),
        ("report", "--html", "-"),
        ("events",),
        ("events", "--json"),
        ("show",),
        ("show", "--json"),
    ],
)
def test_every_command_tells_what_a_hostile_journal_has(office: Office, words: tuple[str, ...]) -> None:
    code = office.add()
    folder = office.folder / "journal"
    folder.mkdir(exist_ok=True)
    (folder / f"{code}.jsonl").write_bytes(hostile(office.now))
    said = office.confctl(words[0], code, *words[1:])
    assert said.status == 0
    said.out.encode()
    assert "\x1b]" not in said.out
    if "--json" in words and words[0] != "events":
        said.json  # noqa: B018  it is JSON
    assert said.err.count("\n") < 20


def test_a_conference_is_resumed_whatever_its_journal_has(office: Office) -> None:
    code = office.add()
    entry = Book(office.folder / "conferences", Directory.load(office.folder / "people.toml", trunk=False)).get(code)
    assert entry is not None
    plan = entry.plan
    folder = office.folder / "journal"
    folder.mkdir(exist_ok=True)
    (folder / f"{code}.jsonl").write_bytes(hostile(office.now))
    records = Journal(folder).read(code)
    assert len(records) > 1000
    for record in records:
        resume(plan, [record], office.now + 60)
        if record.kind in set(Kind):
            str(narrate(plan, record))
    resume(plan, records, office.now + 60)
    found = attendance.of(plan, records, office.now + 60)
    for text in (sheet.write(found), page.write(found, "en", "UTC")):
        text.encode()  # as they are mailed
        assert "\x1b]" not in text
