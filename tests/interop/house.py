"""The company that the flows of this folder share: one mixer, a conference for each flow."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.calls.company import Company, password
from tests.phones import ports
from tests.phones.sipp_phone import SippPhone, read_scenario
from tests.sip.authority import Authority

if TYPE_CHECKING:
    from tests.calls.mixer_process import MixerProcess

SCENARIOS = Path(__file__).parent / "scenarios"
OWNER = "101"
"""Owner of every conference; nobody's phone is registered so, so nobody is called unless a test wants it."""
_READY = 40
"""Conferences that stand when the mixer starts: what comes later it notices within a second."""
_TO_COME = 6
_CROWD = "127.0.0.3"
"""An address of its own: no other phone hears what the mixer sends to so many ports."""


def no_ipv6() -> str | None:
    """Why this machine can't have it; None where it can."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        return f"no IPv6 on this machine: {error}"
    return None


class Way(Enum):
    """How a phone speaks SIP with the mixer."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    IPV6 = "udp over IPv6"

    @property
    def transport(self) -> str:
        return self.value.partition(" ")[0]

    @property
    def own_host(self) -> str:
        """The phone's address."""
        return "::1" if self is Way.IPV6 else "127.0.0.1"


class House:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.authority = Authority(folder)
        files = self.authority.files("127.0.0.1", "localhost")
        tls_port = ports.take(2)
        self.company = Company(
            folder,
            people=60,
            ring_seconds=5,
            media_ports=200,
            listen=(
                *("udp:127.0.0.1:{port}", "tcp:127.0.0.1:{port}", f"tls:127.0.0.1:{tls_port}"),
                *(() if no_ipv6() else ("udp:[::1]:{port}",)),
            ),
            sip=(f'certificate = "{files.certificate}"', f'private_key = "{files.private_key}"'),
        )
        self._servers = {
            Way.UDP: self.company.server,
            Way.TCP: self.company.server,
            Way.TLS: ("127.0.0.1", tls_port),
            Way.IPV6: ("::1", self.company.server[1]),
        }
        self._codes = (str(number) for number in range(7000, 8000))
        self._numbers = (str(number) for number in itertools.count(901))
        self._accounts = iter(self.company.numbers[1:])
        (folder / "conferences").mkdir()
        self._ready = [self._plan() for _ in range(_READY)]
        self._to_come = [next(self._codes) for _ in range(_TO_COME)]
        for code in self._to_come:
            self.mixer.plan_by_hand(code, OWNER, begins=3600)

    @property
    def mixer(self) -> MixerProcess:
        return self.company.mixer

    def conference(self) -> str:
        """The code of one that has begun and that nobody has been in."""
        code = self._ready.pop(0) if self._ready else self._plan()
        self.mixer.wait_for(code, "started")
        return code

    def conference_with(self, *numbers: str) -> str:
        """The code of one that calls these within a second."""
        code = next(self._codes)
        self.mixer.plan_by_hand(code, OWNER, numbers)
        return code

    def conference_to_come(self) -> str:
        """The code of one that begins in an hour."""
        return self._to_come.pop()

    def number(self) -> str:
        """One that no other flow has."""
        return next(self._numbers)

    def account(self) -> str:
        """The number of a person whose phone may register, and no other flow's."""
        return next(self._accounts)

    def server(self, way: Way = Way.UDP) -> tuple[str, int]:
        """Where the mixer listens."""
        return self._servers[way]

    def uri(self, user: str, way: Way = Way.UDP) -> str:
        return f"sip:{user}@{ports.address(*self.server(way))}" + (
            "" if way.transport == "udp" else f";transport={way.transport}"
        )

    def stranger(self, *, way: Way = Way.UDP, payload_type: int = 0, events: int = 101) -> SippPhone:
        """A phone that no account vouches for, with the scenarios of this folder."""
        return self._sipp(self.number(), "elsewhere.example", way=way, payload_type=payload_type, events=events)

    def registered_sipp(self, number: str, payload_type: int = 0) -> SippPhone:
        """The phone of a person, with the scenarios of :mod:`tests.phones.sipp_phone`."""
        return _Registered(
            self.company.phones, number, self.company.server, password=password(number), payload_type=payload_type
        )

    def called(self, scenario: str, *, status: str = "486 Busy Here") -> SippPhone:
        """A phone that is reached at its address, and a person who has it."""
        number = self.number()
        phone = self._sipp(number, "127.0.0.1", scenario=scenario, status=status)
        self.company.add_fixed(number, phone.uri)
        return phone

    def crowd(self, scenario: str, uri: str, size: int) -> None:
        """So many callers at once, each with its own place for sound; all go as the scenario says, or this fails."""
        folder = self.company.phones / scenario
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "scenario.xml"
        copy.write_text(read_scenario(SCENARIOS, scenario))
        command = ["sipp", ports.address(*self.server()), "-sf", str(copy), "-i", _CROWD, "-mi", _CROWD]
        command += ["-p", str(ports.take()), "-mp", "20000", "-nostdin", "-nd", "-key", "dialled", uri]
        command += ["-m", str(size), "-l", str(size), "-r", str(size), "-timeout", "20s", "-timeout_error"]
        done = subprocess.run(command, capture_output=True, cwd=folder, timeout=30, check=False)
        assert done.returncode == 0, done.stdout[-2000:]

    @property
    def legs(self) -> list[str]:
        """Who is in any conference, as ``confctl status`` has it."""
        running = json.loads(self.mixer.confctl("status", "--json"))["running"]
        return [f"{conference['code']}: {leg}" for conference in running for leg in conference["legs"]]

    def joined(self, code: str) -> int:
        """How often somebody came in."""
        return sum(record.kind == "joined" for record in self.mixer.journal(code))

    def left(self, code: str) -> int:
        return sum(record.kind == "left" for record in self.mixer.journal(code))

    def _sipp(
        self,
        number: str,
        from_host: str,
        *,
        way: Way = Way.UDP,
        scenario: str = "answer",
        status: str = "486 Busy Here",
        payload_type: int = 0,
        events: int = 101,
    ) -> SippPhone:
        return SippPhone(
            self.company.phones,
            number,
            self._servers[way],
            scenario=scenario,
            status=status,
            payload_type=payload_type,
            events=events,
            from_host=from_host,
            scenarios=SCENARIOS,
            host=way.own_host,
            transport=way.transport,
        )

    def _plan(self) -> str:
        return self.conference_with()


class _Registered(SippPhone):
    def __enter__(self) -> Self:
        super().__enter__()
        self.register()
        return self
