"""A conference's file that a person wrote in their own way, changed by command: all else stays as it was."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.book.book import Book
from confctl.book.conference_file import Draft, Entry
from confctl.book.greeting import DECODING, Greeting
from confctl.people.directory import Directory
from confctl.problems import RefusedError
from confctl.storage.files import locked
from confctl.words import say
from mixer.rules.model import Person
from tests.confctl.book.book_writer import a_copy

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = [Person(f"P{number}", (str(number), f"9{number}"), password="x") for number in range(101, 109)]
OWNER, A, B, C, NEW, NEWER = PEOPLE[:6]

BY_COMMAND = """\
title = "Weekly"
code = "123456"
owner_code = "12345678"
owner = {name = "P101", number = "101"}
participants = [
    {name = "P102", number = "102"},
    {name = "P103", number = "103"},
    {name = "P104", number = "104"},
]
zone = "Europe/Moscow"
start = 2033-05-18T06:33:20
end = 2033-05-18T07:33:20
created = 2026-11-30T09:00:00Z
"""
COMMENTED = """\
# 1 the title has "quotes" = [ {
title = "Weekly" # 2 a title
'code'   = "123456"
"owner_code" = '12345678'# 3
owner = {name = "P101", number = "9101"} # 4
participants = [ # 5
  # 6 the boss
  { name = "P102", number = "102" }, # removed with 102
  { name = "P103 # [", number = "9103" } # removed with 103
  # 7 ]
  , { name = "P104", number = "104" }
  # 8
] # 9
zone = \"\"\"Europe/Moscow\"\"\" # 10
start = 2033-05-18T06:33:20 # 11
end = 2033-05-18 07:33:20 # 12
created = 2026-11-30T12:00:00+03:00 # 13
# 14"""
ONE_LINE = """\
participants = [{name = "P102", number = "102"}, {name = "P103", number = "103"}, {name = "P104", number = "104"}] # 1
title = 'Weekly'
code = "123456"
owner_code = "12345678"
owner.name = "P101"
owner.number = "101"
zone = "Europe/Moscow"
start = 2033-05-18T06:33:20
end = 2033-05-18T07:33:20
created = 2026-11-30T09:00:00Z
"""
TABLES = """\
title = "Weekly" # 1
code = "123456"
owner_code = "12345678"
zone = "Europe/Moscow"
start = 2033-05-18T06:33:20
end = 2033-05-18T07:33:20
created = 2026-11-30T09:00:00Z # 2

[[participants]] # removed with 102
name = "P102"
number = "102" # removed with 102

# 3
[ owner ] # removed with 101
name = "P101" # removed with 101
# 4
number = "101"
[[participants]] # removed with 103
name = "P103"
number = "103"
# 5
[["participants"]]
number = "104"
name = "P104"
# 6
"""
TOML_1_1 = BY_COMMAND.replace('{name = "P101"', '{ # removed with 101\n\tname = "P101"').replace("Weekly", "Week\\x6cy")
LAYOUTS = {
    "as the command writes": BY_COMMAND,
    "with comments": COMMENTED,
    "in one line": ONE_LINE,
    "as tables": TABLES,
    "TOML 1.1": TOML_1_1,
    "with CR LF": COMMENTED.replace("\n", "\r\n"),
    "with a byte order mark": "\ufeff" + BY_COMMAND,
}
layouts = pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())


def book(folder: Path, text: str) -> Book:
    (folder / "123456.toml").write_text(text, encoding="utf-8", newline="")
    return Book(folder, Directory(PEOPLE))


def changed(folder: Path, text: str, change: Callable[[Draft], Draft]) -> tuple[Entry, str]:
    """What the book has afterwards, and the text of the file."""
    target = book(folder, text)
    _, after = target.change("123456", 0.0, lambda entry: change(entry.draft()))
    assert target.get("123456") == after
    return after, (folder / "123456.toml").read_bytes().decode()


def comments(text: str) -> list[str]:
    """The numbered ones."""
    return re.findall(r"# ?([0-9]+)\b", text)


@layouts
def test_a_draft_that_changes_nothing_leaves_every_octet(tmp_path: Path, text: str) -> None:
    assert changed(tmp_path, text, lambda draft: draft)[1] == text


@layouts
def test_a_new_title_is_all_that_is_new(tmp_path: Path, text: str) -> None:
    after, written = changed(tmp_path, text, lambda draft: replace(draft, title='New "one"\n\x7f'))
    assert after.plan.title == 'New "one"\n\x7f'
    assert re.sub(r'"New \\"one\\"\\n\\u007f"', "…", written) == re.sub(
        r"""["']Wee[^"']*["'] ?""", lambda it: "…" + " " * it[0].endswith(" "), text.lstrip("\ufeff")
    )


@layouts
def test_whoever_stays_keeps_place_and_comments(tmp_path: Path, text: str) -> None:
    after, written = changed(tmp_path, text, lambda draft: replace(draft, participants=(A, C, NEW)))
    assert after.plan.participants == (A, C, NEW)
    assert comments(written) == comments(text)
    assert ("removed with 102" in written) == ("removed with 102" in text)
    assert "removed with 103" not in written
    kept = [line for line in text.lstrip("\ufeff").splitlines() if "103" not in line]
    if text is not ONE_LINE:
        assert [line for line in kept if line.strip(", ") not in written] == []


@layouts
def test_another_owner_gets_a_code_that_the_former_does_not_know(tmp_path: Path, text: str) -> None:
    after, written = changed(tmp_path, text, lambda draft: replace(draft, owner=NEW))
    assert after.plan.owner == NEW
    assert after.plan.owner_code != "12345678" and len(after.plan.owner_code) == 8
    assert "removed with 101" not in written
    assert (tmp_path / "codes").read_text(encoding="ascii") == f"123456 {after.plan.owner_code}\n"


@layouts
def test_whose_name_in_the_directory_has_changed_is_no_other_person(tmp_path: Path, text: str) -> None:
    target = book(tmp_path, text)
    married = Book(tmp_path, Directory([Person("Married", ("101", "9101"), password="y"), *PEOPLE[1:]]))
    before, after = married.change("123456", 0.0, lambda entry: replace(entry.draft(), title="New"))
    assert before.plan.owner_code == after.plan.owner_code
    assert after.plan.owner.name == "Married"
    got = target.get("123456")
    assert got and got.plan.owner == OWNER


@layouts
def test_a_greeting_comes_is_replaced_and_goes(tmp_path: Path, text: str) -> None:
    target = book(tmp_path, text)
    for sound in (b"first", b"second"):
        with locked(target.greetings / DECODING, shared=True):
            copy = target.greetings / ".copy.wav"
            copy.write_bytes(sound)
            greeting = Greeting(copy, f"{sound.decode()}.wav")
            before, after = target.change("123456", 0.0, lambda e, g=greeting: replace(e.draft(), greeting=g))
        assert target.get("123456") == after and after.greeting and after.greeting != before.greeting
        assert after.greeting_name == f"{sound.decode()}.wav"
        assert [file.read_bytes() for file in target.greetings.glob("*.wav")] == [sound]
    _, after = target.change("123456", 0.0, lambda entry: replace(entry.draft(), greeting=None))
    assert after.greeting is None and not list(target.greetings.glob("*.wav"))
    written = (tmp_path / "123456.toml").read_bytes().decode()
    assert written.removesuffix("\n") == text.lstrip("\ufeff").removesuffix("\n")


@pytest.mark.parametrize("now", [2e9 + 60, 2e9])
def test_what_has_begun_is_refused_and_what_is_refused_changes_nothing(tmp_path: Path, now: float) -> None:
    target = book(tmp_path, BY_COMMAND)
    before = target.get("123456")

    def never(_: Entry) -> Draft:
        raise AssertionError("nobody is asked what is refused anyway")

    def refusing(_: Entry) -> Draft:
        raise RefusedError(say("no"))

    with pytest.raises(RefusedError, match="has begun"):
        target.change("123456", now, never)
    with pytest.raises(RefusedError, match="no conference 654321"):
        target.change("654321", 0.0, never)
    with pytest.raises(RefusedError, match="no"):
        target.change("123456", 0.0, refusing)
    assert target.get("123456") == before
    assert (tmp_path / "123456.toml").read_text(encoding="utf-8") == BY_COMMAND
    target.end("123456", 2e9, "last-left")
    with pytest.raises(RefusedError, match="is past"):
        target.change("123456", 0.0, never)


def test_a_full_disk_leaves_the_old_conference_and_the_old_greeting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = book(tmp_path, BY_COMMAND)
    first = target.get("123456")
    assert first
    drawn = first.draft()
    real, left = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    for steps in range(20):
        with a_copy(target.greetings, b"old") as greeting:
            old = replace(drawn, greeting=greeting)
            _, before = target.change("123456", 0.0, lambda _, old=old: old)
        with a_copy(target.greetings, b"new") as greeting, monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            left = steps
            new = replace(before.draft(), owner=NEW, greeting=greeting)
            with suppress(OSError):
                target.change("123456", 0.0, lambda _, new=new: new)
        after = target.get("123456")
        assert after and after.greeting
        assert after.greeting.copy.read_bytes() == (b"new" if after.plan.owner == NEW else b"old")
        assert len(list(target.greetings.glob("[0-9]*.wav"))) <= 2, "what a failed change left goes with the next"
        if left >= 0:
            break
    assert after.plan.owner == NEW and steps > 5


def _draft(title: str, owner: Person, others: tuple[Person, ...], start: float, length: float, zone: str) -> Draft:
    return Draft(title, owner, others, start, start + length, zone)


drafts = st.builds(
    _draft,
    st.text(min_size=1).filter(lambda title: bool(title.strip())),
    st.sampled_from(PEOPLE),
    st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple),
    st.integers(1, 10**6).map(lambda minute: minute * 60.0),
    st.integers(1, 7 * 24 * 60).map(lambda minute: minute * 60.0),
    st.sampled_from(["UTC", "Asia/Tokyo", "Asia/Kolkata"]),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(LAYOUTS.values())), st.lists(drafts, min_size=1, max_size=3))
def test_any_draft_after_any_other_is_read_back_and_what_stands_outside_is_kept(text: str, wanted: list[Draft]) -> None:
    with TemporaryDirectory() as folder:
        target = book(Path(folder), text)
        for draft in wanted:
            target.change("123456", -1.0, lambda _, draft=draft: draft)
            got = target.get("123456")
            assert got and got.draft() == draft
        written = (Path(folder) / "123456.toml").read_bytes().decode()
        in_the_array = set("5678") if "[ # 5" in text else set()  # it is new in another order
        assert set(comments(text)) - in_the_array <= set(comments(written))
        assert got.created == 1796029200.0


@pytest.mark.parametrize(
    ("array", "removed", "left"),
    [
        ("[{a}, {b}, {c}]", [0], "[{b}, {c}]"),
        ("[{a}, {b}, {c}]", [2], "[{a}, {b}, ]"),
        ("[ {a} , {b} ]", [0, 1], "[ ]"),
        ("[\n  {a}, # x\n  {b}, # y\n]", [1], "[\n  {a}, # x\n]"),
        ("[\n  {a}\n  , {b}\n]", [0], "[\n  {b}\n]"),
        ("[{a}, # x\n {b}]", [1], "[{a}, # x\n ]"),
        ("[{a}, # x\n {b}]", [0], "[# x\n {b}]"),
    ],
)
def test_an_item_goes_with_its_comma_and_with_its_line_if_that_is_its_own(
    array: str, removed: list[int], left: str
) -> None:
    from confctl.storage.toml_edit import with_items

    def filled(text: str) -> str:
        return "x = " + re.sub(r"\{(.)\}", r'{n = "\1"}', text) + " # end\n"

    assert with_items(filled(array), "x", removed, []) == filled(left)
