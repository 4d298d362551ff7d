"""The phones of the table, each by how it is made, and what it can't do by itself."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Protocol

from tests.calls.company import password
from tests.interop.house import Way
from tests.phones import ports
from tests.phones.baresip_phone import BaresipPhone
from tests.phones.baresip_python_phone import BaresipPythonPhone
from tests.phones.linphone_phone import LinphonePhone
from tests.phones.pyvoip_phone import PyVoipPhone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.interop.house import House
    from tests.phones.phone import Phone


@dataclass(frozen=True, slots=True)
class Wish:
    """How a phone is to be set up."""

    codec: str = "PCMU"
    way: Way = Way.UDP
    encrypted: bool = False
    """Its sound, or there is no call."""


class Make(Protocol):
    def __call__(self, house: House, number: str, wish: Wish) -> Phone: ...


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    version: Callable[[], str]
    make: Make
    cannot: Mapping[str, str] = field(default_factory=dict)
    """Flows that the phone doesn't have, with the reason; every other one is tried."""
    allowance: Mapping[str, float] = field(default_factory=dict)
    """dB by which the phone's codec changes levels by itself, where more than 1."""
    dials_numbers: bool = False
    """It can't dial URIs."""

    def address(self, house: House, user: str, wish: Wish) -> str:
        return user if self.dials_numbers else house.uri(user, wish.way)


def _baresip(house: House, number: str, wish: Wish) -> Phone:
    return BaresipPhone(
        house.company.phones,
        number,
        registrar=house.server(wish.way),
        password=password(number),
        codec=wish.codec,
        host=wish.way.own_host,
        transport=wish.way.transport,
        encryption="srtp-mand" if wish.encrypted else "",
        ca_file=house.authority.file,
    )


def _baresip_python(house: House, number: str, wish: Wish) -> Phone:
    return BaresipPythonPhone(
        house.company.phones,
        number,
        registrar=ports.address(*house.server(wish.way)),
        password=password(number),
        codec=wish.codec,
        host=wish.way.own_host,
        transport=wish.way.transport,
        encryption="srtp-mand" if wish.encrypted else "",
        ca_file=house.authority.file,
    )


def _linphone(house: House, number: str, wish: Wish) -> Phone:
    return LinphonePhone(
        house.company.phones,
        number,
        # Its TLS finds no address in a certificate, only names.
        registrar=ports.address(*house.server(wish.way)).replace("127.0.0.1", "localhost"),
        password=password(number),
        codec=wish.codec,
        host=wish.way.own_host,
        transport=wish.way.transport,
        encryption="srtp" if wish.encrypted else "none",
        mandatory=wish.encrypted,
        ca_file=house.authority.file,
    )


def _pyvoip(house: House, number: str, wish: Wish) -> Phone:
    return PyVoipPhone(house.company.phones, house.company.server, number, password(number))


def _sipp(house: House, number: str, wish: Wish) -> Phone:
    return house.registered_sipp(number, payload_type={"PCMU": 0, "PCMA": 8}[wish.codec])


def _of_program(*command: str) -> Callable[[], str]:
    def version() -> str:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        found = re.search(r"v?(\d+\.\d+(?:\.\d+)*)", said.stdout + said.stderr)
        return found[1] if found else "unknown"

    return version


def _of_library(name: str) -> Callable[[], str]:
    return lambda: metadata.version(name)


_SCENARIO = "in scenarios of its own"
_ONLY_PCMU = "offers PCMU alone"
KINDS = (
    Kind("baresip", _of_program("baresip", "-h"), _baresip, allowance={"opus": 2}),
    Kind("baresip-python", _of_library("baresip-python"), _baresip_python),
    Kind("linphonec", _of_program("linphonec", "--version"), _linphone, allowance={"G722": 7}),
    Kind(
        "pyVoIP",
        _of_library("pyVoIP"),
        _pyvoip,
        {
            **dict.fromkeys(("keys", "menu"), "sends no keys"),
            "hold": "has no hold",
            "PCMA": "sends µ-law as PCMA",
            "G.722": _ONLY_PCMU,
            "Opus": _ONLY_PCMU,
            **dict.fromkeys(("TCP", "TLS", "IPv6"), "speaks UDP over IPv4"),
            "SRTP": "has none",
        },
        dials_numbers=True,
    ),
    Kind(
        "sipp",
        _of_program("sipp", "-v"),
        _sipp,
        {
            "hold": _SCENARIO,
            **dict.fromkeys(("G.722", "Opus"), "our sender beside it speaks G.711"),
            **dict.fromkeys(("TCP", "IPv6"), _SCENARIO),
            "TLS": "Debian's has none",
            "SRTP": "our sender beside it has none",
        },
    ),
)
