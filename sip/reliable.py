"""Provisional responses that are acknowledged: what RSeq and RAck say (RFC 3262)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.errors import RemoteError
from sip.grammar import TOKEN, parse_number
from sip.headers import MAX_SEQUENCE, CSeq

if TYPE_CHECKING:
    from sip.message import Request, Response

RELIABLE: Final = "100rel"
"""The option tag."""
MAX_NUMBER: Final = 2**32 - 1

# RAck = "RAck" HCOLON response-num LWS CSeq-num LWS Method
_RACK = re.compile(rf"(?P<number>[0-9]{{1,10}})[ \t]++(?P<cseq>[0-9]{{1,10}})[ \t]++(?P<method>{TOKEN})")


@dataclass(frozen=True, slots=True)
class RAck:
    """Which response a PRACK is for (§7.2)."""

    number: int
    """Its RSeq."""
    cseq: CSeq

    @classmethod
    def parse(cls, text: str) -> RAck:
        """RemoteError(400)."""
        found = _RACK.fullmatch(text.strip(" \t"))
        number = None if found is None else parse_number(found["number"], MAX_NUMBER)
        cseq = None if found is None else parse_number(found["cseq"], MAX_SEQUENCE)
        if found is None or number is None or cseq is None:
            raise RemoteError(400, "Bad RAck")
        return cls(number, CSeq(cseq, found["method"]))

    def __str__(self) -> str:
        return f"{self.number} {self.cseq}"


def demands(request: Request) -> bool:
    """Whether an INVITE takes no provisional response but those (§3)."""
    return any(option.lower() == RELIABLE for option in request.tokens("Require"))


def said_in_response(number: int) -> list[tuple[str, str]]:
    return [("Require", RELIABLE), ("RSeq", str(number))]


def number_of(response: Response) -> int | None:
    """The RSeq of a response that wants a PRACK; None for one that does not, or cannot be answered (§4)."""
    if not 100 < response.status < 200 or not any(each.lower() == RELIABLE for each in response.tokens("Require")):
        return None
    value = response.headers.get("RSeq")
    number = None if value is None else parse_number(value.strip(" \t"), MAX_NUMBER)
    return number or None
