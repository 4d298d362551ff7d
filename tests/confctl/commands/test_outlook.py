"""``confctl plan``: what clashes in the coming days."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from tests.confctl.book.test_greeting import sound
from tests.confctl.office import SETTINGS, moment

if TYPE_CHECKING:
    from tests.confctl.office import Office

TRUNK = '\n[[trunk]]\nname = "line"\nuri = "sip:127.0.0.1:9"\n'
OUTSIDE = "".join(f'[[person]]\nname = "Far {n}"\nnumbers = ["+44207946010{n}"]\n' for n in range(5))


def clashes(office: Office, *words: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", office.confctl("plan", "--json", *words).json["clashes"])


def kinds(office: Office, *words: str) -> list[object]:
    return [clash["kind"] for clash in clashes(office, *words)]


def test_where_nothing_is_planned_that_is_all_there_is_to_say(office: Office) -> None:
    said = office.confctl("plan")
    assert (said.status, said.out) == (0, "No conference in the next 7 days.\n")


def test_a_week_in_which_nothing_clashes_is_one_calm_line(office: Office) -> None:
    office.add("--with", "102")
    office.add("--with", "102", day="tomorrow")
    said = office.confctl("plan")
    assert (said.status, said.err) == (0, "")
    assert said.out == "2 conferences in the next 7 days, and nothing clashes.\n"


def test_people_and_owners_in_two_conferences_at_once_are_named_under_their_day(office: Office) -> None:
    one = office.add("--with", "102", "104", title="Budget", day="tomorrow")
    other = office.add("--with", "102", title="Sales", day="tomorrow", start="16:00", end="17:00")
    said = office.confctl("plan")
    assert said.status == 1
    first, second, third = said.out.splitlines()
    pair = f"{one} “Budget” and {other} “Sales”"
    assert first == "Tuesday, 1 December 2026"
    assert re.sub(" +", " ", second) == f" 16:00–16:30 {pair} have the same owner, Анна Петрова (101)"
    assert re.sub(" +", " ", third) == f" 16:00–16:30 {pair} both want Борис Королёв (102)"


def test_only_so_many_days_are_looked_at_and_what_runs_now_counts(office: Office) -> None:
    for day in ("today", "2026-12-10"):
        office.add(day=day)
        office.add(day=day)
    office.now = moment("2026-11-30 16:00")
    assert kinds(office) == ["owner"]
    assert kinds(office, "--days", "20") == ["owner", "owner"]
    assert kinds(office, "--days", "10") == ["owner", "owner"]
    assert kinds(office, "--days", "9") == ["owner"]


def test_more_calls_than_the_trunks_take_are_counted_at_the_worst_moment(office: Office) -> None:
    (office.folder / "confctl.toml").write_text(SETTINGS + TRUNK + "max_calls = 3\n", encoding="utf-8")
    with (office.folder / "people.toml").open("a", encoding="utf-8") as file:
        file.write(OUTSIDE)
    plan = ("--date", "today", "--from", "15:00", "--to", "16:00", "--json")
    one = office.confctl("add", "One", "--owner", "Far 0", "--with", "Far 1", "102", *plan).json["code"]
    other = office.confctl("add", "Two", "--owner", "Far 2", "--with", "Far 3", "104", *plan).json["code"]
    (clash,) = clashes(office)
    assert (clash["kind"], clash["needed"], clash["room"]) == ("lines", 4, 3)
    assert set(cast("list[str]", clash["codes"])) == {one, other}
    unlimited = SETTINGS + TRUNK + "max_calls = 3\n" + TRUNK.replace("line", "other")
    (office.folder / "confctl.toml").write_text(unlimited, encoding="utf-8")
    assert clashes(office) == []


def test_more_calls_than_there_are_media_ports_are_a_clash(office: Office) -> None:
    (office.folder / "confctl.toml").write_text(SETTINGS.replace("26000-26009", "26000-26001"), encoding="utf-8")
    for _ in range(22):
        office.add("--with", "102", "104")
    ports = [clash for clash in clashes(office) if clash["kind"] == "ports"]
    assert [(clash["needed"], clash["room"]) for clash in ports] == [(66, 64)]
    assert "media.ports has room for 64; widen it" in str(ports[0]["detail"])


def test_who_has_left_the_directory_and_a_greeting_that_is_gone_are_told(office: Office) -> None:
    office.add("--with", "102", "--greeting", str(sound(office.folder / "hello.wav")))
    office.confctl("people", "remove", "102", "--yes")
    for copy in (office.folder / "conferences" / "greetings").glob("*.wav"):
        copy.unlink()
    assert sorted(map(str, kinds(office))) == ["directory", "greeting"]


def test_a_start_that_the_clocks_show_twice_is_told_with_the_reading_that_counts(office: Office) -> None:
    office.now = moment("2026-10-20 12:00")
    office.add("--zone", "Europe/Berlin", day="2026-10-25", start="2:30", end="4:00")
    (clash,) = clashes(office)
    assert clash["kind"] == "clocks"
    assert str(clash["detail"]).endswith(
        "“Weekly”: the clocks show 02:30 twice that day; it begins the first time, at 00:30 UTC"
    )


def test_a_file_that_cannot_be_read_is_no_calm_week(office: Office) -> None:
    office.add()
    (office.folder / "conferences" / "123456.toml").write_text("title = 1", encoding="utf-8")
    said = office.confctl("plan", "--json")
    assert said.status == 1
    assert not said.json["ok"] and said.json["problems"]
    assert "123456.toml" in office.confctl("plan").err
