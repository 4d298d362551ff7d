"""What name servers say: asked once by all who need it, believed for its time to live, kept while nobody answers.

Nothing here blocks the loop; who stops waiting for an answer leaves the question to the others.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from sip.targets import Naptr, Srv

if TYPE_CHECKING:
    from collections.abc import Callable

    from dns.rdata import Rdata

ANSWER_SECONDS: Final = 2.0
"""How long a question may take, all name servers together."""
SERVER_SECONDS: Final = 0.8
"""How long one of them is waited for before the next is asked."""
STALE_SECONDS: Final = 0.5
"""How long to wait for a new answer when there is an old one."""
KEPT: Final = 3600.0
"""Seconds beyond its time for which an answer serves, while name servers fail (RFC 8767)."""
SHORTEST: Final = 5.0
"""Seconds that any answer is believed: at the hour a thousand calls go to one trunk."""
LONGEST: Final = 86_400.0
LONGEST_NOTHING: Final = 300.0
"""The same of the answer that there is nothing (RFC 2308)."""
FAILED: Final = 5.0
"""Seconds until name servers that failed are asked the same again."""
SYSTEM_SECONDS: Final = 60.0
"""How long to believe what the system found by other means than DNS."""
MOST: Final = 1000
"""Answers kept."""


class NoAnswer(Exception):
    """The name servers fail, and nothing is known from before."""


Value = str | Srv | Naptr
_UNSPEAKABLE: Final = (dns.exception.SyntaxError, dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong)
_Question = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    values: tuple[Value, ...]
    until: float


class Records:
    """``clock``: monotonic seconds.  ``servers`` makes what asks them; it is called anew when resolv.conf changes."""

    def __init__(
        self,
        clock: Callable[[], float],
        servers: Callable[[], dns.asyncresolver.Resolver] | None = None,
        hosts: Path = Path("/etc/hosts"),
    ) -> None:
        self._clock = clock
        self._servers = servers or _SystemServers()
        self._hosts = _Hosts(hosts)
        self._known: dict[_Question, _Known] = {}
        self._failed: dict[_Question, float] = {}
        """When to ask again."""
        self._asking: dict[_Question, asyncio.Task[None]] = {}

    async def naptr(self, name: str) -> tuple[Naptr, ...]:
        """Empty where there are none, or nobody says: some name servers know nothing of them, and are silent."""
        return tuple(value for value in await self._or_nothing(name, "NAPTR") if isinstance(value, Naptr))

    async def srv(self, name: str) -> tuple[Srv, ...]:
        """As :meth:`naptr`."""
        return tuple(value for value in await self._or_nothing(name, "SRV") if isinstance(value, Srv))

    async def addresses(self, name: str, families: tuple[int, ...]) -> tuple[str, ...]:
        """Of the families asked for (4, 6), in their order.  Raises NoAnswer; empty for a name without any.

        The hosts file comes first, as everywhere on the machine; what DNS does not know the system may (mDNS, search
        domains), and of a name without a dot, or of the local network, DNS is not asked.
        """
        if local := self._hosts.addresses(name, families):
            return local
        if not _is_the_systems(name):
            kinds = [{4: "A", 6: "AAAA"}[family] for family in families]
            found = await asyncio.gather(*(self._ask(name, kind) for kind in kinds), return_exceptions=True)
            if answers := [str(value) for values in found if isinstance(values, tuple) for value in values]:
                return tuple(answers)
            for failure in found:
                if isinstance(failure, BaseException):
                    raise failure
        others = [await self._ask(name, f"system{family}") for family in families]
        return tuple(str(value) for values in others for value in values)

    def is_local(self, name: str) -> bool:
        """Whether the hosts file or the system decides, and DNS has no services under this name."""
        return _is_the_systems(name) or bool(self._hosts.addresses(name, (4, 6)))

    async def _or_nothing(self, name: str, kind: str) -> tuple[Value, ...]:
        try:
            return await self._ask(name, kind)
        except NoAnswer:
            return ()

    async def _ask(self, name: str, kind: str) -> tuple[Value, ...]:
        question = (name.lower().rstrip("."), kind)
        known, now = self._known.get(question), self._clock()
        if known is not None and now < known.until:
            return known.values
        if now >= self._failed.get(question, now):
            asking = self._asking.get(question) or self._begin(question)
            await asyncio.wait([asking], timeout=None if known is None else STALE_SECONDS)
        known = self._known.get(question)
        if known is None or self._clock() >= known.until + KEPT:
            raise NoAnswer(f"no name server answers for {name}")
        return known.values

    def _begin(self, question: _Question) -> asyncio.Task[None]:
        asking = self._asking[question] = asyncio.create_task(self._learn(*question))
        asking.add_done_callback(lambda _: self._asking.pop(question, None))
        return asking

    async def _learn(self, name: str, kind: str) -> None:
        question = (name, kind)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                known = await (self._by_system(name, kind) if kind.startswith("system") else self._by_dns(name, kind))
        except (dns.exception.DNSException, OSError, TimeoutError):
            self._failed.pop(question, None)
            self._failed[question] = self._clock() + FAILED
            _trim(self._failed)
        else:
            self._failed.pop(question, None)
            self._known.pop(question, None)
            self._known[question] = known
            _trim(self._known)

    async def _by_dns(self, name: str, kind: str) -> _Known:
        try:
            answer = await self._servers().resolve(
                f"{name}.", kind, lifetime=ANSWER_SECONDS, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            responses = error.responses().values()  # type: ignore[no-untyped-call]  # the one method without types there
            return self._nothing(min((each.resolve_chaining().minimum_ttl for each in responses), default=0))
        except (UnicodeError, *_UNSPEAKABLE):
            return self._nothing(LONGEST_NOTHING)  # no name can be spelled so
        except dns.resolver.NoResolverConfiguration:
            return self._nothing(SHORTEST)  # a machine without DNS, as yet
        ttl = answer.chaining_result.minimum_ttl
        if answer.rrset is None:
            return self._nothing(ttl)
        values = tuple(value for rdata in answer.rrset if (value := _value(rdata)) is not None)
        return _Known(values, self._clock() + min(max(ttl, SHORTEST), LONGEST))

    async def _by_system(self, name: str, kind: str) -> _Known:
        family = socket.AF_INET if kind.endswith("4") else socket.AF_INET6
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, family=family, type=socket.SOCK_DGRAM)
        except (socket.gaierror, UnicodeError):
            return self._nothing(SYSTEM_SECONDS)
        return _Known(tuple(dict.fromkeys(str(each[4][0]) for each in found)), self._clock() + SYSTEM_SECONDS)

    def _nothing(self, ttl: float) -> _Known:
        return _Known((), self._clock() + min(max(ttl, SHORTEST), LONGEST_NOTHING))


class _SystemServers:
    """Those of resolv.conf, which a laptop or a VPN changes under way."""

    def __init__(self, file: Path = Path("/etc/resolv.conf")) -> None:
        self._file = file
        self._changed: int | None = None
        self._resolver: dns.asyncresolver.Resolver | None = None

    def __call__(self) -> dns.asyncresolver.Resolver:
        """Raises dns.resolver.NoResolverConfiguration where there is none."""
        changed = None
        with suppress(OSError):
            changed = self._file.stat().st_mtime_ns
        if self._resolver is None or changed != self._changed:
            self._resolver, self._changed = dns.asyncresolver.Resolver(str(self._file)), changed
            self._resolver.timeout = SERVER_SECONDS
        return self._resolver


class _Hosts:
    """``/etc/hosts``: read again when it changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed: int | None = None
        self._addresses: dict[str, list[str]] = {}

    def addresses(self, name: str, families: tuple[int, ...]) -> tuple[str, ...]:
        try:
            changed = self._file.stat().st_mtime_ns
            if changed != self._changed:
                self._addresses, self._changed = _read_hosts(self._file.read_text("utf-8", "replace")), changed
        except OSError:
            return ()
        found = self._addresses.get(name.lower().rstrip("."), [])
        return tuple(address for family in families for address in found if (":" in address) == (family == 6))


def _is_the_systems(name: str) -> bool:
    """A name for the search list, or one that machines of the local network answer for (RFC 6762 §3)."""
    bare = name.lower().rstrip(".")
    return "." not in bare or bare.endswith(".local")


def _read_hosts(text: str) -> dict[str, list[str]]:
    addresses: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            addresses.setdefault(name.lower(), []).append(address)
    return addresses


def _value(rdata: Rdata) -> Value | None:
    match rdata:
        case A() | AAAA():
            return str(rdata.address)
        case SRV():
            return Srv(rdata.priority, rdata.weight, rdata.port, rdata.target.to_text(omit_final_dot=True))
        case NAPTR() if rdata.flags.lower() == b"s":
            service = rdata.service.decode("ascii", "replace")
            return Naptr(rdata.order, rdata.preference, service, rdata.replacement.to_text(omit_final_dot=True))
        case _:
            return None


def _trim(remembered: dict[_Question, _Known] | dict[_Question, float]) -> None:
    while len(remembered) > MOST:
        del remembered[next(iter(remembered))]  # the oldest
