"""The calendar entry of a mail: iCalendar (RFC 5545), as iTIP (RFC 5546) and iMIP (RFC 6047) have it.

The organizer is the address that the mails come from: calendars take an update or a cancellation only from whom the
invitation came from, and the owner, who is an attendee like everybody, has the conference in the calendar as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vUri

from confctl.clean import clean
from confctl.mail.changes import mailbox
from confctl.mail.zones import vtimezone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.mail.joining import Joining
    from confctl.mail.settings import Mailbox
    from confctl.mail.told import Told
    from mixer.rules.model import Person, Plan


def request(told: Told, organizer: Mailbox, joining: Joining, description: str) -> str:
    """An invitation or an update (RFC 5546 §3.2.2)."""
    event = _event(told, told.plan, organizer, told.plan.people)
    event.add("status", "CONFIRMED")
    event.add("location", joining.one_tap)
    event.add("description", description)
    for uri, feature in ((joining.tel, "PHONE"), (joining.sip, "AUDIO")):
        way_in = vUri(uri)
        way_in.params.update(VALUE="URI", FEATURE=feature)
        event.add("conference", way_in, encode=False)  # RFC 7986 §5.11
    return _calendar("REQUEST", event, told.plan)


def cancellation(told: Told, about: Plan, organizer: Mailbox, to: Sequence[Person]) -> str:
    """That there is no such conference for ``to``, who know it as ``about``.

    RFC 5546 §3.2.5 would leave STATUS out if it goes on for others; Exchange and Google write it then too, and there
    are calendars that look at nothing else.
    """
    event = _event(told, about, organizer, to)
    event.add("status", "CANCELLED")
    return _calendar("CANCEL", event, about)


def _event(told: Told, plan: Plan, organizer: Mailbox, attendees: Sequence[Person]) -> Event:
    zone = ZoneInfo(plan.zone)
    event = Event()
    event.add("uid", told.uid)
    event.add("sequence", told.sequence)
    event.add("dtstamp", datetime.fromtimestamp(int(told.at), UTC))
    event.add("dtstart", datetime.fromtimestamp(plan.start, zone))
    event.add("dtend", datetime.fromtimestamp(plan.end, zone))
    event.add("summary", clean(plan.title))
    event.add("transp", "OPAQUE")
    event.add("organizer", _address(organizer.name, organizer.address), encode=False)
    for person in attendees:
        if mailbox(person):
            event.add("attendee", _attendee(person, chair=person.number == plan.owner.number), encode=False)
    return event


def _attendee(person: Person, *, chair: bool) -> vCalAddress:
    """Nobody is asked for an answer: there is nobody who would read it."""
    attendee = _address(person.name, person.email or "")
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "CHAIR" if chair else "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    attendee.params["RSVP"] = "FALSE"
    return attendee


def _address(name: str, address: str) -> vCalAddress:
    made = vCalAddress(f"mailto:{quote(clean(address), safe='@!$&*+/=?^_`{|}~.-' + chr(39))}")  # RFC 6068 §2
    made.params["CN"] = clean(name).replace('"', "'")  # RFC 5545 §3.2: no parameter can hold a double quote
    return made


def _calendar(method: str, event: Event, plan: Plan) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//confctl//confctl//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if "TZID" in event["DTSTART"].params:  # UTC has none
        years = (datetime.fromtimestamp(at, ZoneInfo(plan.zone)).year for at in (plan.start, plan.end))
        calendar.add_component(vtimezone(plan.zone, *years))
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")
