"""Phones on IPv6 in the same rooms as those on IPv4."""

from __future__ import annotations

import pytest

from media.codecs import PCMU
from media.rtcp import ReceiverReport, ReceptionReport, build
from mixer.bridge.protocol import Address, ChangeMedia, CloseSocket, Codec, Heard, Media, OpenSocket, RemoveLeg
from tests.mixer.bridge_rig import Rig, level, rtp, through

SIX = Address("2001:db8::6", 4000)


def rig_of_both() -> tuple[Rig, Address]:
    rig = Rig()
    rig.open(1, ipv6=True)
    rig.add(1, socket=1, remote=SIX)
    return rig, rig.add(2)


def test_phones_of_both_versions_hear_each_other() -> None:
    rig, four = rig_of_both()
    for n in range(5):
        rig.put(rtp(through_octets(), n), SIX, socket=1)
        heard = rig.tick({four: level(700)})
    assert (heard[four].sound == through(level(1000))).all()
    assert (heard[SIX].sound == through(level(700))).all()
    assert rig.of(Heard) == [Heard(1, SIX), Heard(2, four)]


def through_octets() -> bytes:
    return PCMU.encode(level(1000)).tobytes()


def test_a_stranger_on_ipv6_is_nobody_whatever_its_address_and_port() -> None:
    rig, four = rig_of_both()
    for host, port in (("2001:db8::7", 4000), ("::", 4000), ("2001:db8::6", 4001), ("fe80::6%1", 4000)):
        for n in range(3):
            rig.put(rtp(through_octets(), n), Address(host, port), socket=1)
            assert not rig.tick()[four].sound.any()
    assert not rig.of(Heard)


def test_hosts_that_nobody_has_named_are_not_the_other_host_of_legs_that_have_none() -> None:
    rig, _ = rig_of_both()
    rig.ticks(20)
    for n in range(20):
        rig.put(rtp(through_octets(), n), Address("2001:db8::bad", 6666), socket=1)
        assert SIX in rig.tick()
    assert not rig.of(Heard)


def test_a_host_of_ipv6_whose_number_is_an_address_of_ipv4_is_not_taken_for_it() -> None:
    """Numbers are small: the first host has that of 0.0.0.1."""
    rig, _ = rig_of_both()
    rig.add(3, remote=Address("0.0.0.1", 4000))
    rig.put(rtp(through_octets(), 0), SIX, socket=1)
    rig.tick()
    assert rig.of(Heard) == [Heard(1, SIX)]


def test_a_phone_behind_a_translator_of_ipv6_is_followed_there() -> None:
    rig = Rig()
    rig.open(1, ipv6=True)
    rig.add(1, socket=1, remote=Address("fd00::9", 5004), public_host=SIX.host)
    source = Address(SIX.host, 61000)
    rig.put(rtp(through_octets(), 0), source, socket=1)
    assert set(rig.tick()) == {source}


def test_reports_go_and_come_over_ipv6() -> None:
    rig, _ = rig_of_both()
    rig.ticks(400)
    assert Address(SIX.host, 4001) in {to for _, to in rig.rtcp}
    row = rig.bridge._engine.legs.row(1)
    block = ReceptionReport(5001, 0, 0, 0, 0, 0, 0)
    rig.put_rtcp(build([ReceiverReport(1, (block,))]), Address(SIX.host, 4001), socket=1)
    rig.ticks(5)
    assert rig.bridge._engine.legs.reported_at[row] >= rig.tick_number - 6


def test_a_phone_that_moves_to_another_host_is_heard_and_sent_there() -> None:
    rig, four = rig_of_both()
    moved = Address("2001:db8::66", 5006)
    rig.obey(ChangeMedia(1, Media(moved, Codec.PCMU, 0, 101)))
    for n in range(5):
        rig.put(rtp(through_octets(), n), moved, socket=1)
        heard = rig.tick()
    assert heard[four].sound.any() and moved in heard and SIX not in heard


def test_thousands_of_hosts_one_after_the_other_leave_nothing_behind() -> None:
    rig, four = rig_of_both()
    for n in range(500):
        rig.add(10 + n, socket=1, remote=Address(f"2001:db8:1::{n:x}", 4000))
        rig.tick()
        rig.obey(RemoveLeg(10 + n))
    assert len(rig.bridge._engine.legs.hosts) <= 66
    rig.put(rtp(through_octets(), 0), SIX, socket=1)
    assert rig.tick().keys() == {SIX, four}
    assert rig.of(Heard) == [Heard(1, SIX)]


def test_a_socket_that_is_closed_is_read_no_more_and_its_number_may_come_again() -> None:
    rig, four = rig_of_both()
    rig.obey(RemoveLeg(1))
    rig.obey(CloseSocket(1))
    rig.obey(CloseSocket(7))
    assert set(rig.tick()) == {four}
    rig.open(1)
    rig.add(3, socket=1)
    rig.put(rtp(through_octets(), 0), Address("10.0.0.3", 4000), socket=1)
    rig.tick()
    assert rig.of(Heard) == [Heard(3, Address("10.0.0.3", 4000))]


@pytest.mark.parametrize("version", [OpenSocket(0).ipv6, OpenSocket(0, True).ipv6])
def test_a_bad_address_is_a_leg_less_and_nothing_worse(version: bool) -> None:
    rig = Rig()
    rig.open(0, ipv6=version)
    rig.add(1, remote=Address("1::2::3" if version else "10.0.0.256", 4000))
    rig.tick()
    assert not rig.bridge._engine.legs.any()
