"""Which dialog a new call takes the place of (RFC 3891)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sip.errors import RemoteError
from sip.grammar import get_param, parse_params

if TYPE_CHECKING:
    from sip.message import Request

# Replaces = "Replaces" HCOLON callid *(SEMI replaces-param); callid = word [ "@" word ] (§6.1)
# replaces-param = to-tag / from-tag / early-flag / generic-param
_CALL_ID = re.compile(r"[ \t]*+(?P<call_id>[^\x00-\x20\x7f;,]++)")
# to-tag = "to-tag" EQUAL token; base64 has "/" and "=" besides. Who wrote it in a Refer-To may have escaped anything.
_TAG = re.compile(r"[^\x00-\x20\x7f;,\"<>?]++")


@dataclass(frozen=True, slots=True)
class Replaces:
    """As the receiver of the header sees it: ``to_tag`` is its own, ``from_tag`` the other side's."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """RemoteError(400) for anything that names no dialog."""
        found = _CALL_ID.match(text)
        if found is None:
            raise RemoteError(400, "Bad Replaces")
        params = parse_params(text[found.end() :], "Replaces")
        to_tag, from_tag = get_param(params, "to-tag"), get_param(params, "from-tag")
        if not (to_tag and from_tag and _TAG.fullmatch(to_tag) and _TAG.fullmatch(from_tag)):
            raise RemoteError(400, "Replaces without both tags")
        return cls(found["call_id"], to_tag, from_tag, get_param(params, "early-only") is not None)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


def replaced_by(invite: Request) -> Replaces | None:
    """What an INVITE asks for; RemoteError(400) where it asks for more than one thing (§3)."""
    values = invite.headers.get_all("Replaces")
    if not values:
        return None
    if len(values) > 1 or "Join" in invite.headers:
        raise RemoteError(400, "One Replaces, and no Join beside it")
    return Replaces.parse(values[0])
