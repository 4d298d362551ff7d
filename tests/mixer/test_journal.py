from __future__ import annotations

import errno
import json
import logging
import os
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.confirming import Confirming
from mixer.journal import Journal, JournalError
from mixer.rules.records import Kind, Record
from mixer.rules.resumption import resume
from tests.mixer.rehearsal import ANNA, OWNER, PLAN, START, Rehearsal

if TYPE_CHECKING:
    from pathlib import Path

LEFT = Record(Kind.LEFT, START + 0.25, "4711-2", "102", detail="hung up")
RECORDS = (
    Record(Kind.STARTED, START),
    Record(Kind.CALLING, START, "4711-1", "101", owner=True),
    Record(Kind.ENTERED, START + 7, "in-1", None, detail="+7 495 «Гость»"),
    LEFT,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def test_what_was_written_is_read_in_order(journal: Journal) -> None:
    journal.write("4711", *RECORDS[:2])
    journal.write("4711", *RECORDS[2:])
    assert journal.read("4711") == list(RECORDS)


def test_a_record_is_one_line_of_json_that_a_person_can_read(journal: Journal, tmp_path: Path) -> None:
    journal.write("4711", LEFT)
    line = (tmp_path / "journal" / "4711.jsonl").read_text()
    assert line == '{"kind":"left","at":1764505800.25,"leg":"4711-2","person":"102","detail":"hung up"}\n'


def test_each_conference_has_its_own_file_and_the_mixer_too(journal: Journal, tmp_path: Path) -> None:
    journal.write("4711", LEFT)
    journal.write("4712", RECORDS[0])
    journal.write(None, Record(Kind.STARTED, 0.0))
    assert {path.name for path in (tmp_path / "journal").iterdir()} == {"4711.jsonl", "4712.jsonl", "mixer.jsonl"}
    assert journal.read(None) == [Record(Kind.STARTED, 0.0)]


def test_a_conference_without_a_journal_has_no_records(journal: Journal) -> None:
    assert journal.read("4711") == []


def test_nothing_is_created_before_the_first_record(journal: Journal, tmp_path: Path) -> None:
    journal.read("4711")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", ["", "../secret", "4711/..", "4711\n", "٤٧١١", "1" * 33])
def test_a_code_that_is_no_code_names_no_file(journal: Journal, code: str) -> None:
    with pytest.raises(ValueError, match="not a conference's code"):
        journal.read(code)


def test_killed_during_a_write_only_the_torn_line_is_lost_and_the_next_write_loses_nothing(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.write("4711", *RECORDS)
    path = tmp_path / "journal" / "4711.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        caplog.clear()
        kept = journal.read("4711")
        complete = whole[:length].count(b"\n")
        assert kept[:complete] == list(RECORDS[:complete])
        assert len(kept) == complete or kept == list(RECORDS[: complete + 1])
        lines = [line for line in whole[:length].split(b"\n") if line]
        assert len(caplog.records) == len(lines) - len(kept)
        journal.write("4711", LEFT)
        assert journal.read("4711") == [*kept, LEFT]


def test_a_torn_line_is_warned_of_by_file_and_line(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.write("4711", *RECORDS)
    path = tmp_path / "journal" / "4711.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    with caplog.at_level(logging.WARNING):
        journal.read("4711")
    assert [record.getMessage().split(": ")[0] for record in caplog.records] == [f"{path}:4"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\0\0\0\0",
        b"\xff\xfe",
        b'{"kind":"left"}',
        b'{"kind":1,"at":1}',
        b'{"kind":"left","at":"1"}',
        b'{"kind":"left","at":true}',
        b'{"kind":"left","at":NaN}',
        b'{"kind":"left","at":1e999}',
        b'{"kind":"left","at":1e300}',
        b'{"kind":"left","at":-1e12}',
        b'{"kind":"left","at":1' + b"0" * 400 + b"}",
        b'{"kind":"left","at":1,"leg":5}',
        b'{"kind":"left","at":1,"owner":"yes"}',
        b'{"kind":"left","at":1,"detail":null}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_passed_over(journal: Journal, tmp_path: Path, line: bytes) -> None:
    journal.write("4711", RECORDS[0])
    with (tmp_path / "journal" / "4711.jsonl").open("ab") as file:
        file.write(line + b"\n")
    journal.write("4711", LEFT)
    assert journal.read("4711") == [RECORDS[0], LEFT]


def test_of_thousands_of_lines_that_are_no_records_a_few_are_named_and_the_others_counted(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "4711.jsonl").write_bytes(b"x\n" * 10_000)
    assert journal.read("4711") == []
    assert len(caplog.messages) == 6
    assert caplog.messages[-1].endswith(": more lines that are no records: 9995")


def test_the_user_who_has_acted_is_kept_and_an_older_versions_acts_have_none(journal: Journal, tmp_path: Path) -> None:
    acted = Record(Kind.LOCKED, 5.0, user="anna")
    journal.write("4711", acted)
    with (tmp_path / "journal" / "4711.jsonl").open("a") as file:
        for members in ({}, {"user": 7}):
            file.write(json.dumps({"kind": "locked", "at": 6, **members}) + "\n")
    assert journal.read("4711") == [acted, Record(Kind.LOCKED, 6.0)]


def test_a_newer_versions_kinds_are_kept_and_its_members_passed_over(journal: Journal, tmp_path: Path) -> None:
    journal.write("4711", RECORDS[0])
    newer = {"kind": "raised_hand", "at": 5, "leg": "4711-1", "mood": ["eager"]}
    with (tmp_path / "journal" / "4711.jsonl").open("a") as file:
        file.write(json.dumps(newer) + "\n")
    assert journal.read("4711") == [RECORDS[0], Record("raised_hand", 5.0, "4711-1")]


def test_line_separators_and_stray_octets_inside_a_detail_stay_inside_it(journal: Journal) -> None:
    nasty = Record(Kind.NOT_REACHED, START, "4711-1", "101", detail='486 a\n\r\v\x85\u2028\x00\udcff"\\')
    journal.write("4711", nasty, LEFT)
    assert journal.read("4711") == [nasty, LEFT]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            Record,
            st.sampled_from(Kind) | st.text(),
            st.floats(0, 250e9),
            st.none() | st.text(),
            st.none() | st.text(),
            st.booleans(),
            st.text(),
        )
    )
)
def test_any_record_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"))
    journal.write("4711", *records)
    assert journal.read("4711") == records


def test_of_the_kinds_that_are_asked_for_all_come_and_no_others(journal: Journal, tmp_path: Path) -> None:
    by_hand = b'{"at": 1764505800.0, "kind": "left"}\n{"kind":"le\n\n{"kind":"\\u006ceft","at":1.0}\n'
    journal.write("4711", *RECORDS)
    with (tmp_path / "journal" / "4711.jsonl").open("ab") as file:
        file.write(by_hand)
    wanted = [record for record in journal.read("4711") if record.kind in (Kind.LEFT, Kind.STARTED)]
    assert len(wanted) == 4
    # only a hand writes letters of a kind as numbers
    assert list(journal.one_by_one("4711", {Kind.LEFT, Kind.STARTED})) == wanted[:3]


def test_a_journal_of_any_length_is_read_without_keeping_it(journal: Journal) -> None:
    journal.write("4711", *[LEFT] * 20_000)
    tracemalloc.start()
    try:
        assert sum(record == LEFT for record in journal.one_by_one("4711")) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 500_000  # the file has 1.8 MB, its records 6
    finally:
        tracemalloc.stop()


def test_records_of_one_step_are_one_write(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write = os.write

    def counted(file: int, data: bytes) -> int:
        written.append(len(data))
        return write(file, data)

    monkeypatch.setattr(os, "write", counted)
    journal.write("4711", *RECORDS)
    assert len(written) == 1


def test_a_full_disk_is_one_line_that_names_the_file_and_the_half_line_is_no_harm_later(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write("4711", RECORDS[0])
    write = os.write
    room = [10]

    def nearly_full(file: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", nearly_full)
        with pytest.raises(JournalError) as raised:
            journal.write("4711", LEFT)
    assert "4711.jsonl" in str(raised.value)
    assert "No space left" in str(raised.value)
    assert "\n" not in str(raised.value)
    journal.write("4711", LEFT)
    assert journal.read("4711") == [RECORDS[0], LEFT]


def test_a_folder_that_is_a_file_is_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("")
    with pytest.raises(JournalError, match="journal"):
        Journal(tmp_path / "journal").write("4711", LEFT)
    with pytest.raises(JournalError, match="journal"):
        Journal(tmp_path / "journal").beat(START)


def test_what_resumption_must_not_lose_waits_for_the_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    journal.write("4711", LEFT)
    assert synced == []
    for kind in (Kind.ENDED, Kind.LOCKED):
        synced.clear()
        journal.write("4711", Record(kind, START))
        assert len(synced) == 2, "the file and its folder"


def test_whoever_writes_need_not_wait_for_the_disk_which_gets_it_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    confirming, free = Confirming(), threading.Event()

    def slow(_: int) -> None:
        assert free.wait(10)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", slow)
    journal = Journal(tmp_path / "journal", confirming)
    journal.write("4711", Record(Kind.STARTED, START))
    assert [record.kind for record in journal.read("4711")] == [Kind.STARTED]
    free.set()
    confirming.wait()
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/journal/4711.jsonl: the disk does not confirm it, Input/output error"
    ]


def test_the_last_sign_of_life_outlives_the_mixer(journal: Journal, tmp_path: Path) -> None:
    assert journal.last_seen() is None
    journal.beat(START)
    journal.beat(START + 10)
    assert Journal(tmp_path / "journal").last_seen() == START + 10


def test_a_conference_is_resumed_from_what_was_written(journal: Journal) -> None:
    play = Rehearsal()
    play.wait(0)
    play.answer(OWNER)
    play.refuse(ANNA)
    journal.write("4711", *play.journal)
    assert resume(PLAN, journal.read("4711"), play.now) == resume(PLAN, play.journal, play.now)


def test_old_lines_go_without_keeping_the_others(journal: Journal) -> None:
    journal.write(None, Record(Kind.REFUSED, 1.0), *[Record(Kind.REFUSED, 9.0, detail="NoSuch")] * 20_000)
    journal.write(None, Record(Kind.REFUSED, 2.0))
    tracemalloc.start()
    try:
        assert journal.forget_before(5.0) == 2
        assert tracemalloc.get_traced_memory()[1] < 500_000  # the file has 1 MB
    finally:
        tracemalloc.stop()
    assert len(journal.read(None)) == 20_000


def test_old_lines_of_the_mixers_own_journal_go_while_others_write(journal: Journal) -> None:
    """Two writers, and one who forgets again and again: nothing that is new enough is lost or doubled."""
    journal.write(None, *(Record(Kind.REFUSED, float(at)) for at in range(100)))

    def write(first: int) -> None:
        for at in range(first, first + 400, 2):
            journal.write(None, Record(Kind.REFUSED, float(at)))

    writers = [threading.Thread(target=write, args=(first,)) for first in (1000, 1001)]
    for writer in writers:
        writer.start()
    forgotten = 0
    while any(writer.is_alive() for writer in writers):
        forgotten += journal.forget_before(1200.0)
    for writer in writers:
        writer.join()
    forgotten += journal.forget_before(1200.0)
    assert sorted(record.at for record in journal.read(None)) == [float(at) for at in range(1200, 1400)]
    assert forgotten == 100 + 200
