"""The calendar entries, read by another library than the one that writes them."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from dateutil.tz import tzical

from confctl.mail.zones import vtimezone
from tests.confctl.office import moment

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # vobject, of 2024, imports as Python 2 did
    import vobject

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.confctl.mail.desk import Desk


def entry_text(message: EmailMessage) -> str:
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return str(part.get_content())  # type: ignore[attr-defined]  # walk() promises less than it gives


def entry(message: EmailMessage):  # type: ignore[no-untyped-def]
    return vobject.readOne(entry_text(message))


def last(desk: Desk, address: str) -> EmailMessage:
    return desk.waiting_for(address)[-1]


def test_an_invitation_is_a_request_with_everybody_in_it(desk: Desk) -> None:
    code = desk.plan("--with", "102", "150")
    message = last(desk, "boris@example.com")
    calendar = entry(message)
    event = calendar.vevent
    assert calendar.method.value == "REQUEST"
    assert calendar.version.value == "2.0"
    assert event.uid.value.startswith(f"{code}-")
    assert event.sequence.value == "0"
    assert event.summary.value == "Weekly"
    assert event.status.value == "CONFIRMED"
    assert event.transp.value == "OPAQUE"
    assert event.location.value == f"+74955550100,,{code}*"
    assert f"tel:+74955550100,,{code}*" in event.description.value
    assert event.dtstamp.value == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert event.organizer.value == f"mailto:{message['From'].addresses[0].addr_spec}"
    who = [(each.value, each.params["ROLE"], each.params["CN"], each.params["RSVP"]) for each in event.attendee_list]
    assert who == [
        ("mailto:anna@example.com", ["CHAIR"], ["Анна Петрова"], ["FALSE"]),
        ("mailto:boris@example.com", ["REQ-PARTICIPANT"], ["Boris King"], ["FALSE"]),
    ], "the room has no address"
    assert all(each.params["PARTSTAT"] == ["NEEDS-ACTION"] for each in event.attendee_list)


def test_the_attachment_is_the_same_entry(desk: Desk) -> None:
    desk.plan("--with", "102")
    message = last(desk, "boris@example.com")
    (attachment,) = message.iter_attachments()
    assert attachment.get_content().decode() == entry_text(message)
    (inline,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert inline.get_param("method") == "REQUEST"


def test_updates_and_cancellations_are_of_the_same_entry_with_a_rising_sequence(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    got = desk.deliver()
    for words in (["edit", code, "--to", "17:00"], ["edit", code, "--without", "103"], ["delete", code, "--yes"]):
        desk.office.confctl(*words)
        got += desk.deliver()
    entries = [entry(message) for message in got if "boris@" in message["To"]]
    assert [each.vevent.sequence.value for each in entries] == ["0", "1", "2", "3"]
    assert [each.method.value for each in entries] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert len({each.vevent.uid.value for each in entries}) == 1
    assert entries[-1].vevent.status.value == "CANCELLED"
    of_carol = [entry(message) for message in got if "carol@" in message["To"]]
    assert [each.method.value for each in of_carol] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [each.value for each in of_carol[-1].vevent.attendee_list] == ["mailto:carol@example.com"]
    assert of_carol[-1].vevent.dtend.value == datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Europe/Berlin", "2027-03-27", "15:30", "16:30"),
        ("Europe/Berlin", "2027-03-28", "15:30", "16:30"),
        ("Europe/Berlin", "2027-03-28", "01:30", "03:30"),  # one hour
        ("Europe/Berlin", "2027-03-28", "03:00", "03:15"),  # the first quarter of an hour of summer
        ("Europe/Berlin", "2027-10-30", "23:30", "07:00"),  # over night, nine hours
        ("Europe/Berlin", "2027-10-31", "01:30", "03:30"),  # three hours
        ("America/Sao_Paulo", "2027-03-28", "15:30", "16:30"),
        ("America/New_York", "2027-03-14", "03:10", "04:00"),
        ("Asia/Kathmandu", "2027-03-28", "15:30", "16:30"),
        ("Australia/Lord_Howe", "2027-04-04", "01:00", "02:30"),  # a change of half an hour
        ("Africa/Casablanca", "2027-02-07", "12:00", "13:00"),  # winter time in Ramadan
        ("Pacific/Kiritimati", "2027-01-01", "00:10", "00:20"),  # where the year begins 14 hours before UTC's
        ("America/New_York", "2026-12-31", "23:30", "00:30"),
        ("UTC", "2027-03-28", "15:30", "16:30"),
    ],
)
def test_times_are_right_across_clock_changes(desk: Desk, zone: str, day: str, start: str, end: str) -> None:
    """By the zone that the entry brings along, not by one of the same name that the reader has."""
    said = desk.office.confctl(
        "add", "Weekly", "--owner", "101", "--with", "102", "--date", day, "--from", start, "--to", end, "--zone", zone
    )
    assert said.status == 0, said.err
    (plan,) = desk.session.book.current()[0]
    its_own = f"Own {zone} {plan.start:.0f}"  # vobject keeps what it read by its name
    text = entry_text(last(desk, "boris@example.com"))
    mine = text.replace(f"TZID:{zone}", f"TZID:{its_own}").replace(f"TZID={zone}", f"TZID={its_own}")
    event = vobject.readOne(mine).vevent
    assert event.dtstart.value.timestamp() == plan.start == moment(f"{day} {start}", zone)
    assert event.dtend.value.timestamp() == plan.end
    assert f"{event.dtstart.value:%Y-%m-%d %H:%M}" == f"{day} {start}"


def test_a_zone_says_each_change_as_rfc_5545_has_it() -> None:
    """§3.6.5: DTSTART is the onset on the clocks before the change."""
    berlin = vtimezone("Europe/Berlin", 2027, 2027).to_ical().decode()
    assert (
        "BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200" in berlin
    )
    assert "BEGIN:STANDARD\r\nDTSTART:20271031T030000\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100" in berlin


@pytest.mark.parametrize(("month", "hours"), [(1, 0), (4, 1), (7, 1), (11, 0)])
def test_dublin_has_summer_time_though_iana_calls_that_its_standard(month: int, hours: int) -> None:
    """vobject takes any zone that once was at UTC for UTC, so it is read with dateutil alone."""
    dublin = tzical(StringIO(vtimezone("Europe/Dublin", 2027, 2027).to_ical().decode())).get()
    moment_there = datetime(2027, month, 1, 12, 0, tzinfo=dublin)
    assert moment_there.utcoffset() == timedelta(hours=hours)
    assert bool(moment_there.dst()) == bool(hours)
