"""Commands and packets of wide and narrow legs, in any order: every leg is sent its packet, and nothing breaks."""

from __future__ import annotations

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.protocol import (
    ChangeMedia,
    Codec,
    DropSound,
    JoinRoom,
    LoadSound,
    Media,
    Mute,
    Play,
    RemoveLeg,
    SetVolume,
    StopPlaying,
)
from mixer.bridge.sounds import Recording
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.wide_phones import CODERS

_LEGS = st.integers(1, 6)
_CODECS = st.sampled_from([codec for codec in Codec if codec in CODERS])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _LEGS, _CODECS),
        st.tuples(st.just("remove"), _LEGS, st.none()),
        st.tuples(st.just("codec"), _LEGS, _CODECS),
        st.tuples(st.just("hold"), _LEGS, st.booleans()),
        st.tuples(st.just("room"), _LEGS, st.sampled_from([None, 1, 2, 3])),
        st.tuples(st.just("mute"), _LEGS, st.booleans()),
        st.tuples(st.just("play"), _LEGS, st.booleans()),
        st.tuples(st.just("beside"), _LEGS, st.sampled_from([0.0, -9.0])),
        st.tuples(
            st.just("volume"), _LEGS, st.tuples(st.sampled_from([-12.0, 0.0, 12.0]), st.sampled_from([0.0, 4.0]))
        ),
        st.tuples(st.just("stop"), _LEGS, st.none()),
        st.tuples(st.just("drop"), st.none(), st.none()),
        st.tuples(st.just("garbage"), _LEGS, st.binary(min_size=1, max_size=200)),
        st.tuples(st.just("tick"), st.integers(1, 30), st.integers(0, 3)),
    ),
    max_size=40,
)


class House:
    """The rig, and who ought to be there."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.there: dict[int, Media] = {}
        self.sequence = 0
        rng = np.random.default_rng(1)
        self.said = {
            codec: [coder.encoder().encode(rng.normal(0, 3000, coder.format.samples).astype(np.int16)).tobytes()]
            for codec, coder in CODERS.items()
        }
        self.load()

    def load(self) -> None:
        sound = Recording(
            lambda rate: np.random.default_rng(2).normal(0, 3000, rate // 2).astype(np.int16), list(Codec)
        )
        with sound.file:
            sound.complete()
            self.rig.obey(LoadSound(1, sound.frames), os.dup(sound.file.fileno()))

    def do(self, what: str, leg: int | None, how: object) -> None:
        there = self.there.get(leg)
        match what:
            case "tick":
                for n in range(leg):
                    self.tick(losing=how and n % how == 0)
            case "drop":
                self.rig.obey(DropSound(1))
                self.load()
            case "add":
                if there is None:
                    address = self.rig.add(leg, 1, codec=how)
                    self.there[leg] = Media(address, how, how.value, 101)
            case _ if there is not None:
                self.command(what, leg, there, how)

    def command(self, what: str, leg: int, there: Media, how: object) -> None:
        match what:
            case "remove":
                self.rig.obey(RemoveLeg(leg))
                del self.there[leg]
            case "codec":
                self.there[leg] = Media(
                    there.remote, how, how.value, 101, sending=there.sending, receiving=there.receiving
                )
                self.rig.obey(ChangeMedia(leg, self.there[leg]))
            case "hold":
                self.there[leg] = Media(there.remote, there.codec, there.codec.value, 101, sending=how, receiving=how)
                self.rig.obey(ChangeMedia(leg, self.there[leg]))
            case "room":
                self.rig.obey(JoinRoom(leg, how))
            case "mute":
                self.rig.obey(Mute(leg, how))
            case "play":
                self.rig.obey(Play(leg, (1, 1), 5, loop=how))
            case "beside":
                self.rig.obey(Play(leg, (1, 1), 6, room=how))
            case "volume":
                self.rig.obey(SetVolume(leg, *how))
            case "stop":
                self.rig.obey(StopPlaying(leg))
            case "garbage":
                packet = rtp(how, self.sequence, payload_type=there.codec.value, ssrc=leg, timestamp=self.sequence * 7)
                self.rig.put(packet, there.remote)

    def tick(self, *, losing: bool) -> None:
        self.sequence += 1
        for leg, media in self.there.items():
            if not losing:
                clock = CODERS[media.codec].format.clock_rate // 50
                payload = self.said[media.codec][0]
                packet = rtp(
                    payload, self.sequence, payload_type=media.codec.value, ssrc=leg, timestamp=clock * self.sequence
                )
                self.rig.put(packet, media.remote)
        sent = self.rig.tick()
        for media in self.there.values():
            if media.sending:
                packet = sent[media.remote]
                assert packet.payload_type == media.codec.value
                assert len(packet.octets) == 12 + CODERS[media.codec].format.octets
            elif media.remote in sent:
                assert not sent[media.remote].octets  # keeps the way open


@settings(deadline=None, max_examples=25)
@given(_STEPS)
def test_every_leg_is_sent_its_packet_whatever_happens(steps):
    house = House()
    for step in steps:
        house.do(*step)
    house.tick(losing=False)
    assert {leg.leg for leg in house.rig.statistics().legs} == house.there.keys()
