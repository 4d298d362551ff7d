"""``[sip]`` and ``[[trunk]]`` of ``confctl.toml``: how telephones find us, and the lines to other exchanges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from confctl.listen_settings import SRTP, Certificates, Listen, Srtp, certificates_of, listen_of
from confctl.settings_values import secret
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


@dataclass(frozen=True, slots=True)
class Trunk:
    name: str
    uri: str
    username: str | None
    password: str | None = field(repr=False)
    register: bool
    trust_caller_id: bool
    srtp: Srtp | None = None
    """None: as ``[sip] srtp`` says."""


def sip_of(table: Table, beside: Path) -> Sip:
    listen = listen_of(table)
    sip = Sip(
        domain=table.text("domain", "conf.example.com", _wrong_domain),
        listen=listen,
        certificates=certificates_of(table, listen, beside),
        external_addresses=_external_addresses(table),
        digest=table.texts("digest", '["SHA-256", "MD5"]', _wrong_digest) or ("MD5",),
        srtp=_srtp(table) or "optional",
    )
    table.finish()
    return sip


def _srtp(table: Table) -> Srtp | None:
    return cast("Srtp | None", table.choice("srtp", SRTP))


def trunks_of(tables: list[Table], beside: Path) -> tuple[Trunk, ...]:
    trunks: list[Trunk] = []
    for table in tables:
        trunk = _trunk(table, beside)
        if trunk.name and trunk.name in (other.name for other in trunks):
            table.wrong("name", say("another trunk is named “{value}” too; give each its own name", value=trunk.name))
        trunks.append(trunk)
    return tuple(trunks)


def _trunk(table: Table, beside: Path) -> Trunk:
    trunk = Trunk(
        name=table.text("name", "provider"),
        uri=table.text("uri", "sip:sip.provider.example", _wrong_trunk_uri),
        username=table.optional_text("username", "74955550100"),
        password=secret(table, beside, "provider.password"),
        register=table.flag("register", default=False),
        trust_caller_id=table.flag("trust_caller_id", default=False),
        srtp=_srtp(table),
    )
    if trunk.register and not trunk.username:
        table.missing("username", 'username = "74955550100"')
    table.finish()
    return trunk


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
        ip_address(text)
    except ValueError:
        return say("“{value}” is no IP address; write for example: 203.0.113.7", value=text)
    return None


_wrong_domain = matches(
    r"[0-9A-Za-z]([0-9A-Za-z.\-]*[0-9A-Za-z])?|\[[0-9A-Fa-f:.]+\]",
    lambda text: say("“{value}” is no domain; write a host name or an IP address", value=text),
)
_wrong_trunk_uri = matches(
    r"sip:[^\s@;?<>]+(;transport=(udp|tcp))?",
    lambda text: say("“{value}” is no SIP URI of a server; write for example: sip:sip.provider.example", value=text),
)
