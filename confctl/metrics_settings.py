"""``[metrics]`` of ``confctl.toml``: where Prometheus finds the running mixer's figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from confctl.settings_values import wrong_port
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from confctl.storage.toml_table import Table

_EXAMPLE: Final = "127.0.0.1:9464"
_ADDRESS: Final = re.compile(r"([0-9.]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Off where ``host`` is None."""

    host: str | None = None
    port: int = 0

    @property
    def is_loopback(self) -> bool:
        return self.host is not None and _is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in (self.host or "") else self.host
        return f"{host}:{self.port}"


def metrics_of(table: Table) -> Metrics:
    text = table.optional_text("listen", _EXAMPLE, _wrong)
    remote = table.flag("remote", default=False)
    table.finish()
    if text is None or (match := _ADDRESS.fullmatch(text)) is None or _wrong(text):
        return Metrics()
    host = match[1].strip("[]")
    if not remote and not _is_loopback(host):
        table.wrong(
            "listen",
            say(
                "other machines can read {value}, and nobody is asked for a password; if that is meant, add: {example}",
                value=text,
                example="remote = true",
            ),
        )
    return Metrics(host, int(match[2]))


def _wrong(text: str) -> Sentence | None:
    match = _ADDRESS.fullmatch(text)
    if match is None or _parsed(match[1].strip("[]")) is None:
        return say("“{value}” is no address with a port; write for example: {example}", value=text, example=_EXAMPLE)
    return wrong_port(match[2])


def _is_loopback(host: str) -> bool:
    address = _parsed(host)
    return address is not None and address.is_loopback


def _parsed(host: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(host)
    except ValueError:
        return None
