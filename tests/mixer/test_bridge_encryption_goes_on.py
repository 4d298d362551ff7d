"""Encrypted legs (SRTP) that go on: in another bridge, with other keys, after a hold; and their reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pylibsrtp import Error, Policy

from media.rtcp import ReceiverReport, ReceptionReport, SenderReport, build, parse
from mixer.bridge.protocol import (
    AddLeg,
    Address,
    ChangeMedia,
    Codec,
    JoinRoom,
    Media,
    RolledOver,
    Unheard,
)
from mixer.bridge.standing import Standing
from tests.mixer.bridge_rig import Packet, Rig, rtp, through
from tests.mixer.encrypted_phone import LOUD, SOFT, EncryptedPhone, heard_by, key, meeting, session


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
    phone.talks(20)
    rig.obey(changed(phone))
    for _ in range(5):
        phone.says(LOUD)
        sent = rig.tick({plain: SOFT})
        phone.opened(sent)
    assert sent[plain].sound.max() > 7000
    assert rig.statistics().unauthentic == 0


@pytest.mark.parametrize("rolls_on", [False, True])
def test_another_key_of_the_phone_is_heard_without_a_gap_and_the_former_is_dropped_within_a_second(
    rolls_on: bool,
) -> None:
    """Whether its new stream begins its rounds anew or goes on counting, as RFC 3711 §8.1 has it."""
    rig = Rig()
    phone = EncryptedPhone(rig, 2, sequence=65_530)
    phone.joins()
    plain = rig.add(1)
    phone.talks(30)
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
        assert heard_by(rig, plain) > 7000
    assert rig.statistics().unauthentic == 0
    rig.put(former.protect(rtp(bytes(160), phone.sequence)), phone.address)
    rig.tick()
    assert rig.statistics().unauthentic == 1


def test_sound_with_a_former_key_of_ours_is_never_sent_again() -> None:
    rig, phone, _ = meeting()
    phone.talks()
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
    phone.talks()
    phone.since += 5
    rig.obey(changed(phone))
    sent = [rig.tick() for _ in range(8)]
    assert [phone.address in each for each in sent] == [False] * 5 + [True] * 3


def test_a_leg_on_hold_is_sent_nothing_and_goes_on_from_there() -> None:
    rig, phone, plain = meeting()
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
    phone.talks(600)
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
