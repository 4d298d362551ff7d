"""Encrypted legs (SRTP) in a bridge: what they hear, what is believed of what comes, and where their streams go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pylibsrtp import Error, Policy

from media.rtcp import ReceiverReport, ReceptionReport, SenderReport, build, parse
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    AskStatistics,
    ChangeMedia,
    Codec,
    Heard,
    JoinRoom,
    Media,
    RolledOver,
    Statistics,
    Unheard,
)
from mixer.bridge.standing import Standing
from tests.mixer.bridge_rig import Packet, Rig, level, rtp, through
from tests.mixer.encrypted_phone import PROFILES, EncryptedPhone, key, session

LOUD, SOFT = level(8000), level(1000)


def talk(rig: Rig, phone: EncryptedPhone, ticks: int = 10) -> None:
    for _ in range(ticks):
        phone.says(LOUD)
        phone.opened(rig.tick())


def statistics(rig: Rig) -> Statistics:
    rig.obey(AskStatistics(1))
    found = rig.bridge.events()[-1]
    assert isinstance(found, Statistics)
    return found


def heard_by_plain(rig: Rig, plain: Address) -> int:
    """The loudest sample that a plain leg is sent at this tick."""
    return int(np.abs(rig.tick()[plain].sound).max())


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
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    for _ in range(5):
        rig.put(octets, phone.address)
        rig.tick()
    assert statistics(rig).unauthentic == 5
    assert not rig.of(Heard)
    talk(rig, phone)
    phone.says(LOUD)
    assert heard_by_plain(rig, plain) > 7000


def test_a_replayed_packet_is_dropped_and_counted_and_ends_nothing() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    rig.add(1)
    talk(rig, phone)
    packet = phone.says(LOUD)
    rig.tick()
    for _ in range(3):
        rig.put(packet, phone.address)
        rig.tick()
    found = statistics(rig)
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
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    for number in range(30):
        rig.put(rtp(bytes(160), number), Address("10.0.0.2", 9999))
        sent = rig.tick()
    assert set(sent) == {plain, phone.address}
    assert not rig.of(Heard)


def test_a_phone_that_speaks_from_another_port_is_known_by_its_key_at_once() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone)
    for _ in range(8):
        rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
        rig.tick()
    rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
    assert heard_by_plain(rig, plain) > 7000
    assert rig.of(Heard)[-1] == Heard(2, Address("10.0.0.2", 9999))


def test_nothing_else_from_a_port_that_has_just_been_recognised_is_believed() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone)
    elsewhere = Address("10.0.0.2", 9999)
    before = statistics(rig)
    rig.put(phone.packet(SOFT), elsewhere)
    for number in range(40):
        rig.put(rtp(bytes(160), phone.sequence + number, ssrc=phone.ssrc), elsewhere)
    rig.put(phone.packet(SOFT), elsewhere)
    loudest = max(heard_by_plain(rig, plain) for _ in range(6))
    after = statistics(rig)
    assert after.unauthentic - before.unauthentic == 40
    assert loudest < 8100
    assert next(leg.received for leg in after.legs if leg.leg == 2) == 12


def test_a_phone_that_speaks_from_another_port_is_known_also_while_others_of_its_host_send_much() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone)
    for _ in range(8):
        for number in range(200):
            rig.put(rtp(bytes(160), number), Address("10.0.0.2", 20_000))
            rig.put(rtp(bytes(160), number), Address("10.0.0.77", 20_000 + number))
        rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
        rig.tick()
    rig.put(phone.packet(LOUD), Address("10.0.0.2", 9999))
    assert heard_by_plain(rig, plain) > 7000


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
    assert statistics(rig).unauthentic == 0


def test_a_phone_that_changes_its_ssrc_is_heard_on() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone)
    for ssrc in range(100, 130):
        phone.ssrc, phone.sequence = ssrc, 60_000
        talk(rig, phone, 5)
    phone.says(LOUD)
    assert heard_by_plain(rig, plain) > 7000
    assert statistics(rig).unauthentic == 0


@pytest.mark.parametrize("rounds", [0, 1, 70])
def test_another_bridge_goes_on_in_both_streams_and_sends_nothing_twice(rounds: int) -> None:
    """After a day and more: 70 rounds are 25 hours."""
    since = 1_000_000 - 65_520
    first = Rig()
    phone = EncryptedPhone(first, 2, sequence=65_530, since=since)
    standing = Standing()
    phone.joins()
    plain = first.add(1)
    added = AddLeg(2, 0, Media(phone.address, Codec.PCMU, 0, 101, encryption=phone.encryption), 5002, "us")
    standing.note(added)
    standing.note(JoinRoom(2, 1))
    sent_before = []
    for _ in range(40):
        phone.says(LOUD)
        sent_before.append(phone.opened(first.tick({plain: SOFT})).sequence)
    for event in first.events:
        standing.hear(event)
    assert first.of(RolledOver) == [RolledOver(2, 1)]
    for _ in range(2 * rounds):  # the phone talks on, half a round at once, while nobody looks
        phone.sequence += 32_000
        phone.packet(SOFT)
    standing.hear(RolledOver(2, phone.sequence >> 16))

    tick = first.tick_number - 1 + 64_000 * rounds
    second = Rig(tick_number=tick)
    second.open(0)
    phone.rig = second
    for command, descriptors in standing.replay(tick):
        second.obey(command, *descriptors)
    plain = second.add(1)
    for _ in range(10):
        phone.says(LOUD)
        sent = second.tick({plain: SOFT})
        if second.tick_number - 1 == tick:
            assert phone.address not in sent  # the other bridge may have sent this tick's
            continue
        packet = sent[phone.address]
        assert packet.sequence == (second.tick_number - 1 - since) & 0xFFFF
        heard = opened_at(phone, packet.octets, second.tick_number - 1 - since)
    assert np.array_equal(heard, through(through(SOFT)))
    assert sent[plain].sound.max() > 7000


def opened_at(phone: EncryptedPhone, packet: bytes, index: int) -> np.ndarray:
    """What is in a packet of ours with this index, as a phone has it that has heard everything before."""
    hears = session(phone.ours, Policy.SSRC_ANY_INBOUND)
    sends = session(phone.ours, Policy.SSRC_ANY_OUTBOUND)
    for before in [*range(1, index - 1, 0x7FFF), index - 1]:
        hears.unprotect(sends.protect(rtp(b"", before, ssrc=5000 + phone.leg)))
    return Packet(hears.unprotect(packet)).sound


def changed(phone: EncryptedPhone, **media: object) -> ChangeMedia:
    given = {"remote": phone.address, "codec": Codec.PCMU, "payload_type": 0, "event_payload_type": 101, **media}
    return ChangeMedia(phone.leg, Media(encryption=phone.encryption, **given))


def test_a_session_that_is_refreshed_with_the_same_keys_goes_on() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2, sequence=65_530, since=1_000_000 - 65_530)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone, 20)
    rig.obey(changed(phone))
    for _ in range(5):
        phone.says(LOUD)
        sent = rig.tick({plain: SOFT})
        phone.opened(sent)
    assert sent[plain].sound.max() > 7000
    assert statistics(rig).unauthentic == 0


@pytest.mark.parametrize("rolls_on", [False, True])
def test_another_key_of_the_phone_is_heard_without_a_gap_and_the_former_is_dropped_within_a_second(
    rolls_on: bool,
) -> None:
    """Whether its new stream begins its rounds anew or goes on counting, as RFC 3711 §8.1 has it."""
    rig = Rig()
    phone = EncryptedPhone(rig, 2, sequence=65_530)
    phone.joins()
    plain = rig.add(1)
    talk(rig, phone, 30)
    former = phone.speaks
    phone.theirs = key(99)
    phone.speaks = session(phone.theirs, Policy.SSRC_ANY_OUTBOUND)
    if rolls_on:
        for before in (0x7FFF, 0xFFFE, phone.sequence - 1):
            phone.speaks.protect(rtp(b"", before, ssrc=phone.ssrc))
    rig.obey(changed(phone))
    for at in range(80):
        if at < 5:  # what it sent before it had our answer
            rig.put(former.protect(rtp(np.full(160, 0x80, np.uint8).tobytes(), phone.sequence)), phone.address)
            phone.sequence += 1
        else:
            phone.says(LOUD)
        assert heard_by_plain(rig, plain) > 7000
    assert statistics(rig).unauthentic == 0
    rig.put(former.protect(rtp(bytes(160), phone.sequence)), phone.address)
    rig.tick()
    assert statistics(rig).unauthentic == 1


def test_sound_with_a_former_key_of_ours_is_never_sent_again() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    rig.add(1)
    talk(rig, phone)
    phone.ours = key(77)
    phone.since = rig.tick_number - 64
    rig.obey(changed(phone))
    sent = rig.tick()
    with pytest.raises(Error):
        phone.hears.unprotect(sent[phone.address].octets)
    phone.hears = session(phone.ours, Policy.SSRC_ANY_INBOUND)
    assert phone.opened(rig.tick()).ssrc == 5002


def test_an_index_that_was_used_is_not_used_again_even_if_it_is_told_so() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    talk(rig, phone)
    phone.since += 5
    rig.obey(changed(phone))
    sent = [rig.tick() for _ in range(8)]
    assert [phone.address in each for each in sent] == [False] * 5 + [True] * 3


def test_a_leg_on_hold_is_sent_nothing_and_goes_on_from_there() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    plain = rig.add(1)
    for _ in range(5):
        phone.opened(rig.tick({plain: SOFT}))
    rig.obey(changed(phone, sending=False, receiving=False))
    for _ in range(5):
        assert phone.address not in rig.tick({plain: SOFT})
    rig.obey(changed(phone))
    assert phone.opened(rig.tick({plain: SOFT})).marker


def test_reports_are_sealed_too() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    talk(rig, phone, 600)
    assert rig.rtcp
    for octets, to in rig.rtcp:
        assert to == Address("10.0.0.2", 4001)
        report, *_ = parse(phone.hears.unprotect_rtcp(octets))
        assert isinstance(report, SenderReport) and report.ssrc == 5002


def test_only_sealed_reports_are_a_sign_of_life() -> None:
    rig = Rig()
    phone = EncryptedPhone(rig, 2)
    phone.joins()
    octets = build((ReceiverReport(7, ()),))
    alive = build((ReceiverReport(7, (_block(),)),))
    for _ in range(600):
        rig.put_rtcp(alive, Address("10.0.0.2", 4001))
        rig.put_rtcp(octets, Address("10.0.0.2", 4001))
        rig.tick()
    assert rig.of(Unheard)
    rig.events.clear()
    for _ in range(600):
        rig.put_rtcp(phone.speaks.protect_rtcp(alive), Address("10.0.0.2", 4001))
        rig.tick()
    assert not rig.of(Unheard)


def _block() -> ReceptionReport:
    return ReceptionReport(5002, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("minutes", [1, 600])
def test_another_bridge_uses_no_index_of_a_report_again(minutes: int) -> None:
    """SRTCP counts for itself (RFC 3711 §3.4), and nobody tells how far."""
    rig = Rig()
    since = rig.tick_number - minutes * 3000
    phone = EncryptedPhone(rig, 2, since=since)
    sent = phone.hears  # all that the other bridge may have sent has been heard
    seals = session(phone.ours, Policy.SSRC_ANY_OUTBOUND)
    for _ in range(minutes * 60 * 2 // 5):  # one every two and a half seconds
        sent.unprotect_rtcp(seals.protect_rtcp(build((ReceiverReport(5002, ()),))))
    taken_over = replace(phone.encryption, first=rig.tick_number)
    rig.open(0)
    phone.address = Address("10.0.0.2", 4000)
    media = Media(phone.address, Codec.PCMU, 0, 101, encryption=taken_over)
    rig.obey(AddLeg(2, 0, media, 5002, "us", taken_over=True))
    for _ in range(3000 if minutes == 1 else 40_000):
        rig.tick()
        if rig.rtcp:
            break
    for octets, _ in rig.rtcp:
        phone.hears.unprotect_rtcp(octets)
    assert rig.rtcp
