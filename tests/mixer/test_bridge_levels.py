"""How loud legs are, told while somebody looks; and statistics of more legs than one datagram holds."""

from __future__ import annotations

from mixer.bridge.protocol import AddLeg, Address, AskStatistics, Codec, Levels, Media, WatchLevels
from mixer.bridge.statistics import MOST, Statistics
from tests.mixer.bridge_rig import Rig, level


def test_levels_come_ten_times_a_second_of_those_who_are_heard_and_of_nobody_once_nobody_looks():
    rig = Rig()
    one = rig.add(1)
    two = rig.add(2)
    rig.ticks(20, {one: level(8192), two: level(8)})
    assert not rig.of(Levels)
    rig.obey(WatchLevels(True))
    rig.ticks(20, {one: level(8192), two: level(8)})
    told = rig.of(Levels)
    assert len(told) == 4 and set(told[1:]) == {Levels((1,), (-12,))}
    rig.ticks(20)
    assert rig.of(Levels)[-1] == Levels((), ())
    rig.obey(WatchLevels(False))
    rig.events.clear()
    rig.ticks(20, {one: level(8192)})
    assert not rig.of(Levels)


def test_legs_that_come_while_somebody_looks_are_told_of_too():
    rig = Rig()
    rig.add(1)
    rig.obey(WatchLevels(True))
    rig.tick()
    addresses = [rig.add(number) for number in range(2, 200)]
    rig.ticks(20, dict.fromkeys(addresses[-1:], level(8192)))
    assert rig.of(Levels)[-1] == Levels((199,), (-12,))


def test_of_very_many_legs_statistics_come_in_several_parts():
    rig = Rig()
    rig.add(1)
    held = Media(Address("10.9.0.1", 4000), Codec.PCMU, 0, None, sending=False, receiving=False)
    for number in range(2, MOST + 3):
        rig.obey(AddLeg(number, 0, held, number, "us"))
    rig.obey(AskStatistics(8))
    rig.events += rig.bridge.events()
    told = rig.of(Statistics)
    assert [(len(part.legs), part.more, part.token) for part in told] == [(MOST, True, 8), (2, False, 8)]
    assert max(len(part.octets) for part in told) < 180_000
