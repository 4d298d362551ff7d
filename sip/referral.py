"""What a REFER asks for (RFC 3515), and what its sender is told of how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from sip.errors import RemoteError
from sip.grammar import is_token
from sip.reasons import REASONS
from sip.replaces import Replaces

if TYPE_CHECKING:
    from sip.message import Request
    from sip.uri import Uri

FRAGMENT: Final = "message/sipfrag;version=2.0"


@dataclass(frozen=True, slots=True)
class Referral:
    target: Uri
    """Without its headers and its method."""
    method: str
    """``INVITE`` where nothing is said."""
    replaces: Replaces | None
    """The dialog at ``target`` that the call is to take the place of: an attended transfer."""
    silent: bool
    """The sender doesn't want to hear of it (RFC 4488)."""

    @classmethod
    def of(cls, refer: Request) -> Referral:
        """RemoteError(400) for a REFER without one Refer-To that can be read (RFC 3515 §2.4.1)."""
        targets = refer.addresses("Refer-To")
        if len(targets) != 1:
            raise RemoteError(400, "REFER needs one Refer-To")
        uri = targets[0].uri
        method = uri.param("method") or "INVITE"
        if not is_token(method):
            raise RemoteError(400, "Bad method in Refer-To")
        target = uri if uri.opaque is not None else uri.with_(params=_without_method(uri), headers=())
        silent = (refer.headers.get("Refer-Sub") or "").partition(";")[0].strip().lower() == "false"
        return cls(target, method.upper(), _replaces(uri), silent)


def fragment(status: int, reason: str | None = None) -> bytes:
    """The status line that a NOTIFY about a REFER has for its body (§2.4.5)."""
    return f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}\r\n".encode("utf-8", "replace")


def _without_method(uri: Uri) -> tuple[tuple[str, str | None], ...]:
    return tuple(param for param in uri.params if param[0] != "method")


def _replaces(uri: Uri) -> Replaces | None:
    values = [value for name, value in uri.headers if name.lower() == "replaces"]
    if len(values) > 1:
        raise RemoteError(400, "More than one Replaces in Refer-To")
    return Replaces.parse(unquote(values[0])) if values else None
