"""``[[trunk]]`` of ``confctl.toml``: the lines to other exchanges, in the order in which they are tried."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from confctl.listen_settings import SRTP, Srtp
from confctl.settings_values import secret, wrong_port
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.storage.toml_table import Table

CALLER_ID: Final = ("from", "asserted")
OPTIONS_SECONDS: Final = 60
"""How often a trunk is asked whether it is there that says nothing of us by a registration."""
_SHORTEST: Final = 10


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
    rewrite: tuple[tuple[str, str], ...] = ()
    """Prefixes of the numbers that go out, and what stands there instead."""
    max_calls: int | None = None
    caller_id: str = "from"
    """Where our number stands: one of :data:`CALLER_ID`."""
    options_seconds: int | None = None
    """None: it isn't asked whether it is there."""


def trunks_of(tables: list[Table], beside: Path) -> tuple[Trunk, ...]:
    trunks: list[Trunk] = []
    for table in tables:
        trunk = _trunk(table, beside)
        if trunk.name and trunk.name in (other.name for other in trunks):
            table.wrong("name", say("another trunk is named “{value}” too; give each its own name", value=trunk.name))
        trunks.append(trunk)
    return tuple(trunks)


def _trunk(table: Table, beside: Path) -> Trunk:
    register = table.flag("register", default=False)
    trunk = Trunk(
        name=table.text("name", "provider"),
        uri=table.text("uri", "sip:sip.provider.example", _wrong_uri),
        username=table.optional_text("username", "74955550100"),
        password=secret(table, beside, "provider.password"),
        register=register,
        trust_caller_id=table.flag("trust_caller_id", default=False),
        srtp=cast("Srtp | None", table.choice("srtp", SRTP)),
        rewrite=_rewrite(table),
        max_calls=_max_calls(table),
        caller_id=table.choice("caller_id", CALLER_ID) or "from",
        options_seconds=_options_seconds(table, register=register),
    )
    if (trunk.register or trunk.password) and not trunk.username:
        table.missing("username", 'username = "74955550100"')
    table.finish()
    return trunk


def _max_calls(table: Table) -> int | None:
    most = table.integer("max_calls", 10, 1, 10_000)
    return most if "max_calls" in table else None


def _options_seconds(table: Table, *, register: bool) -> int | None:
    """0 switches it off; a registration that stands is a sign of life as well."""
    seconds = table.integer("options_seconds", 0 if register else OPTIONS_SECONDS, 0, 3600)
    if 0 < seconds < _SHORTEST:
        sentence = say("{value} is too often; write 0 for never, or {least} to 3600", value=seconds, least=_SHORTEST)
        table.wrong("options_seconds", sentence)
    return seconds or None


_REWRITE: Final = 'rewrite = [{ prefix = "+7", by = "8" }]'


def _rewrite(table: Table) -> tuple[tuple[str, str], ...]:
    rules: list[tuple[str, str]] = []
    for rule in table.tables("rewrite", _REWRITE):
        prefix, by = (rule.any_text(name, example, _wrong_part) for name, example in (("prefix", "+7"), ("by", "8")))
        rule.finish()
        if prefix in (known for known, _ in rules):
            rule.wrong("prefix", say("“{value}” is rewritten already; keep one of the two", value=prefix))
        rules.append((prefix, by))
    return tuple(rules)


def _wrong_part(text: str) -> Sentence | None:
    if re.fullmatch(r"\+?[0-9*#]*", text):
        return None
    return say("“{value}” is no part of a number; write digits, or nothing, with + in front if need be", value=text)


_URI = re.compile(
    r"sips?:(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_](?:[0-9A-Za-z_.\-]*[0-9A-Za-z_.])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)


def _wrong_uri(text: str) -> Sentence | None:
    found = _URI.fullmatch(text)
    if found is None:
        return say("“{value}” is no SIP URI of a server; write for example: sip:sip.provider.example", value=text)
    if text.startswith("sips:") and text.endswith("=udp"):
        return say("sips: is never spoken over udp; write sip: instead, or leave out ;transport=udp")
    return wrong_port(found["port"]) if found["port"] else None
