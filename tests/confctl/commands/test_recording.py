"""Whether a conference is recorded: asked for, changed, repeated, shown, told of, and looked after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.book.book import Book
from confctl.people.directory import Directory
from mixer.journal import Journal
from mixer.rules.model import Recorded
from mixer.rules.records import Kind, Record
from tests.confctl.commands.manual_steps import again, mails, shown
from tests.confctl.commands.past import ended
from tests.confctl.mail.desk import Desk

if TYPE_CHECKING:
    from tests.confctl.office import Office, Said


def with_setting(office: Office, *lines: str) -> None:
    file = office.folder / "confctl.toml"
    file.write_text("\n".join((file.read_text(encoding="utf-8"), "[recording]", *lines, "")), encoding="utf-8")


def edited(office: Office, code: str, *words: str) -> object:
    said = office.confctl("edit", code, *words, "--json")
    assert said.status == 0, said.err
    return said.json["record"]


def planned(office: Office, code: str) -> Recorded:
    """As the mixer will read it."""
    (plan,) = [each for each in Book(office.folder / "conferences", Directory(())).current()[0] if each.code == code]
    return plan.record


@pytest.mark.parametrize(
    ("words", "told", "meant"),
    [
        ((), False, Recorded.NOT),
        (("--record",), True, Recorded.MIXED),
        (("--tracks",), "tracks", Recorded.TRACKS),
        (("--record", "--tracks"), "tracks", Recorded.TRACKS),
        (("--no-record",), False, Recorded.NOT),
    ],
)
def test_it_is_recorded_if_that_is_asked_for(office: Office, words: tuple[str, ...], told: object, meant: str) -> None:
    code = office.add(*words)
    assert shown(office, code)["record"] == told
    assert planned(office, code) is meant
    assert ("Recording" in office.confctl("show", code).out) == (meant is not Recorded.NOT)


def test_it_can_be_changed_and_the_rest_of_the_file_stays(office: Office) -> None:
    code = office.add("--with", "102")
    file = office.folder / "conferences" / f"{code}.toml"
    before = file.read_text()
    assert "record" not in before
    assert edited(office, code, "--record") is True
    assert file.read_text() == before + "record = true\n"
    assert edited(office, code, "--title", "Weekly") is True, "what is not named stays"
    assert edited(office, code, "--tracks") == "tracks"
    assert 'record = "tracks"\n' in file.read_text()
    assert edited(office, code, "--record") is True, "that is how tracks are given up"
    assert edited(office, code, "--tracks") == "tracks"
    said = office.confctl("edit", code, "--no-record")
    assert "yes, each person in a file of their own, too → —" in " ".join(said.out.split())
    assert edited(office, code, "--record") is True


def test_repeated_it_is_recorded_again_unless_that_is_not_wanted(office: Office) -> None:
    code = office.add("--tracks", start="13:00", end="14:00")
    assert again(office, code, "--from", "17:00")["record"] == "tracks"
    assert again(office, code, "--from", "19:00", "--no-record")["record"] is False


def test_the_company_may_record_always_and_each_person_too(office: Office) -> None:
    code = office.add()
    with_setting(office, "always = true")
    assert shown(office, code)["record"] is False, "what was planned and told stays"
    assert shown(office, office.add(day="2026-12-01"))["record"] is True
    assert shown(office, office.add("--no-record", day="2026-12-02"))["record"] is False
    with_setting(office)  # a table twice is no TOML
    assert office.confctl("list").status == 1


def test_the_company_s_recordings_may_have_tracks(office: Office) -> None:
    with_setting(office, "tracks = true")
    assert shown(office, office.add("--record"))["record"] == "tracks"
    assert shown(office, office.add(day="2026-12-01"))["record"] is False
    tracked = office.add("--tracks", day="2026-12-02")
    assert edited(office, tracked, "--record") == "tracks", "that is what the company means by it"


def test_contradictions_and_unknown_words_are_named(office: Office) -> None:
    said = office.confctl("add", "X", "--tracks", "--no-record")
    assert (said.status, said.err) == (2, "confctl: --tracks and --no-record can't both be.\n")
    said = office.confctl("add", "X", "--record", "--no-record")
    assert (said.status, said.err) == (2, "confctl: --record and --no-record can't both be.\n")
    code = office.add()
    file = office.folder / "conferences" / f"{code}.toml"
    lines = len(file.read_text().splitlines())
    for text, problem in (
        ('"always"', '“always” is none of: true, false, "tracks"'),
        ("1", "record is a whole number; write for example: record = false"),
    ):
        good = file.read_text()
        file.write_text(f"{good}record = {text}\n")
        assert f"{code}.toml:{lines + 1}: " in (err := office.confctl("list").err)
        assert problem in err
        file.write_text(good)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('format = "mp3"', "recording.format: “mp3” is none of: opus, flac, wav"),
        ("keep_free = -1", "recording.keep_free: -1 is not from 0 to 1000000"),
        ('always = "yes"', "recording.always is a text; write for example: always = false"),
        ("traks = true", "“recording.traks” is unknown here; is “tracks” meant?"),
    ],
)
def test_what_is_wrong_with_the_settings_is_named(office: Office, line: str, problem: str) -> None:
    with_setting(office, line)
    assert problem in office.confctl("list").err


def test_check_looks_at_the_folder_where_there_is_something_to_record(office: Office) -> None:
    assert not recordings_in(office.confctl("check", "--json"))
    office.add("--record")
    (found,) = recordings_in(office.confctl("check", "--json"))
    assert "recordings has room for " in str(found["detail"])
    with_setting(office, "keep_free = 1000000", 'folder = "tapes"')
    (found,) = recordings_in(office.confctl("check", "--json"))
    assert found["ok"] is False
    assert found["detail"] == (
        "tapes has room for 0 hours beside 1000000 MB that stay free; make room, or lower recording.keep_free"
    )
    (office.folder / "tapes").write_text("")
    (found,) = recordings_in(office.confctl("check", "--json"))
    assert "is in the way of a folder" in str(found["detail"])


def test_check_goes_on_where_a_folder_can_t_even_be_looked_at(office: Office) -> None:
    folder = "x" * 300
    with_setting(office, "always = true", f'folder = "{folder}"')
    said = office.confctl("check", "--json")
    (found,) = recordings_in(said)
    assert found["detail"] == f"{folder} can't be written to; give it to this user, or choose another one"
    assert any(each["what"] == "clock" for each in said.json["checks"])  # type: ignore[union-attr,index]


def test_check_says_of_a_folder_that_takes_no_files_that_it_can_t_be_written_to_and_not_that_it_is_full(
    office: Office,
) -> None:
    with_setting(office, "always = true", 'folder = "/proc/x"')
    (found,) = recordings_in(office.confctl("check", "--json"))
    assert found["detail"] == "/proc/x can't be written to; give it to this user, or choose another one"


def test_check_leaves_nothing_in_the_folders(office: Office) -> None:
    office.add("--record")
    before = sorted(office.folder.rglob("*"))
    office.confctl("check")
    assert sorted(office.folder.rglob("*")) == before


def recordings_in(said: Said) -> list[dict[str, object]]:
    checks = said.json["checks"]
    assert isinstance(checks, list)
    return [each for each in checks if each["what"] == "recordings"]


def test_a_past_conference_tells_where_its_recordings_are(office: Office) -> None:
    code = office.add("--record")
    ended(office, code, "2026-11-30 16:30", "planned-end")
    stems = ("2026-11-30_15-30_Weekly", "2026-11-30_15-30_Weekly_2")
    Journal(office.folder / "journal").write(
        code, *(Record(Kind.RECORDING_STARTED, office.now, detail=stem) for stem in stems)
    )
    assert shown(office, code)["recordings"] == []
    folder = office.folder / "recordings"
    (folder / "unfinished").mkdir(parents=True)
    files = [folder / f"{stems[0]}.opus", folder / f"{stems[0]}.Anna.opus", folder / "unfinished" / f"{stems[1]}.wav"]
    for file in (*files, folder / "2026-11-30_15-30_Weekly_3.opus"):
        file.write_bytes(b"")
    told = shown(office, code)["recordings"]
    assert isinstance(told, list)
    assert {Path(file).name for file in told} == {file.name for file in files}
    assert "2026-11-30_15-30_Weekly.Anna.opus" in office.confctl("show", code).out


@pytest.mark.parametrize("folder", ["recordings", "x" * 300])
def test_a_conference_is_shown_whatever_its_journal_says_and_where_nobody_may_look(office: Office, folder: str) -> None:
    with_setting(office, f'folder = "{folder}"')
    code = office.add("--record")
    journal = Journal(office.folder / "journal")
    for detail in ("/etc/passwd", "../*", "**", "2026-11-30_15-30_Weekly"):
        journal.write(code, Record(Kind.RECORDING_STARTED, office.now, detail=detail))
    journal.write(code, Record("from_the_future", office.now))
    assert shown(office, code)["recordings"] == []


def test_invitations_say_that_it_will_be_recorded_and_everybody_is_told_of_a_change(office: Office) -> None:
    desk = Desk(office)
    code = desk.plan("--with", "102")
    assert "recorded" not in mails(office, "invitation")["boris@example.com"]
    desk.deliver()
    assert office.confctl("edit", code, "--record").status == 0
    changed = mails(office, "update")["boris@example.com"]
    assert "Recording: no → yes" in changed
    assert "The conference will be recorded." in changed
    desk.deliver()
    assert office.confctl("edit", code, "--tracks").status == 0
    assert not desk.waiting(), "who of them is in which file is no matter of mails"
    other = desk.plan("--with", "102", "--record", day="2026-12-01")
    assert "The conference will be recorded." in mails(office, "invitation")["boris@example.com"]
    assert office.confctl("edit", other, "--no-record").status == 0
    assert "recorded" not in mails(office, "invitation")["boris@example.com"]
