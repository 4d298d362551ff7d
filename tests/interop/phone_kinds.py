"""The phones of the table, each by how it is made, and what it can't do by itself."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Protocol

from tests.calls.company import password
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

    def address(self, house: House, user: str) -> str:
        return user if self.dials_numbers else house.uri(user)


def _baresip(house: House, number: str, wish: Wish) -> Phone:
    company = house.company
    return BaresipPhone(company.phones, number, registrar=company.server, password=password(number), codec=wish.codec)


def _baresip_python(house: House, number: str, wish: Wish) -> Phone:
    return BaresipPythonPhone(
        house.company.phones,
        number,
        registrar="{}:{}".format(*house.company.server),
        password=password(number),
        codec=wish.codec,
    )


def _linphone(house: House, number: str, wish: Wish) -> Phone:
    return LinphonePhone(
        house.company.phones,
        number,
        registrar="{}:{}".format(*house.company.server),
        password=password(number),
        codec=wish.codec,
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
            "keys": "sends no keys",
            "hold": "has no hold",
            "PCMA": "sends µ-law as PCMA",
            "G.722": _ONLY_PCMU,
            "Opus": _ONLY_PCMU,
        },
        dials_numbers=True,
    ),
    Kind(
        "sipp",
        _of_program("sipp", "-v"),
        _sipp,
        {
            "hold": "in scenarios of its own",
            "G.722": "our sender beside it speaks G.711",
            "Opus": "our sender beside it speaks G.711",
        },
    ),
)
