"""``[sip] listen`` of ``confctl.toml``: where telephones reach us, and the certificate that they see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from confctl.settings_values import wrong_port
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.storage.toml_table import Table

Srtp = Literal["off", "optional", "required"]
SRTP: Final[tuple[Srtp, ...]] = ("off", "optional", "required")


@dataclass(frozen=True, slots=True)
class Listen:
    transport: str
    """``udp``, ``tcp`` or ``tls``."""
    host: str
    port: int
    srtp: Srtp | None = None
    """None: as ``[sip] srtp`` says."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}:{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Certificates:
    certificate: Path | None
    private_key: Path | None
    """None: in the file of the certificate."""
    ca_file: Path | None
    """Whom servers are trusted by; None: the system's roots."""


_EXAMPLE: Final = '["udp:0.0.0.0:5060"]'


def listen_of(table: Table) -> tuple[Listen, ...]:
    listeners: list[Listen] = []
    for item in table.texts_or_tables("listen", _EXAMPLE):
        text, srtp = (item, None) if isinstance(item, str) else _from_table(item)
        problem = _wrong(text)
        if isinstance(item, str) and problem:
            table.wrong("listen", problem)
        if not problem:
            listener = _listen(text, srtp)
            if str(listener) in map(str, listeners):
                table.wrong("listen", say("“{value}” is there twice; remove one of the two", value=listener))
            elif other := next((other for other in listeners if _overlap(listener, other)), None):
                overlap = say("“{value}” and “{other}” overlap; remove one of the two", value=listener, other=other)
                table.wrong("listen", overlap)
            listeners.append(listener)
    return tuple(listeners) if "listen" in table else (Listen("udp", "0.0.0.0", 5060),)  # noqa: S104  phones are anywhere


def certificates_of(table: Table, listeners: tuple[Listen, ...], beside: Path) -> Certificates:
    def file(name: str, example: str) -> Path | None:
        text = table.optional_text(name, example)
        return None if text is None else beside / text

    found = Certificates(
        file("certificate", "conf.example.com.pem"),
        file("private_key", "conf.example.com.key"),
        file("ca_file", "company-ca.pem"),
    )
    if found.certificate is None and any(listener.transport == "tls" for listener in listeners):
        table.missing("certificate", 'certificate = "conf.example.com.pem"')
    return found


_LISTEN = re.compile(r"(udp|tcp|tls):([0-9A-Za-z.\-]+|\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?\]):([0-9]{1,5})")


def _from_table(table: Table) -> tuple[str, Srtp | None]:
    text = table.text("address", "tls:0.0.0.0:5061", _wrong)
    srtp = table.choice("srtp", SRTP)
    table.finish()
    return text, cast("Srtp | None", srtp)


def _listen(text: str, srtp: Srtp | None) -> Listen:
    transport, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    return Listen(transport, host.strip("[]"), int(port), srtp)


_ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  that phones are anywhere is what is asked for


def _overlap(one: Listen, other: Listen) -> bool:
    """Whether the system gives the port to one of them only: on all addresses and on one of these."""
    same = (one.transport, one.port, ":" in one.host) == (other.transport, other.port, ":" in other.host)
    return same and any(listener.host in _ANYWHERE for listener in (one, other))


def _wrong(text: str) -> Sentence | None:
    match = _LISTEN.fullmatch(text)
    if match is None or not _is_host(match.group(2)):
        return say("“{value}” is no address to listen on; write for example: udp:0.0.0.0:5060", value=text)
    return wrong_port(match.group(3))


def _is_host(text: str) -> bool:
    """Whether what looks like an IP address is one; any other text may be a name."""
    if not text.startswith("[") and not re.fullmatch(r"[0-9.]+", text):
        return True
    from ipaddress import ip_address

    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
