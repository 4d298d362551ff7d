"""``confctl.toml``: what the company, its telephone lines and its machine are like."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from confctl.absence_settings import OwnerAbsence, owner_absence_of
from confctl.announcement_settings import announcements_of
from confctl.check_settings import CheckAhead, check_of
from confctl.control_settings import Control, control_of
from confctl.keys_settings import keys_of
from confctl.log_settings import Log, log_of
from confctl.mail.settings import Mail, mail_of
from confctl.metrics_settings import Metrics, metrics_of
from confctl.people.numbers import plain, wrong_number
from confctl.problems import BrokenFileError, RefusedError
from confctl.prompts_settings import OwnSounds, own_sounds_of
from confctl.report_settings import Reports, reports_of
from confctl.retention_settings import Retention, retention_of
from confctl.sip_settings import Sip, sip_of
from confctl.storage.toml_table import Source, Table
from confctl.trunk_settings import Trunk, trunks_of
from confctl.words import Language, Sentence, say
from mixer.rules.call_policy import PressOne, Ring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.key_table import KeyTable
    from mixer.rules.announcements import Announcements


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    timezone: str
    """IANA name."""
    language: Language
    number: str
    """Caller ID of the calls that the mixer places."""
    conference_number: str
    """What people dial to join by themselves."""


DEFAULT_CODECS = ("opus", "G722", "PCMU", "PCMA")
"""The best sound first: who has Opus is mostly a program on a network of its own, whose losses it repairs; desk phones
have G.722.  µ-law before A-law, since some send it whatever was agreed upon."""


@dataclass(frozen=True, slots=True)
class Media:
    first_port: int
    last_port: int
    """Inclusive."""
    automatic_gain: bool
    """Whether soft and loud voices are brought to one loudness."""
    codecs: tuple[str, ...]
    """The preferred first."""


@dataclass(frozen=True, slots=True)
class Conference:
    admit: Literal["code", "listed"]
    ring_seconds: int
    ring: Ring
    """How people with several addresses are called, unless the directory says otherwise of them."""
    press_one: PressOne
    call_again: bool
    """Whether who was not reached is called again."""
    hold_music_guard: bool
    """Whether a phone that plays hold music into a conference is muted."""
    owner_absence: OwnerAbsence


@dataclass(frozen=True, slots=True)
class Recording:
    always: bool
    """What ``confctl add`` plans where it is not told."""
    tracks: bool
    """Whether ``--record`` means each person in a file of their own, too."""
    format: Literal["opus", "flac", "wav"]
    folder: Path
    keep_free: int
    """Megabytes that a recording leaves free on the disk."""


@dataclass(frozen=True, slots=True)
class Paths:
    people: Path
    conferences: Path
    journal: Path
    state: Path
    """What concerns the running mixer alone, as its lock; and the control socket, if it is not elsewhere."""
    outbox: Path
    """Mails that wait, and what people were last told."""
    socket: Path
    """Where commands reach the running mixer."""


@dataclass(frozen=True, slots=True)
class Settings:
    file: Path
    company: Company
    sip: Sip
    trunks: tuple[Trunk, ...]
    media: Media
    conference: Conference
    recording: Recording
    mail: Mail | None
    own_sounds: OwnSounds
    check: CheckAhead
    report: Reports
    retention: Retention
    control: Control
    log: Log
    metrics: Metrics
    keys: KeyTable
    announcements: Announcements
    paths: Paths


def find(option: Path | None, environ: Mapping[str, str]) -> Path:
    """``--config``, else ``CONFCTL_CONFIG``, else the first that exists: here, the user's, the system's.

    Raises RefusedError if there is none.
    """
    named = option or (Path(environ["CONFCTL_CONFIG"]) if environ.get("CONFCTL_CONFIG") else None)
    if named:
        if named.is_file():
            return named
        if named.is_dir():
            raise RefusedError(say("{file} is no file.", file=named))
        raise RefusedError(say("There is no file {file}; “confctl init” makes one.", file=named))
    user = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config")
    places = (Path("confctl.toml"), user / "confctl" / "confctl.toml", Path("/etc/confctl/confctl.toml"))
    for place in places:
        if place.is_file():
            return place
    raise RefusedError(
        say(
            "There is no confctl.toml: make one with “confctl init” or name it with --config (looked at {places}).",
            places=", ".join(map(str, places)),
        )
    )


def load(file: Path) -> Settings:
    """Raises OSError, or BrokenFileError with everything that is wrong."""
    source = Source.read(file)
    root = source.root()
    control = control_of(root.table("control"), file.parent)
    paths = _paths(root.table("paths"), file.parent, control)
    settings = Settings(
        file=file,
        company=_company(root.table("company")),
        sip=sip_of(root.table("sip"), file.parent),
        trunks=trunks_of(root.tables("trunk"), file.parent),
        media=_media(root.table("media")),
        conference=_conference(root.table("conference")),
        mail=mail_of(root.table("mail"), file.parent, os.environ) if "mail" in root else None,
        recording=_recording(root.table("recording"), file.parent, paths),
        own_sounds=own_sounds_of(root.table("prompts"), root.table("music"), file.parent, paths.conferences.parent),
        check=check_of(root.table("check")),
        report=reports_of(root.table("report")),
        retention=retention_of(root.table("retention")),
        control=control,
        log=log_of(root.table("log")),
        metrics=metrics_of(root.table("metrics")),
        keys=keys_of(root.table("keys")),
        announcements=announcements_of(root.table("announcements")),
        paths=paths,
    )
    root.finish()
    if source.problems:
        raise BrokenFileError(source.in_order())
    return settings


def _company(table: Table) -> Company:
    language = table.choice("language", ("ru", "en"))
    if "language" not in table:
        table.missing("language", 'language = "ru"')
    company = Company(
        name=table.text("name", "Example Ltd"),
        timezone=table.text("timezone", "Europe/Moscow", wrong_zone),
        language=cast("Language", language or "en"),
        number=plain(table.text("number", "+74955550100", wrong_number)),
        conference_number=plain(table.text("conference_number", "500", wrong_number)),
    )
    table.finish()
    return company


def _media(table: Table) -> Media:
    text = table.optional_text("ports", "20000-29999", _wrong_ports) or "20000-29999"
    codecs = table.texts("codecs", '["opus", "G722", "PCMU", "PCMA"]', _wrong_codec) or DEFAULT_CODECS
    if not any(_wrong_codec(codec) or codec.casefold() in ("pcmu", "pcma") for codec in codecs):
        table.wrong("codecs", say("add PCMU or PCMA, since the lines of most providers have nothing else"))
    automatic_gain = table.flag("automatic_gain", default=False)
    table.finish()
    first, last = (0, 0) if _wrong_ports(text) else map(int, text.split("-"))
    return Media(first, last, automatic_gain, codecs)


def _conference(table: Table) -> Conference:
    admit = table.choice("admit", ("code", "listed"))
    ring_seconds = table.integer("ring_seconds", 45, 5, 300)
    conference = Conference(
        admit="listed" if admit == "listed" else "code",
        ring_seconds=ring_seconds,
        ring=Ring(table.choice("ring", tuple(Ring)) or Ring.IN_TURN),
        press_one=PressOne(table.choice("press_one", tuple(PressOne)) or PressOne.NEVER),
        call_again=table.flag("call_again", True),
        hold_music_guard=table.flag("hold_music_guard", True),
        owner_absence=owner_absence_of(table),
    )
    table.finish()
    return conference


def _recording(table: Table, beside: Path, paths: Paths) -> Recording:
    folder = table.optional_text("folder", "/var/lib/confctl/recordings")
    coding = table.choice("format", ("opus", "flac", "wav"))
    recording = Recording(
        always=table.flag("always", default=False),
        tracks=table.flag("tracks", default=False),
        format=cast("Literal['opus', 'flac', 'wav']", coding or "opus"),
        folder=beside / folder if folder else paths.conferences.parent / "recordings",
        keep_free=table.integer("keep_free", 200, 0, 1_000_000),
    )
    table.finish()
    return recording


def _paths(table: Table, beside: Path, control: Control) -> Paths:
    data = beside / (table.optional_text("data", "/var/lib/confctl") or "")
    people = table.optional_text("people", "people.toml")
    table.finish()
    return Paths(
        people=beside / people if people else _people(beside, data),
        conferences=data / "conferences",
        journal=data / "journal",
        state=data / "state",
        outbox=data / "outbox",
        socket=control.socket or data / "state" / "confctl.sock",
    )


def _people(beside: Path, data: Path) -> Path:
    """With the data; or where ``confctl init`` has put it, beside the settings, if the data were moved away since."""
    moved, written = data / "people.toml", beside / "people.toml"
    try:
        return written if written.is_file() and not moved.exists() else moved
    except OSError:  # a folder that may not be entered; whoever reads the file says so
        return moved


def wrong_zone(text: str) -> Sentence | None:
    """What is wrong with the name of a time zone."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        return say("there is no time zone “{value}”; write an IANA name like Europe/Moscow", value=text)
    return None


def _wrong_codec(text: str) -> Sentence | None:
    if text.casefold() in ("opus", "g722", "pcmu", "pcma"):
        return None
    return say("“{value}” is no codec that the mixer has; write some of: opus, G722, PCMU, PCMA", value=text)


def _wrong_ports(text: str) -> Sentence | None:
    match = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", text)
    if match is None:
        return say("“{value}” is no range of ports; write for example: 20000-29999", value=text)
    first, last = int(match.group(1)), int(match.group(2))
    if not 1024 <= first < last <= 65535:
        return say("“{value}” is no range from 1024 to 65535, the lower port first", value=text)
    return None
