"""Whose packet it is: latching, and those who try to be somebody else."""

from __future__ import annotations

import numpy as np

from mixer.bridge.protocol import (
    AddLeg,
    Address,
    ChangeMedia,
    Codec,
    Heard,
    Media,
    RemoveLeg,
)
from mixer.bridge.standing import Standing
from tests.mixer.bridge_rig import Rig, level, rtp, through

NAT = "203.0.113.9"


def test_a_stranger_is_neither_heard_nor_sent_anything():
    rig = Rig()
    one = rig.add(1)
    rig.add(2)
    stranger = Address("198.51.100.66", 4000)
    for _ in range(50):
        rig.put(rtp(b"\x10" * 160, rig.sequence), stranger)
        heard = rig.tick()
    assert stranger not in heard and not heard[one].sound.any()
    assert rig.statistics().strangers == 50
    assert not rig.of(Heard)


def test_a_strangers_packet_before_the_first_of_the_phone_steals_nothing():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.put(rtp(b"\x10" * 160, 0), Address("198.51.100.66", 4000))
    rig.tick()
    heard = rig.ticks(4, {one: level(1000)})
    assert (heard[two].sound == through(level(1000))).all()
    assert rig.of(Heard) == [Heard(1, one)]


def test_a_phone_behind_a_nat_is_followed_to_where_it_is_heard_from():
    rig = Rig()
    stated = Address("192.168.1.7", 5004)
    rig.add(1, remote=stated, public_host=NAT)
    assert set(rig.tick()) == {Address(NAT, 5004)}, "until then we hope that the NAT keeps the port"
    source = Address(NAT, 61000)
    rig.put(rtp(b"\x10" * 160, 0), source)
    assert set(rig.tick()) == {source}
    assert rig.of(Heard) == [Heard(1, source)]


def test_once_heard_another_port_of_its_host_is_a_stranger():
    rig = Rig()
    rig.add(1, remote=Address("192.168.1.7", 5004), public_host=NAT)
    rig.ticks(20, {Address(NAT, 61000): level(1000)})
    for _ in range(30):
        rig.put(rtp(b"\x10" * 160, 999), Address(NAT, 61001))
        sent = rig.tick({Address(NAT, 61000): level(1000)})
        assert set(sent) == {Address(NAT, 61000)}
    assert rig.statistics().strangers == 30


def test_a_nat_that_gives_it_another_port_is_followed_within_200_ms():
    rig = Rig()
    rig.add(1, remote=Address("192.168.1.7", 5004), public_host=NAT)
    rig.ticks(20, {Address(NAT, 61000): level(1000)})
    moved = Address(NAT, 62000)
    ticks = next(n for n in range(1, 50) if moved in rig.tick({moved: level(1000)}))
    assert ticks <= 11
    assert rig.of(Heard)[-1] == Heard(1, moved)


def test_another_bridge_sends_to_where_the_phone_was_heard_and_follows_it_when_its_nat_moves_it():
    standing, rig, next_rig = Standing(), Rig(), Rig()
    rig.add(1, remote=Address("192.168.1.7", 5004), public_host=NAT)
    standing.note(AddLeg(1, 0, rig.bridge._engine.legs.media[0], 5001, "us"))
    rig.ticks(3, {Address(NAT, 61000): level(1000)})
    for event in rig.of(Heard):
        standing.hear(event)
    next_rig.open(0)
    for command, _ in standing.replay(0):
        next_rig.obey(command)
    assert set(next_rig.tick()) == {Address(NAT, 61000)}
    next_rig.ticks(20, {Address(NAT, 61000): level(1000)})
    assert set(next_rig.ticks(12, {Address(NAT, 62000): level(1000)})) == {Address(NAT, 62000)}


def test_a_phone_that_sends_from_another_port_than_it_listens_on_is_heard_and_sent_where_it_listens():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    elsewhere = Address(one.host, 7777)
    rig.ticks(12, {elsewhere: level(1000)})
    heard = rig.ticks(4, {elsewhere: level(1000)})
    assert (heard[two].sound == through(level(1000))).all()
    assert one in heard and elsewhere not in heard


def test_two_legs_of_one_host_are_never_guessed_between():
    rig = Rig()
    rig.add(1, remote=Address(NAT, 4000))
    rig.add(2, remote=Address(NAT, 4002))
    rig.ticks(20, {Address(NAT, 4444): level(1000)})
    assert not rig.of(Heard)
    assert rig.statistics().strangers == 20


def test_who_states_an_address_is_heard_from_there_though_a_silent_leg_of_its_host_was_looked_for_there_before():
    rig = Rig()
    silent, early = Address("192.0.2.7", 5004), Address("192.0.2.7", 6004)
    rig.add(1, room=1, remote=silent)
    rig.ticks(5, {silent: level(1000)})
    rig.ticks(20)
    rig.ticks(2, {early: level(1000)})  # its sound is there before the bridge knows of its leg
    rig.add(2, room=2, remote=early)
    listener = rig.add(3, room=2)
    heard = rig.ticks(15, {early: level(1000)})
    assert (heard[listener].sound == through(level(1000))).all()


def test_the_same_address_on_two_sockets_is_two_legs():
    rig = Rig()
    rig.open(1)
    same = Address("10.9.9.9", 4000)
    rig.add(1, 1, remote=same)
    rig.add(2, 2, socket=1, remote=same)
    rig.add(3, 2)
    for n in range(4):
        rig.put(rtp(b"\x10" * 160, n), same, socket=1)
        heard = rig.tick()
    assert heard[Address("10.0.0.3", 4000)].sound.any()
    assert rig.of(Heard) == [Heard(2, same)]


def test_a_phone_that_moves_by_a_new_offer_is_heard_there_and_not_where_it_was():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(4, {one: level(1000)})
    moved = Address("127.0.0.2", 4000)
    rig.obey(ChangeMedia(1, Media(moved, Codec.PCMU, 0, 101)))
    heard = rig.ticks(8, {one: level(1000)})
    assert moved in heard and one not in heard and not heard[two].sound.any()
    assert rig.ticks(4, {moved: level(1000)})[two].sound.any()


def test_a_reinvite_that_moves_nothing_keeps_the_nat_open():
    rig = Rig()
    stated = Address("192.168.1.7", 5004)
    rig.add(1, remote=stated, public_host=NAT)
    rig.ticks(3, {Address(NAT, 61000): level(1000)})
    rig.obey(ChangeMedia(1, Media(stated, Codec.PCMA, 8, None, public_host=NAT)))
    assert set(rig.tick()) == {Address(NAT, 61000)}


def test_garbage_is_counted_and_dropped():
    rig = Rig()
    one = rig.add(1)
    garbage = [b"", b"\x80", bytes(11), bytes(200), b"\x80\x00" + bytes(10), rtp(bytes(160), 1, payload_type=96)]
    garbage += [rtp(bytes(9), 2), rtp(bytes(481), 3), rtp(b"\x01", 4, payload_type=101), bytes(2000), b"\xff" * 1500]
    for octets in garbage:
        rig.put(octets, one)
    rig.tick()
    assert rig.statistics().malformed == len(garbage)
    rng = np.random.default_rng(3)
    for _ in range(200):
        rig.put(rng.bytes(int(rng.integers(0, 700))), one)
        rig.put_rtcp(rng.bytes(int(rng.integers(0, 200))), one)
    rig.ticks(10)


def test_packets_of_a_leg_that_was_removed_are_a_strangers():
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    rig.add(2)
    rig.obey(RemoveLeg(1))
    rig.tick({one: level(1000)})
    assert rig.statistics().strangers == 1
