"""What a new bridge has to be told, after the one before it has died: the sum of all commands so far."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mixer.bridge.protocol import (
    AddLeg,
    Address,
    ChangeMedia,
    CloseSocket,
    Command,
    DropSound,
    Event,
    Heard,
    JoinRoom,
    LoadSound,
    Media,
    Mute,
    OpenSocket,
    Play,
    Played,
    RemoveLeg,
    RolledOver,
    SetVolume,
    StartTape,
    StopPlaying,
    StopTape,
    WatchForMusic,
    WatchLevels,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class _Leg:
    added: AddLeg
    media: Media
    heard: Address | None = None
    """Where its packets come from."""
    room: int | None = None
    play: Play | None = None
    muted: bool = False
    volume: SetVolume | None = None
    rollover: int = 0
    """How often the sequence numbers of an encrypted phone have gone round."""

    def commands(self, tick: int) -> Iterator[Command]:
        """``tick``: no bridge has sent the packets of later ones."""
        media = self.media
        if media.encryption is not None:
            encryption = replace(media.encryption, first=tick + 1, rollover=self.rollover)
            media = replace(media, encryption=encryption)
        if self.heard is not None:
            media = replace(media, unproven=False)
            if media.public_host is not None or self.heard.host == media.other_host:
                # Still behind its NAT, which may give it another port any time.
                remote = Address(media.remote.host, self.heard.port)
                media = replace(media, remote=remote, public_host=self.heard.host, other_host=None)
        number = self.added.leg
        yield replace(self.added, media=media, taken_over=True)
        if self.room is not None:
            yield JoinRoom(number, self.room)
        if self.muted:
            yield Mute(number, True)
        if self.volume is not None:
            yield self.volume
        if self.play is not None:
            yield self.play


class Standing:
    """Keeps duplicates of the descriptors, until they are dropped or everything is closed."""

    def __init__(self) -> None:
        self._sockets: dict[int, tuple[OpenSocket, tuple[int, ...]]] = {}
        self._sounds: dict[int, tuple[LoadSound, tuple[int, ...]]] = {}
        self._tapes: dict[int, tuple[StartTape, tuple[int, ...]]] = {}
        self._legs: dict[int, _Leg] = {}
        self._watching: WatchForMusic | None = None
        self._levels: WatchLevels | None = None

    def note(self, command: Command, *descriptors: int) -> None:
        """A command was given."""
        match command:
            case OpenSocket():
                _close(self._sockets.get(command.socket))
                self._sockets[command.socket] = command, tuple(os.dup(descriptor) for descriptor in descriptors)
            case CloseSocket():
                _close(self._sockets.pop(command.socket, None))
            case LoadSound():
                _close(self._sounds.get(command.sound))
                self._sounds[command.sound] = command, tuple(os.dup(descriptor) for descriptor in descriptors)
            case DropSound():
                _close(self._sounds.pop(command.sound, None))
            case StartTape():
                _close(self._tapes.get(command.room))
                self._tapes[command.room] = command, tuple(os.dup(descriptor) for descriptor in descriptors)
            case StopTape():
                _close(self._tapes.pop(command.room, None))
            case WatchForMusic():
                self._watching = command
            case WatchLevels():
                self._levels = command
            case AddLeg():
                self._legs.setdefault(command.leg, _Leg(command, command.media))
            case RemoveLeg():
                self._legs.pop(command.leg, None)
            case ChangeMedia() | JoinRoom() | Mute() | SetVolume() | Play() | StopPlaying():
                if (leg := self._legs.get(command.leg)) is not None:
                    _change(leg, command)
            case _:
                pass  # a question, or the end: nothing stays of them

    def hear(self, event: Event) -> None:
        """The bridge has told something."""
        match event:
            case Heard():
                if (leg := self._legs.get(event.leg)) is not None:
                    leg.heard = event.address
            case Played():
                leg = self._legs.get(event.leg)
                if leg is not None and leg.play is not None and leg.play.token == event.token:
                    leg.play = None
            case RolledOver():
                if (leg := self._legs.get(event.leg)) is not None:
                    leg.rollover = event.count
            case _:
                pass  # the rest is news, nothing that stays

    def replay(self, tick: int) -> Iterator[tuple[Command, tuple[int, ...]]]:
        """Commands that bring a new bridge to where the old one was; the descriptors stay ours.

        ``tick``: the one that has begun last.
        """
        yield from self._sockets.values()
        yield from self._sounds.values()
        yield from self._tapes.values()
        if self._watching is not None:
            yield self._watching, ()
        if self._levels is not None and self._levels.on:
            yield self._levels, ()
        for leg in self._legs.values():
            for command in leg.commands(tick):
                yield command, ()

    def close(self) -> None:
        """Close the descriptors."""
        for opened in self._sockets.values():
            _close(opened)
        for loaded in self._sounds.values():
            _close(loaded)
        for started in self._tapes.values():
            _close(started)
        self._sockets.clear()
        self._sounds.clear()
        self._tapes.clear()
        self._legs.clear()


def _change(leg: _Leg, command: ChangeMedia | JoinRoom | Mute | SetVolume | Play | StopPlaying) -> None:
    match command:
        case ChangeMedia():
            if (leg.media.remote, leg.media.public_host) != (command.media.remote, command.media.public_host):
                leg.heard = None
            if not _same_key(leg.media, command.media):
                leg.rollover = 0
            leg.media = command.media
        case JoinRoom():
            leg.room = command.room
        case Mute():
            leg.muted = command.muted
        case SetVolume():
            leg.volume = None if command == SetVolume(command.leg) else command
        case Play():
            leg.play = command
        case StopPlaying():
            leg.play = None


def _same_key(before: Media, now: Media) -> bool:
    """Of what the phone sends."""
    if before.encryption is None or now.encryption is None:
        return False
    return before.encryption.theirs == now.encryption.theirs


def _close(kept: tuple[Command, tuple[int, ...]] | None) -> None:
    for descriptor in () if kept is None else kept[1]:
        os.close(descriptor)
