"""How much may be asked of us by those who have proven nothing, decided before anything of it is read.

Who names a tag that we drew is in a call with us: nobody else can know it.  But anybody may call, and have a hundred
such tags: what strangers say in calls of theirs has its limits by source and in all, too.  What they say in calls of
ours has not: behind one host there may be the phones of a thousand people.  Phones that are registered, and trunks, are
known by their address.  All others are strangers: each source has so many messages a second, and all of them together
have so many.  What is more is dropped without an answer (RFC 3261 §21.5.4), which costs a fiftieth of one.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sip.effects import Peer


class Standing(Enum):
    """Of an address that a message comes from."""

    TRUNK = auto()
    PHONE = auto()  # a phone of ours has registered from there
    NEIGHBOUR = auto()  # a phone of ours has registered from another port of the host
    STRANGER = auto()


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages."""

    a_second: float
    at_once: float


@dataclass(frozen=True, slots=True)
class Limits:
    call: Rate = Rate(50, 200)
    """Inside one call: twenty keys a second by INFO, with room for what is said twice."""
    calls_of_source: Rate = Rate(200, 500)
    """In all calls that a host of strangers has placed."""
    calls_of_strangers: Rate = Rate(1500, 2000)
    """In all of theirs: when a conference ends, a thousand may answer our BYE at once."""
    phone: Rate = Rate(100, 200)
    trunk: Rate = Rate(1000, 2000)
    source: Rate = Rate(150, 200)
    """A host of strangers, or a /64 of IPv6: an exchange that is no trunk of ours may send its people all at once."""
    strangers: Rate = Rate(1200, 300)
    """All of them: a guest gets through a thousand messages a second that mean nothing."""
    invites: Rate = Rate(300, 300)
    """Of strangers, and so many of these: each may make a call, which costs five times as much."""
    pending_of_source: int = 100
    pending: int = 400
    """Calls of strangers that are not confirmed by their ACK: each has its ports and its timers."""


_REMEMBERED: Final = 8192
"""Sources; who is forgotten has all its messages again, and still no more than all strangers have."""
_REPORTED_AGAIN: Final = 60.0
_HOST_REPORTED_AGAIN: Final = 5.0
"""Seconds.  Whoever bans hosts counts how often they are named."""
_HEAD: Final = 8192
"""Octets that are searched for a tag of ours, and how many tags."""
_TAGS: Final = 4

# As sip.origin draws them: 96 bits.
_TAG = re.compile(rb"tag[ \t]*+=[ \t]*+([0-9a-f]{24})(?![0-9A-Za-z])", re.IGNORECASE)

# Line breaks before a message are skipped (RFC 3261 §7.5).
_INVITE = re.compile(rb"[\r\n]*+INVITE[ \t]")

Key = TypeVar("Key", bound=Hashable)


class Buckets(Generic[Key]):
    """Token buckets, one a key: full at first."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._levels: OrderedDict[Key, tuple[float, float]] = OrderedDict()
        """How many tokens there were, and when."""

    def __len__(self) -> int:
        return len(self._levels)

    def wait(self, key: Key, now: float) -> float:
        """Seconds until there is a token; 0 when there is one."""
        return max(0.0, 1 - self._level(key, now)) / self._rate.a_second

    def take(self, key: Key, now: float) -> bool:
        """Whether there was a token."""
        level = self._level(key, now)
        enough = level >= 1
        self._levels[key] = (level - 1 if enough else level, now)
        if enough:
            self._levels.move_to_end(key)
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)
        return enough

    def forget(self, key: Key) -> None:
        self._levels.pop(key, None)

    def _level(self, key: Key, now: float) -> float:
        level, then = self._levels.get(key) or (self._rate.at_once, now)
        return min(self._rate.at_once, level + (now - then) * self._rate.a_second)


class Throttle:
    """``standing`` says what an address is to us; ``names_a_call`` whether a tag is ours in a call, ``placed``
    whether in one that we placed."""

    def __init__(
        self,
        standing: Callable[[Peer, float], Standing],
        names_a_call: Callable[[str], bool],
        placed: Callable[[str], bool],
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self.dropped = 0
        self._standing = standing
        self._names_a_call = names_a_call
        self._placed = placed
        self._calls: Buckets[str] = Buckets(limits.call)
        self._callers: Buckets[str] = Buckets(limits.calls_of_source)
        self._all_callers: Buckets[None] = Buckets(limits.calls_of_strangers)
        self._phones: Buckets[Peer] = Buckets(limits.phone)
        self._trunks: Buckets[str] = Buckets(limits.trunk)
        self._sources: Buckets[str] = Buckets(limits.source)
        self._strangers: Buckets[None] = Buckets(limits.strangers)
        self._invites: Buckets[None] = Buckets(limits.invites)
        self._reported: OrderedDict[str | None, float] = OrderedDict()
        self._floods: list[str | None] = []

    def admits(self, data: bytes, peer: Peer, now: float) -> bool:
        """Whether a message is worth reading."""
        admitted = self._admits(data, peer, now)
        self.dropped += not admitted
        return admitted

    def call_over(self, tag: str) -> None:
        self._calls.forget(tag)

    def floods(self) -> list[str | None]:
        """Hosts of strangers that have begun to send too much, each every five seconds; None for all strangers
        together, once a minute."""
        floods, self._floods = self._floods, []
        return floods

    def _admits(self, data: bytes, peer: Peer, now: float) -> bool:
        tag = self._tag_of_ours(data)
        if tag is not None:
            return self._calls.take(tag, now) and (self._placed(tag) or self._admits_caller(peer, now))
        match self._standing(peer, now):
            case Standing.TRUNK:
                return self._trunks.take(peer.host, now)
            case Standing.PHONE:
                return self._phones.take(peer, now)
            case Standing.NEIGHBOUR:
                return self._sources.take(source_of(peer.host), now)
            case Standing.STRANGER:
                return self._admits_stranger(data, peer.host, now)

    def _admits_caller(self, peer: Peer, now: float) -> bool:
        if self._standing(peer, now) is not Standing.STRANGER:
            return True
        return self._callers.take(source_of(peer.host), now) and self._all_callers.take(None, now)

    def _admits_stranger(self, data: bytes, host: str, now: float) -> bool:
        if not self._sources.take(source_of(host), now):
            self._report(host, now)
            return False
        invites = _INVITE.match(data) is not None
        if (invites and not self._invites.take(None, now)) or not self._strangers.take(None, now):
            self._report(None, now)
            return False
        return True

    def _tag_of_ours(self, data: bytes) -> str | None:
        at = 0
        for _ in range(_TAGS):
            found = _TAG.search(data, at, _HEAD)
            if found is None:
                return None
            tag = found[1].decode()
            if self._names_a_call(tag):
                return tag
            at = found.end()
        return None

    def _report(self, host: str | None, now: float) -> None:
        if now < self._reported.get(host, now):
            return
        self._reported[host] = now + (_REPORTED_AGAIN if host is None else _HOST_REPORTED_AGAIN)
        self._reported.move_to_end(host)
        if len(self._reported) > _REMEMBERED:
            self._reported.popitem(last=False)
        self._floods.append(host)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A call of a stranger whose ACK has not come."""

    call: str
    source: str
    transaction: tuple[str, ...]
    """Of its INVITE."""
    since: float


ACKNOWLEDGED_WITHIN: Final = 1.0
"""Seconds: who calls us and is there has sent the ACK by then."""


class Pending:
    """Calls of strangers whose ACK has not come: so many of a source, and so many in all."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._calls: dict[str, Unconfirmed] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._calls)

    def full(self, host: str) -> bool:
        """Whether one more from there is one too many."""
        return len(self) >= self._limits.pending or self._source_is_full(host)

    def overdue(self, host: str, now: float) -> Unconfirmed | None:
        """Which one is to make room for another from there; None where all may be confirmed yet.

        Else a few messages a second, from hosts that nobody has to be at, would keep all other strangers out.
        """
        source = source_of(host) if self._source_is_full(host) else None
        oldest = next((call for call in self._calls.values() if source in (None, call.source)), None)
        return oldest if oldest is not None and now - oldest.since >= ACKNOWLEDGED_WITHIN else None

    def add(self, call: str, host: str, transaction: tuple[str, ...], now: float) -> None:
        self._calls[call] = Unconfirmed(call, source_of(host), transaction, now)
        self._counts[source_of(host)] += 1

    def discard(self, call: str) -> None:
        """Confirmed, or gone.  Calls that were never pending are no error."""
        known = self._calls.pop(call, None)
        if known is not None:
            self._counts[known.source] -= 1
            if not self._counts[known.source]:
                del self._counts[known.source]

    def _source_is_full(self, host: str) -> bool:
        return self._counts[source_of(host)] >= self._limits.pending_of_source


@lru_cache(maxsize=_REMEMBERED)
def source_of(host: str) -> str:
    """Whom an address belongs to: of IPv6, everybody has at least a /64 to choose from."""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped
    return str(ip_network((address, 64), strict=False)) if mapped is None else str(mapped)
