"""What the mixer is told at its start.  Where it comes from (a TOML file, a test) is not its business."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

from mixer.key_table import KeyTable
from mixer.rules.announcements import Announcements
from mixer.rules.call_policy import CallPolicy
from sip.settings import ListenAt, TlsFiles

if TYPE_CHECKING:
    from pathlib import Path

SRTP_AVAILABLE: Final = find_spec("pylibsrtp") is not None
"""Whether what encrypts is installed: ``pip install 'confctl[secure]'``."""


@dataclass(frozen=True, slots=True)
class Listener(ListenAt):
    srtp: Literal["off", "optional", "required"] | None = None
    """Of calls that come in here; None: as for all."""


@dataclass(frozen=True, slots=True)
class TrunkRoute:
    """A provider that numbers of no registered phone go out to."""

    name: str
    uri: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    register: bool = False
    trust_caller_id: bool = False
    srtp: Literal["off", "optional", "required"] | None = None
    """Whether its calls are encrypted; None: as :attr:`MixerSettings.srtp` says."""
    rewrite: tuple[tuple[str, str], ...] = ()
    """Prefixes of numbers, and what stands there instead; the longest that fits counts."""
    max_calls: int | None = None
    """Through it at once, in both directions: we place no more."""
    caller_id: str = "from"
    """Where our number stands: ``from``, or ``asserted``: P-Asserted-Identity, and From is our login."""
    options_seconds: float | None = None
    """How often it is asked by OPTIONS whether it is there; None: not at all."""


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    folder: Path
    """For finished recordings; what is being recorded is in ``unfinished/`` of it."""
    format: str = "opus"
    """What they are turned into afterwards: ``opus``, ``flac``, or ``wav``, which they are already."""
    keep_free: int = 200_000_000
    """Octets: a recording stops when the disk has less left, for the journal and the book need some."""


@dataclass(frozen=True, slots=True)
class MixerSettings:
    company: str
    number: str
    """The company number: caller ID of the calls that the mixer places."""
    conference_number: str
    """What people dial to join by themselves."""
    language: str
    domain: str
    listeners: tuple[Listener, ...]
    media_ports: tuple[int, int]
    state: Path
    """Folder for what must survive a restart (bindings, calls)."""
    recording: RecordingSettings
    socket: Path | None = None
    """The control socket; None: in ``state``."""
    control_group: str | None = None
    """Who may ask and tell on it, beside this process's user; None: nobody else."""
    callable_prefixes: tuple[str, ...] = ()
    """How numbers begin that are nobody's of the directory and can be called into a conference all the same."""
    trunks: tuple[TrunkRoute, ...] = ()
    tls: TlsFiles = field(default_factory=TlsFiles)
    external_addresses: tuple[str, ...] = ()
    """What phones outside should use as our address, one of each version of IP at most."""
    listed_only: bool = False
    """Admit only the owner and the participants; else whoever has the code."""
    ring_seconds: float = 45.0
    call_policy: CallPolicy = field(default_factory=CallPolicy)
    hold_music_guard: bool = True
    """Whether a leg that plays hold music is muted."""
    keys: KeyTable = field(default_factory=KeyTable)
    announcements: Announcements = field(default_factory=Announcements)
    automatic_gain: bool = False
    """Whether soft and loud voices are brought to one loudness (:mod:`media.agc`)."""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    """What is offered and taken, the preferred first: names of :class:`mixer.bridge.protocol.Codec`, in any case.  What
    this machine doesn't have is left out."""
    digests: tuple[str, ...] = ("MD5",)
    """How phones prove their password (:class:`sip.settings.AgentSettings`)."""
    srtp: Literal["off", "optional", "required"] = "optional"
    """Whether calls are encrypted, if a listener or trunk says nothing else."""

    trace_octets: int = 0
    """Of memory, for what has gone over the wire lately (:mod:`sip.trace`); 0: nothing is kept."""

    def may_call(self, number: str) -> bool:
        """Whether a number of nobody's can be called into a conference."""
        return number.startswith(self.callable_prefixes)

    @property
    def doors(self) -> frozenset[str]:
        """The numbers behind which one keys in a code: the conference number, and, for those who call a missed call
        back, the company number and whatever name our trunks call us by."""
        trunks = (trunk.username for trunk in self.trunks if trunk.username is not None)
        return frozenset((self.conference_number, self.number, *trunks))
