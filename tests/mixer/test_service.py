"""The mixer put together: what goes on by itself, what it says of its trunks, what it finds at its start."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.prompts import Prompts
from mixer.control import ControlError, Request, ask
from mixer.journal import Journal
from mixer.registrations import KEEP_SECONDS
from mixer.service import Mixer
from mixer.settings import Listener, TrunkRoute
from mixer.trunks import RESOLVED_SECONDS, RETRY_SECONDS
from sip.effects import Bindings, Peer, Trunk
from sip.targets import Unresolved
from tests.mixer import example
from tests.mixer.desk import People
from tests.mixer.house import Book
from tests.mixer.rehearsal import PLAN
from tests.mixer.virtual_time import in_virtual_time
from tests.sip.link import Passwords

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.control import Json
    from sip.uri import Uri

LINE = TrunkRoute("line", "sip:line.example")
PROVIDER = TrunkRoute("provider", "sip:provider.example", "user", "secret", register=True)


def mixer(folder: Path, *trunks: TrunkRoute, book: Book | None = None, port: int = 0) -> Mixer:
    settings = replace(
        example.settings(folder),
        listeners=(Listener("udp", "127.0.0.1", port), Listener("tcp", "127.0.0.1", port)),
        media_ports=(43500, 43509),
        trunks=trunks,
    )
    return Mixer(
        settings,
        book=book or Book(),
        accounts=Passwords({}),
        directory=People(),
        language_of=lambda _: "en",
        journal=Journal(folder),
        prompts=Prompts("en"),
    )


def trunks(one: Mixer) -> dict[str, Json]:
    status = one._console.answers["status"](Request("status"))["status"]
    return {trunk["name"]: trunk["detail"] for trunk in status["trunks"]}


class Names:
    def __init__(self) -> None:
        self.down = True
        self.asked = 0

    async def __call__(self, uri: Uri) -> tuple[Peer, ...]:
        self.asked += 1
        if self.down:
            raise Unresolved(f"the name {uri.host} has no address")
        return (Peer("udp", "198.51.100.1", 5060),)


@in_virtual_time
async def test_a_burst_of_registrations_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = mixer(tmp_path)
    written: list[float] = []
    monkeypatch.setattr(one._keepsakes, "keep_bindings", lambda _: written.append(asyncio.get_running_loop().time()))
    for number in range(1000):
        one._signalled(Bindings(str(number), ()))
        await asyncio.sleep(KEEP_SECONDS / 2000)
    await asyncio.sleep(10)
    assert len(written) == 1
    one._signalled(Bindings("1", ()))
    await asyncio.sleep(10)
    assert len(written) == 2


@in_virtual_time
async def test_a_trunk_without_an_address_is_shown_and_asked_for_until_it_has_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, names = mixer(tmp_path, LINE, PROVIDER), Names()
    one._trunks._lookup = names
    assert trunks(one) == {"line": "", "provider": ""}
    work = asyncio.create_task(one.run())
    await asyncio.sleep(5 * RETRY_SECONDS)
    assert trunks(one) == {
        "line": "the name line.example has no address",
        "provider": "the name provider.example has no address",
    }
    assert caplog.text.count("provider.example has no address") == 1
    names.down = False
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(one._endpoint, "flush", lambda: None)
        await asyncio.sleep(1.5 * RETRY_SECONDS)
        asked = names.asked
        await asyncio.sleep(2 * RETRY_SECONDS)
    assert names.asked == asked
    one._signalled(Trunk("provider", registered=True, detail="200 OK"))
    assert trunks(one) == {"line": "", "provider": "200 OK"}
    names.down = True
    await asyncio.sleep(RESOLVED_SECONDS)
    assert trunks(one)["provider"] == "200 OK", "its registration stands"
    work.cancel()


@in_virtual_time
async def test_a_mistake_in_what_goes_on_by_itself_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = mixer(tmp_path, LINE)
    monkeypatch.setattr(one._trunks, "_lookup", Names())

    def mistaken() -> object:
        raise ZeroDivisionError

    book = Book()
    monkeypatch.setattr(book, "stamp", mistaken)
    monkeypatch.setattr(one._conductor.programme, "_book", book)
    with pytest.raises(ExceptionGroup) as raised:
        await one.run()
    assert raised.group_contains(ZeroDivisionError)


@pytest.mark.parametrize(
    ("bindings", "calls"),
    [
        ('{"at": 0, "bindings": [{"account": "101"}]}', '{"call": "a", "dialog": {"call_id": "x"}}\n'),
        ('{"at": 0, "bindings": [7]}', '{"call": "a", "dialog": null}\nnonsense'),
        ("nonsense", "\x00"),
    ],
)
async def test_whatever_the_former_mixer_left_the_next_one_starts_and_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bindings: str, calls: str
) -> None:
    """A real one, with its bridge and its sockets."""
    (tmp_path / "bindings.json").write_text(bindings)
    (tmp_path / "calls.jsonl").write_text(calls)
    one = mixer(tmp_path)
    await one.start()
    try:
        answer = await asyncio.to_thread(ask, tmp_path / "confctl.sock", "status")
    finally:
        await one.stop()
    status = answer["status"]
    assert isinstance(status, dict)
    assert status["registered"] == status["running"] == status["planned"] == []
    assert status["listening"][0].startswith("udp:127.0.0.1:")
    assert "phones must register again" in caplog.text
    assert status["listening"][1].startswith("tcp:127.0.0.1:")
    assert json.loads((tmp_path / "bindings.json").read_text())["bindings"] == []


@in_virtual_time
async def test_who_asks_for_a_check_is_told_of_every_phone_and_of_no_conference_that_there_is_not(
    tmp_path: Path,
) -> None:
    one = mixer(tmp_path, book=Book(PLAN))
    check = one._console.answers["check"]
    told = await check(Request("check", {"code": PLAN.code}))  # type: ignore[misc]  # it has to wait
    assert {phone["person"] for phone in told["phones"]} == {person.number for person in PLAN.people}
    with pytest.raises(ControlError, match="knows no conference 999999"):
        await check(Request("check", {"code": "999999"}))  # type: ignore[misc]  # as above
