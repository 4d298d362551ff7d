"""Phones that are not where they said, those who are sent nothing any more, and those who are kept in touch on hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs import PCMU
from media.rtcp import ReceiverReport, ReceptionReport, build
from mixer.bridge.keepalive import TURNS
from mixer.bridge.protocol import AddLeg, Address, ChangeMedia, Codec, Heard, Media, RemoveLeg
from mixer.bridge.standing import Standing
from tests.mixer.bridge_rig import Rig, level, rtp, through

STATED, HOST = Address("172.17.0.2", 4000), "192.168.1.10"
TRANSLATED = Address(HOST, 61000)
TEN_SECONDS = 500
LOUD = PCMU.encode(level(1000)).tobytes()


def container() -> Rig:
    """A phone with a private address that signals from another private one."""
    rig = Rig()
    rig.add(1, remote=STATED, other_host=HOST)
    return rig


def speak(rig: Rig, source: Address, ticks: int) -> dict[Address, object]:
    for _ in range(ticks):
        rig.put(rtp(LOUD, rig.sequence), source)
        sent = rig.tick()
    return sent


# Which of two places


def test_a_phone_in_a_container_is_heard_and_sent_to_through_its_translator_within_400_ms() -> None:
    rig = container()
    assert set(rig.tick()) == {STATED}, "as long as nothing was heard, what it states is believed"
    two = rig.add(2)
    sent = speak(rig, TRANSLATED, 20)
    assert set(sent) == {TRANSLATED, two}
    assert rig.of(Heard) == [Heard(1, TRANSLATED)]
    assert (speak(rig, TRANSLATED, 3)[two].sound == through(level(1000))).all()


def test_a_gateway_beside_its_pbx_is_heard_where_it_states_to_be_though_the_pbx_still_sends_something() -> None:
    rig = container()
    for n in range(9):
        rig.put(rtp(LOUD, n, ssrc=99), TRANSLATED)
        rig.tick()
    assert set(speak(rig, STATED, 5)) == {STATED}
    for n in range(50):
        rig.put(rtp(LOUD, n, ssrc=99), TRANSLATED)
        assert set(rig.tick()) == {STATED}, "once heard there, it is nowhere else, silent or not"
    assert rig.of(Heard) == [Heard(1, STATED)]


def test_where_it_states_to_be_is_believed_at_once_also_if_it_was_taken_to_be_elsewhere() -> None:
    rig = container()
    assert set(speak(rig, TRANSLATED, 30)) == {TRANSLATED}
    assert set(speak(rig, STATED, 1)) == {STATED}
    assert rig.of(Heard) == [Heard(1, TRANSLATED), Heard(1, STATED)]


def test_fewer_than_five_packets_or_those_of_several_ports_are_no_phone() -> None:
    rig = container()
    rig.ticks(20)
    speak(rig, TRANSLATED, 4)
    for n in range(40):
        speak(rig, Address(HOST, 62000 + n % 2), 1)
    assert set(rig.tick()) == {STATED} and not rig.of(Heard)


def test_a_translator_of_ours_that_gives_it_another_port_is_followed_within_200_ms() -> None:
    rig = container()
    speak(rig, TRANSLATED, 30)
    moved = Address(HOST, 62000)
    ticks = next(n for n in range(1, 50) if moved in speak(rig, moved, 1))
    assert ticks <= 11


def test_another_bridge_goes_on_sending_to_a_phone_in_a_container_where_it_was_heard() -> None:
    rig, standing, next_rig = container(), Standing(), Rig()
    standing.note(AddLeg(1, 0, rig.bridge._engine.legs.media[0], 5001, "us"))
    speak(rig, TRANSLATED, 30)
    for event in rig.of(Heard):
        standing.hear(event)
    next_rig.open(0)
    for command, _ in standing.replay(next_rig.tick_number):
        next_rig.obey(command)
    assert set(next_rig.tick()) == {TRANSLATED}


def test_behind_a_nat_that_keeps_ports_the_phones_own_is_believed_rather_than_one_who_was_there_before() -> None:
    rig = Rig()
    nat = "203.0.113.9"
    rig.add(1, remote=Address("192.168.1.7", 5004), public_host=nat)
    intruder, phone = Address(nat, 6666), Address(nat, 5004)
    speak(rig, intruder, 5)
    for n in range(5):
        rig.put(rtp(LOUD, n, ssrc=99), intruder)
        assert set(speak(rig, phone, 1)) == {phone}


# Six legs: of either version, where they state to be, behind a NAT, or perhaps behind one
LEGS = {
    number: (six, kind, Address(f"fd00::{number}" if six else f"10.0.0.{number}", 4000))
    for number, (six, kind) in enumerate(
        [(six, kind) for six in (False, True) for kind in ("there", "nat", "perhaps")], 1
    )
}
SEEN = {False: "192.168.1.10", True: "fd00::aaaa"}
HOSTS = st.sampled_from([*(stated.host for _, _, stated in LEGS.values()), *SEEN.values(), "203.0.113.5", "fd00::bad"])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(HOSTS, st.sampled_from([0, 1, 4000, 4001, 61000]), st.integers(1, 7), st.integers(0, 12))))
def test_whoever_sends_what_from_where_a_leg_is_sent_to_where_its_signalling_has_named_a_host(
    course: list[tuple[str, int, int, int]],
) -> None:
    """Each leg has a socket of its own but those that can't be mistaken for each other; packets go to any socket."""
    rig = Rig()
    for number, (six, kind, stated) in LEGS.items():
        rig.open(number, ipv6=six)
        named = {"nat": {"public_host": SEEN[six]}, "perhaps": {"other_host": SEEN[six]}}.get(kind, {})
        rig.add(number, socket=number, remote=stated, **named)
    for host, port, packets, pause in course:
        for number, (six, _, _) in LEGS.items():
            for _ in range(packets if (":" in host) == six else 0):
                rig.put(rtp(LOUD, rig.sequence), Address(host, port), socket=number)
        rig.ticks(1 + pause)
        sent = dict(where(rig))
        for number, (six, kind, stated) in LEGS.items():
            to = sent[number]
            seen = to.host == SEEN[six] and kind != "there"
            assert to == stated if kind == "there" else seen or (kind == "perhaps" and to == stated)


def where(rig: Rig) -> list[tuple[int, Address]]:
    """Of each socket, where its sound goes at the next tick."""
    rig.tick()
    sockets = {pair[0]: socket for socket, pair in rig.descriptors.items()}
    return [(sockets[fd], to) for fd, _, to in rig.wires.sent if fd in sockets]


# Nobody is sent what somebody else ordered for them


def test_an_address_that_only_a_third_party_has_named_is_sent_ten_seconds_of_sound() -> None:
    rig = Rig()
    victim = rig.add(1, unproven=True)
    two = rig.add(2)
    assert set(rig.ticks(TEN_SECONDS - 1)) == {victim, two}
    assert set(rig.ticks(20)) == {two}
    assert set(rig.ticks(3 * TEN_SECONDS)) == {two}
    assert set(speak(rig, victim, 20)) == {victim, two}, "whoever sends something, wants something"
    assert set(rig.ticks(2 * TEN_SECONDS)) == {victim, two}, "and may be silent then"


@pytest.mark.parametrize("receiving", [True, False], ids=["that also speaks", "that only listens"])
def test_reports_of_a_phone_prove_that_it_listens(receiving: bool) -> None:
    rig = Rig()
    phone = rig.add(1, unproven=True, receiving=receiving)
    rig.ticks(100)
    block = ReceptionReport(5001, 0, 0, 0, 0, 0, 0)
    rig.put_rtcp(build([ReceiverReport(1, (block,))]), Address(phone.host, 4001))
    assert set(rig.ticks(2 * TEN_SECONDS)) == {phone}


def test_a_stranger_proves_nothing_for_another() -> None:
    rig = Rig()
    rig.add(1, unproven=True)
    for _ in range(TEN_SECONDS + 20):
        rig.put(rtp(LOUD, rig.sequence), Address("198.51.100.66", 4000))
        block = ReceptionReport(5001, 0, 0, 0, 0, 0, 0)
        rig.put_rtcp(build([ReceiverReport(1, (block,))]), Address("198.51.100.66", 4001))
        sent = rig.tick()
    assert not sent


def test_whoever_names_a_third_address_in_the_midst_of_a_call_has_it_proven_too() -> None:
    rig = Rig()
    one = rig.add(1)
    speak(rig, one, 5)
    elsewhere = Address("10.0.0.77", 4000)
    rig.obey(ChangeMedia(1, Media(elsewhere, Codec.PCMU, 0, 101, unproven=True)))
    assert set(rig.ticks(TEN_SECONDS - 1)) == {elsewhere}
    assert not rig.ticks(20)
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101)))
    assert set(rig.tick()) == {one}


# On hold


def empties(rig: Rig, ticks: int) -> list[Address]:
    """Where empty datagrams of the RTP socket go."""
    found = []
    for _ in range(ticks):
        rig.tick()
        found += [to for fd, octets, to in rig.wires.sent if fd == rig.descriptors[0][0] and not octets]
    return found


def test_on_hold_a_phone_is_sent_an_empty_datagram_every_15_seconds_and_otherwise_never() -> None:
    rig = Rig()
    held, talks = rig.add(1, sending=False, receiving=False), rig.add(2)
    assert empties(rig, 3 * 10 * TURNS) == [held] * 3
    assert talks not in empties(rig, 10 * TURNS)
    rig.obey(ChangeMedia(1, Media(held, Codec.PCMU, 0, 101)))
    assert empties(rig, 10 * TURNS) == []


def test_a_phone_behind_a_nat_is_kept_in_touch_where_it_was_heard() -> None:
    rig = Rig()
    rig.add(1, remote=Address("192.168.1.7", 5004), public_host="203.0.113.9")
    source = Address("203.0.113.9", 61000)
    speak(rig, source, 3)
    held = Media(Address("192.168.1.7", 5004), Codec.PCMU, 0, 101, sending=False, public_host="203.0.113.9")
    rig.obey(ChangeMedia(1, held))
    assert empties(rig, 10 * TURNS) == [source]
    rig.obey(RemoveLeg(1))
    rig.add(2)
    assert empties(rig, 10 * TURNS) == []
