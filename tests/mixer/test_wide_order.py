"""Wide packets that overtake others: decoders are fed in the order of the sequence numbers, whatever comes when."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.protocol import AskStatistics
from mixer.bridge.statistics import Statistics
from mixer.bridge.wide.decoding import Packet, Stream
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.network import Network, voice
from tests.mixer.wide_phones import WIDE, Phone

FIRST = 65_500
"""So that sequence numbers go round."""

fates = st.one_of(st.integers(0, 5), st.just(0), st.just(0), st.sampled_from(["lost", "event"]))


class Log:
    """Sequence numbers as they are decoded, one list for each decoder."""

    def __init__(self) -> None:
        self.decoded: dict[Stream, list[int]] = {}

    def take(self, stream: Stream, packet: Packet) -> object:
        self._note(stream, packet.sequence)
        return take(stream, packet)

    def follow(self, stream: Stream, payload: object) -> object:
        self._note(stream, stream._next)
        return follow(stream, payload)

    def _note(self, stream: Stream, sequence: int) -> None:
        self.decoded.setdefault(stream, []).append((sequence - FIRST) % 2**16)


take, follow = Stream.take, Stream.follow


@pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)
@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(fates, st.booleans()), min_size=5, max_size=80))
def test_each_packet_is_decoded_once_and_in_turn_or_counted_as_late(codec, fates):
    log, rig = Log(), Rig()
    phone = Phone(rig, 1, codec)
    phone.sequence, came = FIRST, 0
    network, said = Network(rig), voice(phone, len(fates))
    with (
        patch.object(Stream, "take", lambda *packet: log.take(*packet)),
        patch.object(Stream, "follow", lambda *payload: log.follow(*payload)),
    ):
        for frame, (fate, twice) in zip(said, fates, strict=True):
            octets = phone.packet(frame)
            if fate == "event":
                event = rtp(bytes([5, 10, 1, 0]), phone.sequence - 1, payload_type=101, ssrc=1, timestamp=1)
                network.carry(event, phone.address)
            elif fate != "lost":
                came += 1
                for _ in range(1 + twice):
                    network.carry(octets, phone.address, fate)
            network.tick()
        for _ in range(20):
            network.tick()
    rig.obey(AskStatistics(1))
    rig.tick()
    (leg,) = rig.of(Statistics)[-1].legs
    decoded = [sequence for some in log.decoded.values() for sequence in some]
    for some in log.decoded.values():
        assert some == sorted(set(some))
    assert len(decoded) == len(set(decoded))
    assert came - leg.late <= len(decoded) <= came
    assert rig.of(Statistics)[-1].malformed == 0
