"""Sound between phones and ports: which of ours, when it begins, and where none goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import AddLeg, Address, ChangeMedia, OpenSocket
from mixer.party import Gone, Settled
from sip.effects import Peer
from tests.mixer.desk import Desk, NoPorts, sdp, theirs
from tests.mixer.virtual_time import in_virtual_time
from tests.sip import script

if TYPE_CHECKING:
    from pathlib import Path


@in_virtual_time
async def test_before_the_ack_nothing_is_sent_for_an_invite_may_bear_anybodys_address(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        (added,) = desk.bridge.of(AddLeg)
        assert isinstance(added, AddLeg)
        assert not added.media.sending
        assert added.media.receiving, "what comes proves more than the ACK"
        desk.acknowledge()
        (changed,) = desk.bridge.of(ChangeMedia)
        assert isinstance(changed, ChangeMedia)
        assert changed.media.sending
        assert desk.party.heard == [Settled(desk.arrived[0].leg)]
        assert not desk.switchboard.on_hold(desk.arrived[0].leg)


@in_virtual_time
async def test_what_a_phone_changes_before_its_ack_is_not_changed_back_by_it(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp()))
        leg = desk.arrived[0].leg
        desk.switchboard.answer(leg, desk.party)
        tag = desk.last("200 INVITE").to.tag
        said = desk.say(script.request("UPDATE", 2, to_tag=tag, body=sdp(direction="sendonly")))
        desk.acknowledge()
        assert said == ["200 UPDATE"]
        assert desk.switchboard.on_hold(leg)


@in_virtual_time
async def test_a_phone_that_calls_on_hold_is_still_on_hold_after_its_ack(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.settle(sdp(direction="sendonly"))
        assert desk.switchboard.on_hold(desk.arrived[0].leg)


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "127.0.0.77"])
@in_virtual_time
async def test_sound_that_would_come_back_to_us_as_another_calls_is_refused(tmp_path: Path, host: str) -> None:
    """10.0.0.1 is what we are called here, also when a phone asks from there."""
    with Desk(tmp_path) as desk:
        desk.settle()
        (added,) = desk.bridge.of(AddLeg)
        assert isinstance(added, AddLeg)
        opened = next(pair for pair in desk.pool._pairs.values())
        for port in (opened.port, opened.port + 1, 5060):
            source = Peer("udp", "127.0.0.1" if host.startswith("127.") else "10.0.0.9", 5070)
            desk.say(script.invite(body=sdp(host=host, port=port), call_id=f"{port}"), source)
            desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
            assert desk.words()[-1] == "488 INVITE"
        assert len(desk.bridge.of(AddLeg)) == 1


@in_virtual_time
async def test_the_same_port_of_another_machine_is_a_phones(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.settle()
        port = next(pair.port for pair in desk.pool._pairs.values())
        desk.say(script.invite(body=sdp(host="10.0.0.8", port=port), call_id="other"), Peer("udp", "10.0.0.8", 5060))
        desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
        assert desk.words()[-1] == "200 INVITE"


@in_virtual_time
async def test_without_a_port_a_caller_is_told_when_to_try_again(tmp_path: Path) -> None:
    with Desk(tmp_path, ports=NoPorts()) as desk:
        desk.say(script.invite(body=sdp()))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.last("503 INVITE").headers.get("Retry-After") == "30"


@in_virtual_time
async def test_a_mixer_on_ipv4_refuses_sound_on_ipv6_and_a_call_keeps_its_version(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(script.invite(body=sdp(host="fd00::9", family="IP6")))
        desk.switchboard.answer(desk.arrived[0].leg, desk.party)
        assert desk.last("488 INVITE").reason == "Sound goes over IPv4 only"
        sent = await desk.dial()
        desk.say(script.answer(sent, 200, body=sdp()))
        desk.say(theirs("INVITE", sent, 2, sdp(host="fd00::9", family="IP6")))
        assert desk.words()[-1] == "488 INVITE"
        assert not isinstance(desk.party.heard[-1], Gone)


class BothVersions(Desk):
    """Its own addresses are 10.0.0.1 and fd00::1; its ports are those of the loopback."""

    def open_both(self) -> None:
        self.pool.close()
        self.pool._hosts = {False: "127.0.0.1", True: "::1"}
        paths = self.switchboard._paths
        paths._address_for = lambda peer: "fd00::1%3" if ":" in peer.host else "10.0.0.1"


@pytest.mark.parametrize(
    ("source", "stated", "here"),
    [
        ("fd00::9", "fd00::9", "IN IP6 fd00::1"),
        ("10.0.0.9", "10.0.0.9", "IN IP4 10.0.0.1"),
        ("10.0.0.9", "fd00::9", "IN IP6 fd00::1"),
        ("fd00::9", "10.0.0.9", "IN IP4 10.0.0.1"),
        ("10.0.0.9", "::ffff:10.0.0.9", "IN IP4 10.0.0.1"),
        ("fe80::9%3", "fe80::9", "IN IP6 fd00::1"),
    ],
)
@in_virtual_time
async def test_a_phone_is_answered_with_an_address_of_the_version_that_it_states(
    tmp_path: Path, source: str, stated: str, here: str
) -> None:
    with BothVersions(tmp_path) as desk:
        desk.open_both()
        desk.settle(sdp(host=stated, family="IP6" if ":" in stated else "IP4"), source=Peer("udp", source, 5060))
        answer = desk.last("200 INVITE").body.decode()
        assert f"\r\nc={here}\r\n" in answer
        (opened,) = desk.bridge.of(OpenSocket)
        (added,) = desk.bridge.of(AddLeg)
        assert isinstance(opened, OpenSocket)
        assert isinstance(added, AddLeg)
        assert opened.ipv6 == ("IP6" in here)
        assert added.media.remote == Address(source if "%" in source else stated.removeprefix("::ffff:"), 4000)


@in_virtual_time
async def test_a_phone_on_ipv6_that_offers_nothing_is_offered_sound_over_ipv6(tmp_path: Path) -> None:
    with BothVersions(tmp_path) as desk:
        desk.open_both()
        six = Peer("udp", "fd00::9", 5060)
        desk.say(script.invite(body=b""), six)
        desk.switchboard.answer(desk.arrived[-1].leg, desk.party)
        assert b"\r\nc=IN IP6 fd00::1\r\n" in desk.last("200 INVITE").body
        desk.acknowledge(sdp(host="fd00::9", family="IP6"), source=six)
        assert desk.party.heard == [Settled(desk.arrived[-1].leg)]
