"""RTCP of the whole bridge: what is reported, and what reports of others may change."""

from __future__ import annotations

import numpy as np
import pytest

from media.rtcp import (
    Bye,
    ReceiverReport,
    ReceptionReport,
    SenderReport,
    SourceDescription,
    build,
    middle,
    ntp_time,
    parse,
)
from mixer.bridge.protocol import (
    Address,
    Quit,
    RemoveLeg,
    Unheard,
)
from tests.mixer.bridge_rig import Rig, level

PROMPT = np.concatenate([level(1000), level(2000), level(3000)])
MUSIC = np.concatenate([level(500), level(700)])


def reports(rig: Rig, to: Address) -> list[tuple[object, ...]]:
    return [parse(octets) for octets, where in rig.rtcp if where == to]


def test_reports_go_out_about_every_five_seconds_with_what_was_heard():
    rig = Rig()
    one = rig.add(1, rtcp=Address("10.0.0.1", 4001))
    rig.add(2)
    for n in range(3000):
        if n % 10 == 3:
            rig.sequence += 1
        rig.tick({one: level(1000)})
    sent = reports(rig, Address("10.0.0.1", 4001))
    assert 8 <= len(sent) <= 16
    report, description = sent[-1]
    assert isinstance(report, SenderReport) and isinstance(description, SourceDescription)
    assert report.ssrc == description.ssrc == 5001 and description.cname == "us"
    assert report.packets == pytest.approx(3000, abs=400) and report.octets == report.packets * 160
    (block,) = report.reports
    assert block.ssrc == 7 and block.fraction_lost == pytest.approx(256 / 11, abs=3)
    assert all(len(more.reports) == 0 for more, _ in reports(rig, Address("10.0.0.2", 4001)))


def test_a_report_of_a_phone_that_is_too_old_to_be_told_is_told_no_more():
    """The delay since the last sender report has 32 bits of 1/65536 s: 18 hours."""
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    rig.put_rtcp(build([SenderReport(7, 0x1234_5678_0000, 0, 0, 0)]), Address(one.host, 4001))
    rig.ticks(500, {one: level(1000)})
    assert reports(rig, Address(one.host, 4001))[-1][0].reports[0].last_sender_report == 0x1234_5678
    rig.tick_number += 65_536 * 50
    rig.ticks(500, {one: level(1000)})
    block = reports(rig, Address(one.host, 4001))[-1][0].reports[0]
    assert (block.last_sender_report, block.delay) == (0, 0)


def test_a_leg_that_is_removed_hears_bye_and_so_do_all_in_the_end():
    rig = Rig()
    rig.add(1)
    rig.add(2)
    rig.obey(RemoveLeg(1))
    rig.obey(Quit())
    byes = [(to.host, packets[-1]) for octets, to in _rtcp_sent(rig) if isinstance((packets := parse(octets))[-1], Bye)]
    assert byes == [("10.0.0.1", Bye((5001,))), ("10.0.0.2", Bye((5002,)))]
    assert rig.bridge.over


def _rtcp_sent(rig: Rig) -> list[tuple[bytes, Address]]:
    return [(octets, to) for fd, octets, to in rig.wires.sent if fd == rig.descriptors[0][1]]


def test_reports_of_a_phone_prove_it_alive_and_change_nothing_else():
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    for _ in range(6):
        rig.put_rtcp(build([ReceiverReport(7, (ReceptionReport(5001, 0, 0, 0, 0, 0, 0),))]), Address(one.host, 9999))
        sent = rig.ticks(250)
    assert not rig.of(Unheard) and set(sent) == {one}
    rig.put_rtcp(build([ReceiverReport(7), Bye((7,))]), one)
    assert set(rig.ticks(10)) == {one}


def test_reports_from_other_hosts_or_about_others_prove_nothing():
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    for _ in range(6):
        rig.put_rtcp(build([ReceiverReport(7)]), Address("198.51.100.66", 4001))
        rig.put_rtcp(build([ReceiverReport(1234)]), one)
        rig.ticks(100)
    assert rig.of(Unheard) == [Unheard(1, 10)]


def test_what_a_phone_reports_of_our_sound_is_in_the_statistics():
    rig = Rig()
    one = rig.add(1)
    rig.add(2)
    rig.tick({one: level(1000)})
    now = middle(ntp_time(0))  # the rig's clock stands still
    block = ReceptionReport(5001, 64, 0, 0, 80, now - 65536 // 2 - 65536 // 10, 65536 // 2)
    rig.put_rtcp(build([ReceiverReport(7, (block,))]), Address(one.host, 4001))
    rig.ticks(5)
    first, second = rig.statistics().legs
    assert (first.far_lost, first.far_jitter) == (0.25, 0.01)
    assert first.round_trip == pytest.approx(0.1, abs=0.001)
    assert (second.far_lost, second.far_jitter, second.round_trip) == (None, None, None)


def test_a_phone_that_never_heard_a_report_of_ours_has_no_round_trip():
    rig = Rig()
    one = rig.add(1)
    rig.tick({one: level(1000)})
    for last in (0, middle(ntp_time(0)) - 40 * 65536):
        rig.put_rtcp(build([ReceiverReport(7, (ReceptionReport(5001, 0, 0, 0, 0, last, 0),))]), Address(one.host, 4001))
        rig.ticks(5)
        (leg,) = rig.statistics().legs
        assert (leg.far_lost, leg.round_trip) == (0.0, None)
