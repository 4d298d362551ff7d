"""Encrypted legs (SRTP) in a bridge: what they hear, and what is believed of what comes."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.bridge.protocol import (
    Address,
    Codec,
    Heard,
    RolledOver,
    Unheard,
)
from tests.mixer.bridge_rig import Rig, rtp, through
from tests.mixer.encrypted_phone import LOUD, PROFILES, SOFT, EncryptedPhone, heard_by, meeting


@pytest.mark.parametrize("suite", PROFILES)
def test_a_plain_and_an_encrypted_leg_hear_each_other(suite: str) -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2, suite)
    phone.joins()
    plain = rig.add(1)
    for _ in range(10):
        phone.says(LOUD)
        sent = rig.tick({plain: SOFT})
        assert phone.opened(sent).ssrc == 5002
    phone.says(LOUD)
    sent = rig.tick({plain: SOFT})
    assert np.array_equal(sent[plain].sound, through(through(LOUD)))
    assert np.array_equal(phone.opened(sent).sound, through(through(SOFT)))
    assert through(SOFT).tobytes() not in sent[phone.address].octets


def test_two_encrypted_legs_with_codecs_of_their_own_are_sent_packets_of_their_own() -> None:
    rig = Rig()
    phones = [EncryptedPhone(rig, 1), EncryptedPhone(rig, 2, "AEAD_AES_256_GCM")]
    phones[0].joins()
    phones[1].joins(codec=Codec.PCMA)
    for _ in range(10):
        phones[0].says(LOUD)
        phones[1].says(SOFT, Codec.PCMA)
        sent = rig.tick()
        heard = [phone.opened(sent) for phone in phones]
    assert [packet.payload_type for packet in heard] == [0, 8]
    assert [int(np.abs(packet.sound).max()) // 100 for packet in heard] == [9, 78]


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x80", bytes(12), rtp(bytes(160), 1), rtp(bytes(160), 1001), b"\xff" * 172, b"\x90" + b"\xff" * 700],
)
def test_what_is_not_authentic_is_dropped_and_counted(octets: bytes) -> None:
    rig, phone, plain = meeting()
    for _ in range(5):
        rig.put(octets, phone.address)
        rig.tick()
    assert rig.statistics().unauthentic == 5
    assert not rig.of(Heard)
    phone.talks()
    phone.says(LOUD)
    assert heard_by(rig, plain) > 7000


def test_a_replayed_packet_is_dropped_and_counted_and_ends_nothing() -> None:
    rig, phone, _ = meeting()
    phone.talks()
    packet = phone.says(LOUD)
    rig.tick()
    for _ in range(3):
        rig.put(packet, phone.address)
        rig.tick()
    found = rig.statistics()
    assert found.unauthentic == 3
    assert next(leg.received for leg in found.legs if leg.leg == 2) == 11


def test_packets_that_are_not_authentic_are_no_sign_of_life() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    for _ in range(510):
        rig.put(rtp(bytes(160), 1), phone.address)
        rig.tick()
    assert rig.of(Unheard) == [Unheard(2, 10)]


def test_a_stranger_of_the_same_host_is_neither_heard_nor_followed() -> None:
    rig, phone, plain = meeting()
    for number in range(30):
        rig.put(rtp(bytes(160), number), Address("10.0.0.2", 9999))
        sent = rig.tick()
    assert set(sent) == {plain, phone.address}
    assert not rig.of(Heard)


def test_a_phone_that_speaks_from_another_port_is_known_by_its_key_at_once() -> None:
    rig, phone, plain = meeting()
    phone.talks()
    for _ in range(8):
        rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
        rig.tick()
    rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
    assert heard_by(rig, plain) > 7000
    assert rig.of(Heard)[-1] == Heard(2, Address("10.0.0.2", 9999))


def test_nothing_else_from_a_port_that_has_just_been_recognised_is_believed() -> None:
    rig, phone, plain = meeting()
    phone.talks()
    elsewhere = Address("10.0.0.2", 9999)
    before = rig.statistics()
    rig.put(phone.packet(SOFT), elsewhere)
    for number in range(40):
        rig.put(rtp(bytes(160), phone.sequence + number, ssrc=phone.ssrc), elsewhere)
    rig.put(phone.packet(SOFT), elsewhere)
    loudest = max(heard_by(rig, plain) for _ in range(6))
    after = rig.statistics()
    assert after.unauthentic - before.unauthentic == 40
    assert loudest < 8100
    assert next(leg.received for leg in after.legs if leg.leg == 2) == 12


def test_a_phone_that_speaks_from_another_port_is_known_also_while_others_of_its_host_send_much() -> None:
    rig, phone, plain = meeting()
    phone.talks()
    for _ in range(8):
        for number in range(200):
            rig.put(rtp(bytes(160), number), Address("10.0.0.2", 20_000))
            rig.put(rtp(bytes(160), number), Address("10.0.0.77", 20_000 + number))
        rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
        rig.tick()
    rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
    assert heard_by(rig, plain) > 7000


def test_two_phones_behind_one_nat_are_told_apart_by_their_keys() -> None:
    rig = Rig()
    phones = [EncryptedPhone(rig, 1), EncryptedPhone(rig, 2)]
    for phone in phones:
        phone.joins(room=phone.leg, public_host="192.0.2.9")
    for _ in range(3):
        rig.put(phones[1].packet(LOUD), Address("192.0.2.9", 7002))
        rig.put(phones[0].packet(LOUD), Address("192.0.2.9", 7001))
        rig.tick()
    assert set(rig.of(Heard)) == {Heard(1, Address("192.0.2.9", 7001)), Heard(2, Address("192.0.2.9", 7002))}


def test_both_streams_go_on_where_their_sequence_numbers_go_round() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2, sequence=65_530, since=1_000_000 - 65_530)
    phone.joins()
    plain = rig.add(1)
    for _ in range(30):
        phone.says(LOUD)
        sent = rig.tick({plain: SOFT})
        last = phone.opened(sent)
    assert last.sequence < 30
    assert sent[plain].sound.max() > 7000
    assert rig.of(RolledOver) == [RolledOver(2, 1)]
    assert rig.statistics().unauthentic == 0


def test_a_phone_that_changes_its_ssrc_is_heard_on() -> None:
    rig, phone, plain = meeting()
    phone.talks()
    for ssrc in range(100, 130):
        phone.ssrc, phone.sequence = ssrc, 60_000
        phone.talks(5)
    phone.says(LOUD)
    assert heard_by(rig, plain) > 7000
    assert rig.statistics().unauthentic == 0
