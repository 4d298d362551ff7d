"""``confctl status CODE``: everyone of a conference that runs, as people and scripts read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.settings import load
from mixer import control
from mixer.control import Refused
from mixer.phrases import Phrase
from tests.confctl.office import Office, moment
from tests.confctl.report.held import past
from tests.confctl.test_status import answering

if TYPE_CHECKING:
    from pathlib import Path

BEGUN = moment("2026-11-30 15:30")

HEAD: dict[str, control.Json] = {
    "code": "123456",
    "title": "Weekly meeting",
    "start": BEGUN,
    "end": BEGUN + 75 * 60,
    "extended_by": 900,
    "owner_in": True,
    "owner_out_since": None,
    "recording": "on",
    "recording_since": BEGUN + 30,
    "locked": True,
    "others_silenced": False,
    "in": 3,
    "called": 1,
}


def person(name: str | None, number: str, state: str, **more: control.Json) -> dict[str, control.Json]:
    nothing: dict[str, control.Json] = dict.fromkeys(
        (
            *(
                "guest",
                "leg",
                "since",
                "reason",
                "again_at",
                "talked",
                "level",
                "codec",
                "received",
                "lost",
                "late",
                "missed",
            ),
            *("jitter", "mos", "mos_on_average", "mos_at_worst", "delay", "far_lost", "far_jitter", "round_trip"),
        )
    )
    no = dict.fromkeys(("on_hold", "silenced", "quiet", "muted", "encrypted", "speaking"), False)
    return {"name": name, "number": number, "role": "participant", "state": state, **nothing, **no, **more}


def sound(**more: control.Json) -> dict[str, control.Json]:
    return {
        "leg": "4711-1",
        "since": BEGUN + 12,
        "talked": 65.0,
        "codec": "G722",
        "received": 900,
        "lost": 0,
        "late": 0,
        "missed": 0.0,
        "jitter": 0.002,
        "mos": 4.34,
        "delay": 0.04,
        **more,
    }


PEOPLE: list[control.Json] = [
    person("Анна Петрова", "101", "in", **sound(role="owner", speaking=True, encrypted=True, round_trip=0.031)),
    person("Boris", "102", "busy", since=BEGUN + 10, reason="486 Busy Here", again_at=BEGUN + 310),
    person("Carol", "104", "declined", since=BEGUN + 9, reason="603 In a meeting\x1b[2J"),
    person("Dmitri", "105", "in", **sound(missed=0.0712, jitter=0.0214, mos=2.91, silenced=True)),
    person("Eve", "106", "ringing", leg="4711-7", since=BEGUN + 1),
    person("Fred", "107", "in", **sound(on_hold=True)),
    person(None, "+74950001122", "in", **sound(role="guest", codec="PCMA", mos=4.41, quiet=True)),
]

NARROW = """\
Weekly meeting (123456), 15:30–16:45: the owner is in, 3 in, 1 being called, recorded since 15:30:30, locked, \
extended by 15 min.
name  number  role  state  since  talked  encrypted  codec  loss  jitter  MOS  their loss  round trip
Анна Петрова  101  owner  speaks  15:30:12  1:05  yes  G.722  0.0%  2 ms  4.3  ≤31 ms
Boris  102  participant  busy, again at 15:35:10  15:30:10
Carol  104  participant  declined (603 In a meeting\\x1b[2J)  15:30:09
Dmitri  105  participant  in, muted  15:30:12  1:05  no  G.722  7.1%  21 ms  2.9
Eve  106  participant  rings  15:30:01
Fred  107  participant  on hold  15:30:12  1:05  no  G.722  0.0%  2 ms  4.3
guest +74950001122  +74950001122  guest  in, muted by themselves  15:30:12  1:05  no  PCMA  0.0%  2 ms  4.4
"""


def squeezed(text: str) -> list[str]:
    return ["  ".join(line.split()) for line in text.splitlines()]


@pytest.fixture
def path(office: Office) -> Path:
    return load(office.folder / "confctl.toml").paths.socket


def test_everyone_has_a_line_with_where_they_are_and_how_they_sound(office: Office, path: Path) -> None:
    with answering(path, control.encode({"ok": True, "conference": HEAD, "people": PEOPLE})):
        said = office.confctl("status", "123456")
    assert said.status == 0, said.err
    assert squeezed(said.out) == squeezed(NARROW)


def test_who_is_muted_by_command_and_for_hold_music_is_said_to_be_both(office: Office, path: Path) -> None:
    eve = person("Eve", "106", "in", **sound(muted=True, silenced=True))
    with answering(path, control.encode({"ok": True, "conference": HEAD, "people": [eve]})):
        said = office.confctl("status", "123456")
    assert "plays hold music, muted, muted by command  15:30:12" in said.out


def test_guests_who_have_left_are_still_told_apart(office: Office, path: Path) -> None:
    gone = [{**person(None, "", "left", role="guest", guest=f"guest {n}"), "number": None} for n in (17, 18)]
    with answering(path, control.encode({"ok": True, "conference": HEAD, "people": gone})):
        said = office.confctl("status", "123456")
    assert [line.split()[:4] for line in said.out.splitlines()[-2:]] == [
        ["guest", "17", "guest", "has"],
        ["guest", "18", "guest", "has"],
    ]


def test_scripts_get_every_field_and_times_as_times(office: Office, path: Path) -> None:
    with answering(path, control.encode({"ok": True, "conference": HEAD, "people": PEOPLE})):
        said = office.confctl("status", "123456", "--json")
    told = said.json
    assert told["conference"]["recording_since"] == "2026-11-30T15:30:30+03:00"  # type: ignore[index, call-overload]  # JSON
    anna, boris, *_ = told["people"]  # type: ignore[misc, index]  # JSON
    assert anna["since"] == "2026-11-30T15:30:12+03:00" and anna["mos"] == 4.34
    assert boris["again_at"] == "2026-11-30T15:35:10+03:00" and set(anna) == set(boris)


def test_of_one_that_does_not_run_it_is_said_what_it_does(office: Office, path: Path) -> None:
    code = office.add("--with", "102")
    refusal = control.refusal(Refused(Phrase("no conference with the code %(code)s runs now", {"code": code})))
    for asked, told in ((code, "it is planned for 2026-11-30 15:30"), ("999999", "There is no conference 999999")):
        with answering(path, control.encode(refusal)):
            said = office.confctl("status", asked)
        assert said.status == 1 and told in said.err


def test_of_one_that_is_over_it_is_said_where_to_read_how_it_was(office: Office, path: Path) -> None:
    code = past(office)
    refusal = control.refusal(Refused(Phrase("no conference with the code %(code)s runs now", {"code": code})))
    with answering(path, control.encode(refusal)):
        said = office.confctl("status", code)
    assert said.status == 1 and f"is over; “confctl report {code}” tells who was there." in said.err


def test_without_a_mixer_it_is_said_how_to_start_one(office: Office) -> None:
    said = office.confctl("status", "123456")
    assert said.status == 1 and "The mixer is not running" in said.err


def test_what_an_older_or_newer_mixer_says_is_shown_as_far_as_it_goes(office: Office, path: Path) -> None:
    odd = {"name": 7, "state": "dancing", "since": "now", "leg": "x", "mos": "good", "more": []}
    with answering(path, control.encode({"ok": True, "conference": {"title": "W"}, "people": [odd, {}]})):
        said = office.confctl("status", "123456")
    assert said.status == 0 and said.out.startswith("W (), ")


def test_whoever_may_ask_the_mixer_need_not_read_its_settings(
    office: Office, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFCTL_SOCKET", str(path))
    monkeypatch.setenv("TZ", "Europe/Moscow")
    (office.folder / "confctl.toml").unlink()
    with answering(path, control.encode({"ok": True, "conference": HEAD, "people": PEOPLE})):
        said = office.confctl("status", "123456")
    assert said.status == 0, said.err
    assert squeezed(said.out) == squeezed(NARROW)
