"""What has gone over the wire lately, as the control socket tells it: ``traces`` and ``trace``."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from mixer.control import ControlError
from sip.errors import RemoteError
from sip.masking import without_codes
from sip.parser import parse
from sip.trace import method_of, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mixer.control import Answers, Json, Request
    from sip.message import Request as SipRequest
    from sip.message import Response
    from sip.trace import Dialog, Message, Trace

_MOST: Final = 200
"""Of the latest, in a list."""


class Tracing:
    def __init__(self, trace: Trace | None, codes: Callable[[], frozenset[str]]) -> None:
        """``codes`` of conferences, which nobody is shown: whoever knows one comes in."""
        self._trace = trace
        self._codes = codes
        self.answers: Answers = {"traces": self._list, "trace": self._show}

    def _list(self, _: Request) -> Mapping[str, Json]:
        codes = self._codes()
        return {"traces": [_facts(each, codes) for each in self._latest_first()[:_MOST]]}

    async def _show(self, request: Request) -> Mapping[str, Json]:
        """The latest that fits any of ``which``: a part of a Call-ID, of a number or name in From or To, or of an
        address.  Calls go on between two messages, which may be long."""
        codes, which = self._codes(), [text.casefold() for text in request.texts("which")]
        fitting = [each for each in self._latest_first() if _fits(each, which)]
        if not fitting:
            named = next(iter(request.texts("which")), "")
            raise ControlError("nothing that has gone over the wire lately fits “{which}”", which=named)
        dialog, messages = fitting[0], []
        for each in dialog.messages():
            messages.append(_message(each, codes))
            await asyncio.sleep(0)
        return {
            "trace": {
                **_facts(dialog, codes),
                "left_out": dialog.left_out,
                "left_out_after": len(dialog.first),
                "messages": messages,
            },
            "others": len(fitting) - 1,
        }

    def _latest_first(self) -> list[Dialog]:
        if self._trace is None:
            raise ControlError("nothing is kept of what goes over the wire: sip.trace is 0")
        return sorted(self._trace.dialogs(), key=lambda each: each.messages()[-1].at, reverse=True)


def _facts(dialog: Dialog, codes: frozenset[str]) -> dict[str, Json]:
    messages = dialog.messages()
    first = messages[0]
    head = _parsed(first)
    return {
        "call_id": dialog.call_id,
        "method": dialog.method,
        "sent": first.sent,
        "began": first.at,
        "ended": messages[-1].at,
        "from": _who(head, "From", codes),
        "to": _who(head, "To", codes),
        "peer": str(first.peer),
        "result": _result(dialog),
        "count": len(messages) + dialog.left_out,
    }


def _message(message: Message, codes: frozenset[str]) -> dict[str, Json]:
    return {
        "at": message.at,
        "sent": message.sent,
        "peer": str(message.peer),
        "text": readable(message.data, codes),
    }


def _fits(dialog: Dialog, which: list[str]) -> bool:
    marks = [mark.casefold() for mark in _marks(dialog)]
    return any(text in mark for text in which for mark in marks)


def _marks(dialog: Dialog) -> Iterator[str]:
    """What a dialog is found by; read without parsing, since thousands are looked at while calls wait."""
    first = dialog.messages()[0]
    yield dialog.call_id
    yield str(first.peer)
    for party in _PARTIES.findall(first.data[:_HEAD]):
        yield party.decode(errors="replace")


def _who(message: SipRequest | Response | None, header: str, codes: frozenset[str]) -> str:
    """``Anna Petrova <101>``; empty where it can't be read."""
    if message is None:
        return ""
    party = message.from_ if header == "From" else message.to
    user = party.uri.user or party.uri.host
    scheme = f"{party.uri.scheme}:"
    shown = without_codes(f"{scheme}{user}", codes).removeprefix(scheme)
    return f"{without_codes(party.display, codes)} <{shown}>" if party.display else shown


def _result(dialog: Dialog) -> str | None:
    """The status line of the answer to what began it, the first that says yes; None: there is none yet."""
    finals = [
        (int(answer[1]), answer[2])
        for each in dialog.messages()
        if (answer := _FINAL.match(each.data[:_HEAD])) and method_of(each.data[:_HEAD]) == dialog.method
    ]
    last = next((final for final in finals if final[0] < 300), finals[-1] if finals else None)
    return None if last is None else f"{last[0]} {last[1].decode(errors='replace')}".rstrip()


def _parsed(message: Message) -> SipRequest | Response | None:
    try:
        return parse(message.data)
    except RemoteError:
        return None


_HEAD: Final = 4096
"""Octets that are looked at."""
_PARTIES: Final = re.compile(rb"\n(?:from|f|to|t)[ \t]*:[ \t]*([^\r\n;]*)", re.IGNORECASE)
_FINAL: Final = re.compile(rb"SIP/2\.0 ([2-6][0-9]{2}) ?([^\r\n]*)")
