"""``[sip]`` of ``confctl.toml``: how telephones find us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from confctl.listen_settings import SRTP, Certificates, Listen, Srtp, certificates_of, listen_of
from confctl.storage.toml_table import Table, matches
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sip:
    domain: str
    listen: tuple[Listen, ...]
    certificates: Certificates
    external_addresses: tuple[str, ...]
    """The IP address, or one of each version, that phones outside should use, where it is not the machine's own."""
    digest: tuple[str, ...]
    """``MD5``, ``SHA-256``: what registering phones are challenged with."""
    srtp: Srtp
    """Whether calls are encrypted, if a listener or trunk says nothing else."""
    trace: int
    """Megabytes of memory for what has gone over the wire lately; 0: nothing is kept."""


def sip_of(table: Table, beside: Path) -> Sip:
    listen = listen_of(table)
    sip = Sip(
        domain=table.text("domain", "conf.example.com", _wrong_domain),
        listen=listen,
        certificates=certificates_of(table, listen, beside),
        external_addresses=_external_addresses(table),
        digest=table.texts("digest", '["SHA-256", "MD5"]', _wrong_digest) or ("MD5",),
        srtp=_srtp(table) or "optional",
        trace=table.integer("trace", 8, 0, 1024),
    )
    table.finish()
    return sip


def _srtp(table: Table) -> Srtp | None:
    return cast("Srtp | None", table.choice("srtp", SRTP))


def _wrong_digest(text: str) -> Sentence | None:
    if text in ("SHA-256", "MD5"):
        return None
    return say("“{value}” is no digest algorithm; write SHA-256, MD5 or both", value=text)


def _external_addresses(table: Table) -> tuple[str, ...]:
    """A text, or an array of an IPv4 and an IPv6 address."""
    if not table.is_array("external_address"):
        one = table.optional_text("external_address", "203.0.113.7", _wrong_address)
        return () if one is None else (one,)
    found = table.texts("external_address", '["203.0.113.7", "2001:db8::7"]', _wrong_address) or ()
    if len({":" in address for address in found}) < len(found):
        table.wrong("external_address", say("only one IPv4 address and one IPv6 address can be told to phones"))
    return found


def _wrong_address(text: str) -> Sentence | None:
    from ipaddress import ip_address

    try:
        address = ip_address(text)
    except ValueError:
        return say("“{value}” is no IP address; write for example: 203.0.113.7", value=text)
    if address.is_unspecified or address.is_multicast:
        return say("nobody can be called at {value}; write the address that phones outside see", value=text)
    return None


_wrong_domain = matches(
    r"[0-9A-Za-z]([0-9A-Za-z.\-]*[0-9A-Za-z])?|\[[0-9A-Fa-f:.]+\]",
    lambda text: say("“{value}” is no domain; write a host name or an IP address", value=text),
)
