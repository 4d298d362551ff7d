"""How the headers of a mail are written: encoded words (RFC 2047) that give back every space.

The folding of the standard library (Python 3.11 to 3.13) drops spaces where an encoded word begins or ends a line:
“27 ноября” arrived as “27ноября”.
"""

from __future__ import annotations

from email.header import Header
from email.headerregistry import AddressHeader
from email.policy import SMTP, EmailPolicy

_LONGEST = 70
"""Octets of a word that the library leaves as it is: longer ones it encodes, and drops the spaces between them."""


class WholeWords(EmailPolicy):
    """Text that is not ASCII is encoded as a whole, its spaces with it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if isinstance(value, AddressHeader):
            addresses = (self._address(name, each.display_name, each.addr_spec) for each in value.addresses)
            return f"{name}: {', '.join(addresses)}{self.linesep}".encode()
        if value.isascii() and not (name.casefold() == "subject" and _has_long_words(value)):
            return super().fold_binary(name, value)
        return f"{name}: {self._encoded(name, value)}{self.linesep}".encode()

    def _address(self, name: str, display: str, address: str) -> str:
        if display.isascii():
            quoted = display.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{quoted}"{self.linesep} <{address}>' if display else address
        return f"{self._encoded(name, display)}{self.linesep} <{address}>"

    def _encoded(self, name: str, text: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


SEVEN_BIT = WholeWords(linesep=SMTP.linesep, cte_type="7bit")
"""For any server."""


def _has_long_words(text: str) -> bool:
    return any(len(word) > _LONGEST for word in text.split(" "))
