"""What crosses between the mixer's main process and the bridge: commands one way, events the other.

Frozen dataclasses, pickled, one a datagram of a ``SOCK_SEQPACKET`` pair; file descriptors ride along (``SCM_RIGHTS``)
with :class:`OpenSocket`, :class:`LoadSound` and :class:`StartTape`.  Both ends are the same program started by the same
user, so pickle is safe here; nothing from the network is ever unpickled.

The main process opens the sockets and keeps them: when a bridge dies, the next one gets the same sockets and the same
legs, and the calls go on.  So nothing here is relative to a bridge's life: ``since`` is a tick number, the monotonic
clock divided by 20 ms, the same in every process of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from media.dtmf import DtmfMode
from mixer.bridge.statistics import Statistics

TICK = 0.02
"""Seconds between two ticks; every leg is sent one packet at each."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


class Codec(Enum):
    """What a leg is sent, as RFC 3551 numbers it or as we offer it.  In this order a sound has its parts.

    What a leg sends itself is known packet by packet, from the payload type.
    """

    PCMU = 0
    PCMA = 8
    G722 = 9
    OPUS = 111


SOUND_OCTETS = 160
"""Of each frame of a sound, whatever its codec."""


# Commands


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Two file descriptors come along: the RTP socket and the RTCP socket, bound, non-blocking."""

    socket: int
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """No leg has it any more; its number may come again."""

    socket: int


@dataclass(frozen=True, slots=True)
class LoadSound:
    """One file descriptor comes along: ``frames`` frames of 160 octets for each :class:`Codec`, one after the other.

    A frame that needs fewer is followed by zeros; so is a whole codec that no leg has.
    """

    sound: int
    frames: int


@dataclass(frozen=True, slots=True)
class DropSound:
    sound: int


@dataclass(frozen=True, slots=True)
class Key:
    """Of one direction of encrypted sound."""

    suite: str
    """One of :data:`media.srtp.TAGS`."""
    octets: bytes = field(repr=False)
    """Master key and salt."""
    mki: int = 0
    """Octets that stand beside each packet's tag."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """A leg's keys, and where in their streams it is: in terms of ticks, so that another bridge goes on there."""

    ours: Key
    """Never used for anything but the packets of this leg."""
    theirs: Key
    since: int
    """The tick whose packet has the index 0 (RFC 3711 §3.3.1).  A later one of the same key is greater, and leaves no
    tick behind with the index of a packet that was sent."""
    keyed: int
    """The tick at which the key was first used."""
    first: int = 0
    """The first tick whose packet this bridge may send: of another bridge, those before may be out already."""
    rollover: int = 0
    """How often the phone's sequence number has gone round, as far as it is known."""
    paused: int | None = None
    """The tick since which nothing is sent; of no interest to the bridge."""


@dataclass(frozen=True, slots=True)
class Media:
    """How a leg's sound travels: what offer and answer agreed upon."""

    remote: Address
    """Where the phone says it listens."""
    codec: Codec
    payload_type: int
    """Of what we send."""
    event_payload_type: int | None
    """Of RFC 4733 events that the phone sends; None when it didn't offer them."""
    rtcp: Address | None = None
    """None: the next port after ``remote``'s."""
    sending: bool = True
    """False on hold: the phone doesn't want to hear us (RFC 3264 §8.4)."""
    receiving: bool = True
    """False on hold: whatever the phone sends now is its own hold music, and nobody is to hear it."""
    public_host: str | None = None
    """The phone is behind a NAT: its sound comes from this host, from a port that is not known until it is heard."""
    other_host: str | None = None
    """The phone may be behind a NAT: its sound may come from this host, and is sent there then."""
    unproven: bool = False
    """Only the phone's word says that somebody at ``remote`` wants sound: it is sent for ten seconds, and on only if
    something comes from there."""
    encryption: Encryption | None = None
    """None: the sound is plain."""


@dataclass(frozen=True, slots=True)
class AddLeg:
    leg: int
    socket: int
    media: Media
    ssrc: int
    cname: str
    automatic_gain: bool = False
    """Whether its voice is to be brought to the loudness of the others'."""
    taken_over: bool = False
    """Another bridge has sent to it: what its phone's decoder remembers of that is not known to this one."""


@dataclass(frozen=True, slots=True)
class ChangeMedia:
    """A re-INVITE: the phone moved, changed its codec, went on hold or came back."""

    leg: int
    media: Media


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """The leg hears the room and is heard in it; None takes it out of its room."""

    leg: int
    room: int | None


@dataclass(frozen=True, slots=True)
class Play:
    """The leg hears these sounds one after the other instead of its room; the last for ever if ``loop``.

    Replaces what was playing.  :class:`Played` with the same ``token`` comes at the end, unless replaced or stopped.
    """

    leg: int
    sounds: tuple[int, ...]
    token: int
    loop: bool = False
    since: int = 0
    """The tick at which it began, so that another bridge goes on in the middle of it."""
    room: float | None = None
    """The room is heard beside it, so many dB louder than else; None: it is not."""


@dataclass(frozen=True, slots=True)
class StopPlaying:
    leg: int


@dataclass(frozen=True, slots=True)
class Mute:
    """A muted leg hears, and isn't heard."""

    leg: int
    muted: bool


@dataclass(frozen=True, slots=True)
class SetVolume:
    """How loud the leg hears from now on, and how loud it is heard; dB, 0 is as it comes.

    A leg with G.711 hears sounds so too, others only their room.
    """

    leg: int
    listening: float = 0.0
    talking: float = 0.0


@dataclass(frozen=True, slots=True)
class RemoveLeg:
    """Says RTCP BYE to the phone and forgets the leg."""

    leg: int


@dataclass(frozen=True, slots=True)
class StartTape:
    """The room is recorded: one file descriptor comes along, of a non-blocking ``SOCK_SEQPACKET`` end, to which goes
    what :mod:`mixer.recording.frames` describes.  Replaces the room's former tape."""

    room: int
    take: int
    """The time between two takes doesn't count."""
    tracks: bool
    """Each leg by itself too."""


@dataclass(frozen=True, slots=True)
class StopTape:
    room: int


@dataclass(frozen=True, slots=True)
class WatchForMusic:
    """From now on :class:`Music` is told of whoever plays some into a room."""


@dataclass(frozen=True, slots=True)
class WatchLevels:
    """Somebody looks at who speaks: :class:`Levels` are told from now on, or no more."""

    on: bool


@dataclass(frozen=True, slots=True)
class AskStatistics:
    token: int


@dataclass(frozen=True, slots=True)
class Quit:
    """End the process: RTCP BYE to all."""


Command = (
    OpenSocket
    | CloseSocket
    | LoadSound
    | DropSound
    | AddLeg
    | ChangeMedia
    | JoinRoom
    | Play
    | StopPlaying
    | Mute
    | SetVolume
    | RemoveLeg
    | StartTape
    | StopTape
    | WatchForMusic
    | WatchLevels
    | AskStatistics
    | Quit
)


# Events


@dataclass(frozen=True, slots=True)
class Ready:
    """The bridge has started and ticks."""

    pid: int


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed: ``0``-``9``, ``*``, ``#``, ``A``-``D``; once for each press, however often it is repeated, but
    once by each way by which it comes: see :class:`mixer.keys.Keys`."""

    leg: int
    digit: str
    mode: DtmfMode = DtmfMode.EVENT


@dataclass(frozen=True, slots=True)
class Played:
    leg: int
    token: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The first packet of a leg, and each change of where its packets come from."""

    leg: int
    address: Address


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nothing came from the leg for so many whole seconds; said at 10, 20, 30 … of them, and not while on hold."""

    leg: int
    seconds: int


@dataclass(frozen=True, slots=True)
class RolledOver:
    """The sequence numbers of what an encrypted leg says have gone round so often."""

    leg: int
    count: int


@dataclass(frozen=True, slots=True)
class Speaking:
    leg: int
    speaking: bool


@dataclass(frozen=True, slots=True)
class Music:
    """What a leg says is music, as of a telephone system on hold, or a tone; said again every 30 s while it lasts.

    ``playing`` False: it has given way to speech, or to silence, for some seconds.  Said of muted legs too.
    """

    leg: int
    playing: bool


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud legs are, ten times a second while :class:`WatchLevels` holds; only those that can be heard."""

    legs: tuple[int, ...]
    levels: tuple[int, ...]
    """dBov of each of them."""


Event = Ready | Digit | Played | Heard | Unheard | RolledOver | Speaking | Music | Levels | Statistics
