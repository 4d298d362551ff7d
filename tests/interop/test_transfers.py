"""What phones ask of the conference that they are in, as sipp does it: its roster, calls to others, another's seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.calls.company import password
from tests.interop.phone_flows import companion
from tests.phones.baresip_python_phone import BaresipPythonPhone
from tests.phones.phone import State
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from tests.interop.house import House
    from tests.phones.sipp_phone import SippPhone

SCENARIOS = ("follows-the-roster", "refers-to-anybody", "refers-as-the-owner", "takes-a-seat", "talk-when-called")


def test_a_phone_follows_who_comes_and_unsubscribes(house: House) -> None:
    code = house.conference()
    with house.stranger() as phone:
        phone.dial(house.uri(code), "follows-the-roster")
        until(
            lambda: any((m.method, m.status) == ("SUBSCRIBE", 200) for m in phone.messages),
            PATIENCE,
            "it has subscribed",
        )
        with companion(house, code):
            phone.finish()


def test_a_guest_has_nobody_called_and_nobody_dropped_and_talks_on(house: House) -> None:
    code = house.conference()
    with house.stranger() as phone:
        phone.dial(house.uri(code), "refers-to-anybody")
        phone.finish()
    assert not [record for record in house.mixer.journal(code) if record.kind == "calling" and record.person != "101"]


def test_the_owner_has_somebody_called_into_the_conference_and_drops_them_again(house: House) -> None:
    with house.called("refers-as-the-owner") as owner, house.called("talk-when-called") as friend:
        friend.listen()
        owner.listen(friend=friend.number)
        code = f"69{owner.number}"
        house.mixer.plan_by_hand(code, owner.number)
        house.mixer.wait_for(code, "joined", friend.number)
        owner.finish()
        friend.finish()
        assert house.mixer.wait_for(code, "left", friend.number).detail == "kicked"


def test_a_call_with_replaces_takes_the_seat_of_the_one_that_it_names(house: House) -> None:
    code = house.conference()
    with house.stranger() as old, house.stranger() as new:
        old.dial(house.uri(code), "talk")
        leg = house.mixer.wait_for(code, "joined").leg
        new.dial(house.uri("500"), "takes-a-seat", replaced=_dialog(old))
        assert house.mixer.wait_for(code, "transferred").leg == leg
        old.wait_for(State.OVER)
        new.finish()
        assert house.mixer.wait_for(code, "left").leg == leg
    assert house.joined(code) == 1


def test_baresip_transfers_its_seat_and_is_hung_up(house: House) -> None:
    number = house.account()
    with house.company.baresip(number) as phone, house.called("talk-when-called") as friend:
        code = house.conference_with(number)
        leg = house.mixer.wait_for(code, "joined", number).leg
        friend.listen()
        phone.transfer(house.uri(friend.number))
        moved = house.mixer.wait_for(code, "transferred", number)
        assert (moved.leg, moved.detail) == (leg, friend.number)
        phone.wait_for(State.OVER)
    assert house.joined(code) == 1 and house.left(code) == 0


def test_baresip_asks_another_one_and_then_hands_its_seat_over(house: House) -> None:
    """Both calls of the phone that goes are over, and the one that comes has the seat."""
    phones, number, other = house.company.phones, house.account(), house.number()
    server = "{}:{}".format(*house.company.server)
    with (
        BaresipPythonPhone(phones, number, registrar=server, password=password(number)) as phone,
        BaresipPythonPhone(phones, other) as friend,
    ):
        house.company.add_fixed(other, friend.uri)
        code = house.conference_with(number)
        leg = house.mixer.wait_for(code, "joined", number).leg
        phone.hand_over(friend.uri)
        moved = house.mixer.wait_for(code, "transferred", number)
        assert (moved.leg, moved.detail) == (leg, other)
        phone.wait_for(State.OVER)
        friend.hang_up()
        assert house.mixer.wait_for(code, "left", number).leg == leg
    assert house.joined(code) == 1


def _dialog(phone: SippPhone) -> str:
    """As somebody else names it to us, who have answered it."""
    ok = next(message for message in phone.messages if message.status == 200 and message.method == "INVITE")
    ours, theirs = (ok.header(name).partition("tag=")[2] for name in ("To", "From"))
    return f"{ok.header('Call-ID')};to-tag={ours};from-tag={theirs}"
