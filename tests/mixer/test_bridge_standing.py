"""What a new bridge is told: never more than where the old one was."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.protocol import (
    AddLeg,
    Address,
    ChangeMedia,
    Codec,
    DropSound,
    Heard,
    JoinRoom,
    LoadSound,
    Media,
    Mute,
    OpenSocket,
    Play,
    Played,
    RemoveLeg,
    SetVolume,
    StartTape,
    StopPlaying,
    StopTape,
    WatchForMusic,
    WatchLevels,
)
from mixer.bridge.standing import Standing

PHONE = Media(Address("10.0.0.1", 4000), Codec.PCMU, 0, 101)
BEHIND_NAT = Media(Address("192.168.1.7", 4000), Codec.PCMU, 0, 101, public_host="203.0.113.9")


def replay(standing: Standing) -> list[object]:
    return [command for command, _ in standing.replay(0)]


def test_a_leg_is_told_as_it_is_now():
    standing = Standing()
    held = Media(PHONE.remote, Codec.PCMA, 8, None, sending=False)
    play = Play(1, (3,), 9, loop=True, since=123)
    for command in (
        AddLeg(1, 0, PHONE, 77, "us"),
        JoinRoom(1, 5),
        Mute(1, True),
        SetVolume(1, 4.0, -4.0),
        SetVolume(1, 8.0, -4.0),
        ChangeMedia(1, held),
        Play(1, (2,), 8, since=100),
        play,
        JoinRoom(1, 6),
    ):
        standing.note(command)
    now = [AddLeg(1, 0, held, 77, "us", taken_over=True), JoinRoom(1, 6), Mute(1, True), SetVolume(1, 8.0, -4.0), play]
    assert replay(standing) == now
    standing.note(JoinRoom(1, None))
    standing.note(Mute(1, False))
    standing.note(SetVolume(1))
    standing.note(StopPlaying(1))
    assert replay(standing) == [AddLeg(1, 0, held, 77, "us", taken_over=True)]
    standing.note(RemoveLeg(1))
    assert replay(standing) == []


def test_what_has_been_played_is_not_played_again():
    standing = Standing()
    standing.note(AddLeg(1, 0, PHONE, 77, "us"))
    standing.note(Play(1, (2,), 8, since=100))
    standing.hear(Played(1, 7))
    assert len(replay(standing)) == 2
    standing.hear(Played(1, 8))
    assert len(replay(standing)) == 1


def test_a_phone_behind_a_nat_is_known_where_it_was_heard_until_it_moves():
    standing = Standing()
    standing.note(AddLeg(1, 0, BEHIND_NAT, 77, "us"))
    standing.hear(Heard(1, Address("203.0.113.9", 61000)))
    (told,) = replay(standing)
    assert (told.media.remote.port, told.media.public_host) == (61000, "203.0.113.9")
    standing.note(ChangeMedia(1, Media(BEHIND_NAT.remote, Codec.PCMA, 8, None, public_host=BEHIND_NAT.public_host)))
    (told,) = replay(standing)
    assert told.media.remote.port == 61000 and told.media.codec is Codec.PCMA
    moved = Media(Address("192.168.1.8", 4000), Codec.PCMU, 0, 101, public_host="203.0.113.9")
    standing.note(ChangeMedia(1, moved))
    assert replay(standing) == [AddLeg(1, 0, moved, 77, "us", taken_over=True)]


def test_descriptors_are_its_own_until_they_are_dropped():
    standing = Standing()
    read, write = os.pipe()
    standing.note(OpenSocket(0), read, write)
    standing.note(LoadSound(1, 3), read)
    os.close(read)
    os.close(write)
    kept = dict(standing.replay(0))
    for descriptors in kept.values():
        for descriptor in descriptors:
            os.fstat(descriptor)
    standing.note(DropSound(1))
    assert [type(command) for command in replay(standing)] == [OpenSocket]
    standing.close()
    for descriptors in kept.values():
        for descriptor in descriptors:
            try:
                os.fstat(descriptor)
            except OSError:
                continue
            raise AssertionError(f"{descriptor} is still open")


commands = st.one_of(
    st.just(WatchForMusic()),
    st.builds(AddLeg, st.integers(0, 2), st.just(0), st.sampled_from([PHONE, BEHIND_NAT]), st.just(1), st.just("us")),
    st.builds(RemoveLeg, st.integers(0, 2)),
    st.builds(JoinRoom, st.integers(0, 2), st.none() | st.integers(0, 2)),
    st.builds(Mute, st.integers(0, 2), st.booleans()),
    st.builds(Play, st.integers(0, 2), st.just((1,)), st.integers(0, 3)),
    st.builds(StopPlaying, st.integers(0, 2)),
    st.builds(ChangeMedia, st.integers(0, 2), st.sampled_from([PHONE, BEHIND_NAT])),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(commands, max_size=30))
def test_what_is_replayed_replays_the_same(given_commands):
    first, second = Standing(), Standing()
    for command in given_commands:
        first.note(command)
    for command in replay(first):
        second.note(command)
    assert replay(second) == replay(first)


def test_a_tape_goes_on_until_it_is_stopped():
    standing = Standing()
    file = os.open(os.devnull, os.O_WRONLY)
    standing.note(StartTape(5, 1, tracks=False), file)
    standing.note(StartTape(5, 2, tracks=True), file)
    os.close(file)
    ((command, (kept,)),) = standing.replay(0)
    assert command == StartTape(5, 2, tracks=True)
    assert os.fstat(kept)
    standing.note(StopTape(5))
    assert replay(standing) == []
    standing.close()


def test_a_new_bridge_is_told_that_somebody_still_looks():
    standing = Standing()
    standing.note(WatchLevels(True))
    assert replay(standing) == [WatchLevels(True)]
    standing.note(WatchLevels(False))
    assert replay(standing) == []
