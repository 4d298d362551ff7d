"""What has gone over the wire lately, by Call-ID: for whoever has to find out why a call failed.

Bounded in octets: of those that were heard of least recently nothing stays.  Calls, what is no call (REGISTER, OPTIONS
and the like) and what strangers send have a share each, so that a thousand phones that register, or a scanner, leave
the calls alone.

>>> from sip.effects import Peer
>>> trace = Trace(1 << 20)
>>> trace.note(Message(0.0, True, Peer("udp", "192.0.2.7", 5060), b"OPTIONS sip:a SIP/2.0\\r\\nCall-ID: 1\\r\\n\\r\\n"))
>>> [(each.call_id, each.method) for each in trace.dialogs()]
[('1', 'OPTIONS')]
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sip.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from sip.effects import Peer

_FIRST: Final = 60
_LAST: Final = 60
"""Messages that are kept of each Call-ID: how it began, and how it ended."""
_SHARES: Final = {"calls": 6, "others": 1, "strangers": 1}  # eighths
_OVERHEAD: Final = 300
"""Octets of a message beside its own."""
_DIALOG_OVERHEAD: Final = 1300
"""Octets of a dialog beside its messages: many of one small message each are what a scanner leaves."""
_CALL_ID: Final = re.compile(rb"\n(?:call-id|i)[ \t]*:[ \t]*([^\r\n]{1,256})", re.IGNORECASE)
_START: Final = re.compile(rb"(?:SIP/2\.0 |([!-~]{1,32}) )")
_CSEQ: Final = re.compile(rb"\ncseq[ \t]*:[ \t]*[0-9]{1,10}[ \t]+([!-~]{1,32})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    at: float
    """Seconds since the epoch."""
    sent: bool
    """By us; else received."""
    peer: Peer
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Dialog:
    """All that bears one Call-ID: a call, a phone's registrations, a subscription."""

    call_id: str
    method: str
    """Of what began it."""
    first: list[Message] = field(default_factory=list)
    last: deque[Message] = field(default_factory=lambda: deque(maxlen=_LAST))
    left_out: int = 0
    """Messages between the first and the last."""
    octets: int = _DIALOG_OVERHEAD

    def messages(self) -> tuple[Message, ...]:
        return (*self.first, *self.last)

    def add(self, message: Message) -> None:
        self.octets += len(message.data) + _OVERHEAD
        if len(self.first) < _FIRST:
            self.first.append(message)
            return
        if len(self.last) == _LAST:
            self.octets -= len(self.last[0].data) + _OVERHEAD
            self.left_out += 1
        self.last.append(message)


class Trace:
    def __init__(self, octets: int) -> None:
        self._pool_of: dict[str, _Pool] = {}
        """By Call-ID: the one that it came into first."""
        self._pools = {name: _Pool(octets * share // 8, self._pool_of) for name, share in _SHARES.items()}

    def note(self, message: Message, *, known: bool = True) -> None:
        """``known``: we sent it, or a phone or trunk of ours did.  What has no Call-ID is passed over."""
        found = _CALL_ID.search(message.data)
        if found is None:
            return
        call_id = found.group(1).rstrip().decode(errors="replace")
        pool = self._pool_of.get(call_id)
        if pool is None:
            method = method_of(message.data)
            pool = self._pools["strangers" if not known else "calls" if method == "INVITE" else "others"]
            pool.dialogs[call_id] = Dialog(call_id, method)
            self._pool_of[call_id] = pool
        pool.add(call_id, message)

    def dialogs(self) -> Iterator[Dialog]:
        """Of each share, those that were heard of least recently first."""
        for pool in self._pools.values():
            yield from pool.dialogs.values()

    def get(self, call_id: str) -> Dialog | None:
        pool = self._pool_of.get(call_id)
        return None if pool is None else pool.dialogs[call_id]


class _Pool:
    """``pool_of`` has it for as long as it keeps a dialog."""

    def __init__(self, octets: int, pool_of: dict[str, _Pool]) -> None:
        self._pool_of = pool_of
        self.dialogs: OrderedDict[str, Dialog] = OrderedDict()
        self._most = octets
        self._octets = 0

    def add(self, call_id: str, message: Message) -> None:
        dialog = self.dialogs[call_id]
        self._octets -= dialog.octets if dialog.first else 0  # else it is new, and counted from now on
        dialog.add(message)
        self._octets += dialog.octets
        self.dialogs.move_to_end(call_id)
        while self._octets > self._most:
            call_id, forgotten = self.dialogs.popitem(last=False)
            del self._pool_of[call_id]
            self._octets -= forgotten.octets


def method_of(data: bytes) -> str:
    """Of a request, or that a response answers."""
    start = _START.match(data)
    method = start and start.group(1)
    if method is None:
        cseq = _CSEQ.search(data)
        method = cseq.group(1) if cseq else b""
    return method.decode(errors="replace")


def readable(data: bytes, codes: Set[str] = frozenset()) -> str:
    """A message as text, without passwords, keys of encryption, keys that were pressed, and these ``codes``."""
    return masked(data.decode(errors="replace").replace("\r\n", "\n"), codes)
