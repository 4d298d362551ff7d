"""What a running mixer tells of what has gone over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

import pytest

from mixer.control import ControlError, Request
from mixer.tracing import Tracing
from sip.effects import Peer
from sip.trace import Message, Trace
from tests.sip.stations import Station, eventually, talking

if TYPE_CHECKING:
    from mixer.control import Json

PHONE = Peer("udp", "192.0.2.7", 5060)


def invite(call_id: str, to: str = "sip:102@192.0.2.7") -> bytes:
    return (
        f"INVITE {to} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: Example Ltd <sip:500@b>;tag=1\r\n"
        f"To: <{to}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def answer(call_id: str, status: str) -> bytes:
    return f"SIP/2.0 {status}\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\r\n".encode()


def called(*answers: str, call_id: str = "a1", to: str = "sip:102@192.0.2.7") -> list[Message]:
    return [
        Message(0.0, True, PHONE, invite(call_id, to)),
        *(Message(at, False, PHONE, answer(call_id, status)) for at, status in enumerate(answers, 1)),
    ]


def told(*messages: Message, which: str = "") -> dict[str, Json]:
    trace = Trace(100_000)
    for message in messages:
        trace.note(message)
    tracing = Tracing(trace, lambda: frozenset({"482913"}))
    do, args = ("trace", {"which": [which]}) if which else ("traces", {})
    return answered(tracing, Request(do, args))


def answered(tracing: Tracing, request: Request) -> dict[str, Json]:
    async def found() -> dict[str, Json]:
        answer = tracing.answers[request.do](request)
        return dict(await answer if isinstance(answer, Awaitable) else answer)

    return asyncio.run(found())


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ((), None),
        (("180 Ringing",), None),
        (("180 Ringing", "200 OK"), "200 OK"),
        (("401 Unauthorized", "200 OK", "488 Not Acceptable Here"), "200 OK"),
        (("401 Unauthorized", "486 Busy Here"), "486 Busy Here"),
    ],
)
def test_a_list_says_what_became_of_each(answers: tuple[str, ...], result: str | None) -> None:
    traces = cast("list[dict[str, Json]]", told(*called(*answers))["traces"])
    assert [(each["from"], each["to"], each["result"]) for each in traces] == [("Example Ltd <500>", "102", result)]


@pytest.mark.parametrize("which", ["a1", "A1", "102", "example", "192.0.2.7"])
def test_a_call_is_found_by_its_id_its_people_and_its_address(which: str) -> None:
    found = cast("dict[str, Json]", told(*called("200 OK"), which=which)["trace"])
    assert (found["call_id"], len(cast("list[Json]", found["messages"]))) == ("a1", 2)


def test_the_latest_that_fits_is_shown_and_the_others_are_counted() -> None:
    later = [Message(9.0, True, PHONE, invite("b2"))]
    shown = told(*called("200 OK"), *later, which="102")
    assert (cast("dict[str, Json]", shown["trace"])["call_id"], shown["others"]) == ("b2", 1)


def test_nobody_is_shown_a_code() -> None:
    dialled = called("200 OK", to="sip:482913@conf")
    assert "482913" not in repr(told(*dialled))
    assert "482913" not in repr(told(*dialled, which="a1"))
    for to in ("sip:48%329%313@conf", "sip:482-913@conf"):
        assert "913" not in repr(told(*called("200 OK", to=to)))
    displayed = Message(0.0, False, PHONE, invite("a2").replace(b"To: <", b'To: "482913" <'))
    assert "482913" not in repr(told(displayed))


def test_what_fits_nothing_and_a_trace_that_is_off_are_refused() -> None:
    with pytest.raises(ControlError, match="nothing that has gone over the wire lately fits “zed”"):
        told(*called(), which="zed")
    with pytest.raises(ControlError, match=r"sip\.trace is 0"):
        Tracing(None, frozenset).answers["traces"](Request("traces"))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_both_directions_of_every_transport_are_kept(transport: str) -> None:
    alice, bob = Station(transport=transport), Station(transport=transport)
    async with alice.endpoint, bob.endpoint:
        bob.endpoint.trace = trace = Trace(100_000)
        call, _ = await talking(alice, bob)
        alice.hang_up(call)
        (dialog,) = trace.dialogs()
        await eventually(lambda: b"BYE" in dialog.messages()[-1].data and dialog.messages()[-1].sent)
    said = [(each.sent, each.data.split(b"\r\n")[0].split(b" sip:")[0]) for each in dialog.messages()]
    assert said == [
        (False, b"INVITE"),
        (True, b"SIP/2.0 100 Trying"),
        (True, b"SIP/2.0 200 OK"),
        (False, b"ACK"),
        (False, b"BYE"),
        (True, b"SIP/2.0 200 OK"),
    ]
