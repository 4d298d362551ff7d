"""Legs that come, go and move leave the others' packets what they are: expected ones, which cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.bridge.protocol import ChangeMedia, Codec, JoinRoom, Media, Mute, RemoveLeg
from tests.mixer.bridge_rig import Rig, level, through

if TYPE_CHECKING:
    import pytest


class Talk:
    """Legs 1 and 2 talk, for long enough that their packets are expected."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig = Rig()
        self.one, self.two = self.rig.add(1), self.rig.add(2)
        self.looked_at = 0
        engine = self.rig.bridge._engine
        take = engine._take_others

        def counted(arrived, tick):
            self.looked_at += len(arrived)
            return take(arrived, tick)

        monkeypatch.setattr(engine, "_take_others", counted)
        self.goes_on(5)
        assert self.goes_on() == 0

    def goes_on(self, ticks: int = 1) -> int:
        """How many packets had to be looked at."""
        self.looked_at = 0
        heard = self.rig.ticks(ticks, {self.one: level(1000), self.two: level(500)})
        assert ticks == 1 or (heard[self.one].sound == through(level(500))).all()
        return self.looked_at


def test_who_joins_and_who_leaves_makes_nobody_elses_packets_unexpected(monkeypatch):
    talk = Talk(monkeypatch)
    talk.rig.add(3)
    assert talk.goes_on() == 0
    talk.rig.obey(Mute(3, muted=True))
    talk.rig.obey(JoinRoom(3, None))
    assert talk.goes_on() == 0
    talk.rig.obey(RemoveLeg(3))
    assert talk.goes_on() == 0


def test_more_legs_than_there_were_rows_make_nobody_elses_packets_unexpected(monkeypatch):
    talk = Talk(monkeypatch)
    for leg in range(3, 140):
        talk.rig.add(leg)
    assert talk.goes_on() == 0
    talk.goes_on(5)


def test_the_next_packet_of_a_leg_that_moved_is_looked_at_and_no_other(monkeypatch):
    talk = Talk(monkeypatch)
    talk.rig.obey(ChangeMedia(1, Media(talk.one, Codec.PCMU, 0, 101)))
    assert talk.goes_on() == 1
    talk.goes_on(5)


def test_a_leg_on_hold_is_not_heard_however_well_its_packets_fit(monkeypatch):
    talk = Talk(monkeypatch)
    talk.rig.obey(ChangeMedia(1, Media(talk.one, Codec.PCMU, 0, 101, sending=False, receiving=False)))
    heard = talk.rig.ticks(10, {talk.one: level(1000), talk.two: level(500)})
    assert not heard[talk.two].sound.any()
