"""Which trunk a call takes, when it has to wait, and what is told of each."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.addressing import Unreachable
from mixer.settings import TrunkRoute
from mixer.trunks import BETWEEN_CALLS, FIRST_SECONDS, RESOLVED_SECONDS, RETRY_SECONDS, Trunks
from sip.effects import Peer, Trunk, TrunkAlive
from sip.targets import Unresolved
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from sip.uri import Uri

FIRST = TrunkRoute("first", "sip:first.example", "u", "p", register=True)
SECOND = TrunkRoute("second", "sip:second.example")


WHY: dict[Peer, str] = {}
"""Nobody has tried to connect."""


class Names:
    def __init__(self, *lost: str) -> None:
        self.lost = set(lost)

    async def __call__(self, uri: Uri) -> tuple[Peer, ...]:
        if uri.host in self.lost:
            raise Unresolved(f"the name {uri.host} has no address")
        return (Peer("udp", "192.0.2.1", 5060),)


def trunks(*routes: TrunkRoute, names: Names | None = None) -> Trunks:
    return Trunks(routes, names or Names(), lambda *_: None, asyncio.get_running_loop().time, WHY.get)


def limited(most: int, name: str = "line") -> TrunkRoute:
    return TrunkRoute(name, f"sip:{name}.example", max_calls=most)


async def taken(those: Trunks, *tried: str) -> str:
    return (await those.take(tried)).name


@in_virtual_time
async def test_another_number_of_lines_and_other_prefixes_count_from_the_next_call_on() -> None:
    those = trunks(limited(1))
    assert await taken(those) == "line"
    second, third = (asyncio.create_task(taken(those)) for _ in range(2))
    await asyncio.sleep(1)
    assert not second.done()
    those.change((replace(limited(2), rewrite=(("+44", "0"),)),))
    assert await second == "line"
    assert those.caller("line", "02079460000") == "+442079460000"
    those.change((limited(1),))
    those.leave("line")
    await asyncio.sleep(1)
    assert not third.done(), "one has the only line yet"
    those.leave("line")
    assert await third == "line"


@in_virtual_time
async def test_a_trunk_that_is_not_registered_or_does_not_answer_is_taken_last() -> None:
    those = trunks(FIRST, SECOND)
    assert await taken(those) == "second", "the first has not registered yet"
    those.told(Trunk("first", True, "200 OK"))
    assert await taken(those) == "first"
    those.told(TrunkAlive("first", False, "no answer"))
    assert await taken(those) == "second"
    those.told(TrunkAlive("second", False, "no answer"))
    assert await taken(those) == "first", "none looks well, so their order counts"


@in_virtual_time
async def test_each_is_tried_once() -> None:
    those = trunks(FIRST, SECOND)
    assert await taken(those, "second") == "first"
    assert not those.others({"first", "second"})
    with pytest.raises(Unreachable, match="no trunk for this number"):
        await those.take({"first", "second"})
    with pytest.raises(Unreachable, match="no trunk for this number"):
        await trunks().take(())


@in_virtual_time
async def test_no_more_calls_than_allowed_go_through_and_the_rest_wait_their_turn_in_order() -> None:
    those, order = trunks(limited(2)), []

    async def call(number: int) -> None:
        await those.take(())
        order.append(number)

    calls = [asyncio.create_task(call(number)) for number in range(5)]
    await asyncio.sleep(1)
    assert order == [0, 1]
    (status,) = those.status(lambda at: at)
    assert (status["calls"], status["max_calls"], status["waiting"]) == (2, 2, 3)
    calls[2].cancel()
    those.leave("line")
    await asyncio.sleep(1)
    assert order == [0, 1, 3]
    those.leave("line")
    those.leave("line")
    await asyncio.sleep(1)
    assert order == [0, 1, 3, 4]
    those.leave("line")
    assert [status["calls"] for status in those.status(lambda at: at)] == [0]


@in_virtual_time
async def test_who_hangs_up_the_moment_their_turn_comes_gives_it_to_the_next() -> None:
    those = trunks(limited(1))
    await those.take(())
    second, third = asyncio.create_task(those.take(())), asyncio.create_task(those.take(()))
    await asyncio.sleep(1)
    those.leave("line")
    second.cancel()
    await asyncio.sleep(1)
    assert (await third).name == "line"
    assert second.cancelled()


@in_virtual_time
async def test_calls_that_come_in_count_and_are_never_too_many() -> None:
    those = trunks(limited(1))
    those.enter("line")
    those.enter("line")
    those.enter(None)
    waiting = asyncio.create_task(those.take(()))
    await asyncio.sleep(1)
    those.leave("line")
    await asyncio.sleep(1)
    assert not waiting.done()
    those.leave("line")
    await asyncio.sleep(1)
    assert waiting.done()


@in_virtual_time
async def test_a_full_trunk_gives_way_to_one_that_has_room() -> None:
    those = trunks(limited(1, "a"), limited(1, "b"))
    assert [await taken(those), await taken(those)] == ["a", "b"]
    waiting = asyncio.create_task(taken(those))
    await asyncio.sleep(1)
    those.leave("b")
    assert await waiting == "b"


@in_virtual_time
async def test_calls_through_one_trunk_are_a_moment_apart() -> None:
    those, clock = trunks(SECOND), asyncio.get_running_loop().time
    times: list[float] = []

    async def call() -> None:
        await those.take(())
        times.append(clock())

    await asyncio.gather(*(call() for _ in range(20)))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= BETWEEN_CALLS - 1e-9
    assert times[-1] - times[0] < 2


@in_virtual_time
async def test_what_changes_is_logged_once_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    those = trunks(FIRST)
    for effect in (
        Trunk("first", False, "403 Forbidden"),
        Trunk("first", False, "403 Forbidden"),
        Trunk("first", True, "200 OK"),
        TrunkAlive("first", False, "no answer"),
    ):
        those.told(effect)
    assert [record.getMessage() for record in caplog.records] == [
        "trunk first: not registered (403 Forbidden)",
        "trunk first: registered (200 OK)",
        "trunk first: does not answer (no answer)",
    ]


@in_virtual_time
async def test_of_a_silent_trunk_the_reason_is_told_that_the_transport_knows() -> None:
    untrusted, clock = "its certificate is not trusted: self-signed certificate", asyncio.get_running_loop().time
    those = Trunks((SECOND,), Names(), lambda *_: None, clock, lambda _: untrusted)
    work = asyncio.create_task(those.run())
    await asyncio.sleep(1)
    those.told(TrunkAlive("second", False, "cannot be reached"))
    assert [status["detail"] for status in those.status(lambda at: at)] == [untrusted]
    those.told(TrunkAlive("second", True, "200 OK"))
    assert [status["detail"] for status in those.status(lambda at: at)] == ["200 OK"]
    work.cancel()


@in_virtual_time
async def test_a_name_is_looked_up_again_soon_while_it_has_no_address_and_told_each_time_it_has() -> None:
    found: list[tuple[float, str]] = []
    clock, names = asyncio.get_running_loop().time, Names("second.example")
    those = Trunks((SECOND,), names, lambda name, _: found.append((clock() - began, name)), clock, WHY.get)
    began = clock()
    work = asyncio.create_task(those.run())
    await asyncio.sleep(RETRY_SECONDS - 1)
    (status,) = those.status(lambda at: at)
    assert (status["found"], status["detail"]) == (False, "the name second.example has no address")
    names.lost.clear()
    await asyncio.sleep(RESOLVED_SECONDS + RETRY_SECONDS)
    assert found == [(RETRY_SECONDS, "second"), (RETRY_SECONDS + RESOLVED_SECONDS, "second")]
    (status,) = those.status(lambda at: at)
    assert status["found"]
    work.cancel()


@in_virtual_time
async def test_the_next_attempt_of_a_registration_is_told_on_the_wall_clock() -> None:
    those = trunks(FIRST)
    those.told(Trunk("first", False, "403 Forbidden", next_try=1500.0))
    (status,) = those.status(lambda at: at + 1_000_000)
    assert (status["registered"], status["next_try"]) == (False, 1_001_500.0)


@in_virtual_time
async def test_a_trunks_password_is_for_its_own_realm_and_domain() -> None:
    named = TrunkRoute("named", "sip:sip.provider.example:5070", "u", "p", register=True)
    numbered = TrunkRoute("numbered", "sip:192.0.2.1", "u", "p", register=True)
    those = trunks(named, numbered, SECOND)
    assert those.realms("named") == ("sip.provider.example", "provider.example")
    those.told(Trunk("named", True, "200 OK", realm="Asterisk"))
    assert those.realms("named") == ("asterisk", "sip.provider.example", "provider.example")
    assert those.realms("numbered") == ("192.0.2.1",)
    assert those.realms("second") == (), "nothing is known of it: whoever asks first"


@in_virtual_time
async def test_whoever_waits_goes_through_a_trunk_that_lives_again() -> None:
    those = trunks(limited(1, "a"), limited(1, "b"))
    those.told(TrunkAlive("b", False, "no answer"))
    assert await taken(those) == "a"
    waits = asyncio.create_task(taken(those))
    await asyncio.sleep(1)
    assert not waits.done()
    those.told(TrunkAlive("b", True, "200 OK"))
    await asyncio.sleep(1)
    assert waits.done() and waits.result() == "b"


@in_virtual_time
async def test_whoever_waits_goes_through_a_trunk_whose_name_is_found_again() -> None:
    names = Names("b.example")
    those = trunks(limited(1, "a"), limited(1, "b"), names=names)
    runs = asyncio.create_task(those.run())
    await asyncio.sleep(1)
    assert await taken(those) == "a"
    waits = asyncio.create_task(taken(those))
    names.lost.clear()
    await asyncio.sleep(RETRY_SECONDS)
    assert waits.done() and waits.result() == "b"
    runs.cancel()


@in_virtual_time
async def test_as_the_mixer_begins_a_call_waits_for_the_first_registration() -> None:
    those = trunks(FIRST)
    runs = asyncio.create_task(those.run())
    await asyncio.sleep(0.1)
    waits = asyncio.create_task(taken(those))
    await asyncio.sleep(0.2)
    assert not waits.done()
    those.told(Trunk("first", True, "200 OK"))
    await asyncio.sleep(0.1)
    assert waits.done() and waits.result() == "first"
    runs.cancel()


@pytest.mark.parametrize("why", ["refused", "silent", "lost"])
def test_but_not_for_long_for_one_that_can_not_be_registered_at(why: str) -> None:
    @in_virtual_time
    async def play() -> None:
        those = trunks(FIRST, names=Names(*(["first.example"] if why == "lost" else [])))
        runs = asyncio.create_task(those.run())
        waits = asyncio.create_task(taken(those))
        await asyncio.sleep(0.1)
        if why == "refused":
            those.told(Trunk("first", False, "403 Forbidden"))
        await asyncio.sleep(FIRST_SECONDS if why == "silent" else 0.1)
        assert waits.done() and waits.result() == "first"
        runs.cancel()

    play()


@in_virtual_time
async def test_nor_where_another_trunk_is_there() -> None:
    those = trunks(FIRST, SECOND)
    runs = asyncio.create_task(those.run())
    await asyncio.sleep(0)
    assert await taken(those) == "second"
    runs.cancel()


STEPS = st.lists(
    st.tuples(st.sampled_from(["call", "hang up", "give up", "comes in", "dies", "lives"]), st.integers(0, 9)),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 3), st.integers(1, 3))
def test_whatever_happens_no_trunk_has_more_calls_than_it_may_and_nobody_waits_beside_room(
    steps: list[tuple[str, int]], first: int, second: int
) -> None:
    @in_virtual_time
    async def play() -> None:
        those = trunks(limited(first, "a"), limited(second, "b"))
        calls: list[asyncio.Task[TrunkRoute]] = []
        incoming: Counter[str] = Counter()
        for what, which in steps:
            name = "ab"[which % 2]
            settled = [call for call in calls if call.done()]
            waiting = [call for call in calls if not call.done()]
            match what:
                case "call":
                    calls.append(asyncio.create_task(those.take({name} if which > 7 else ())))
                case "hang up" if settled:
                    those.leave(settled[which % len(settled)].result().name)
                    calls.remove(settled[which % len(settled)])
                case "give up" if waiting:
                    waiting[which % len(waiting)].cancel()
                    calls.remove(waiting[which % len(waiting)])
                case "comes in":
                    those.enter(name)
                    incoming[name] += 1
                case "dies" | "lives":
                    those.told(TrunkAlive(name, what == "lives", "x"))
            await asyncio.sleep(2)
            found = {str(status["name"]): status for status in those.status(lambda at: at)}
            for name, most in (("a", first), ("b", second)):
                ours = sum(call.done() and call.result().name == name for call in calls)
                assert found[name]["calls"] == ours + incoming[name]
                assert ours <= most
            if any(not call.done() for call in calls):
                assert any(found[name]["calls"] >= found[name]["max_calls"] for name in "ab")
        for call in calls:
            call.cancel()

    play()
