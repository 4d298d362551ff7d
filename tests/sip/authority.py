"""Certificates for the tests of TLS, from an authority that nobody else trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trustme

from sip.settings import TlsFiles

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Authority:
    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.file = folder / "ca.pem"
        self._folder = folder
        self.ca.cert_pem.write_to_path(self.file)

    def files(self, *names: str, ends: datetime | None = None, number: int = 0) -> TlsFiles:
        """A certificate for these names, and trust in this authority."""
        issued = self.ca.issue_cert(*names, not_after=ends, key_type=trustme.KeyType.ECDSA)
        certificate = self._folder / f"{number}.pem"
        key = self._folder / f"{number}.key"
        certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
        return TlsFiles(certificate, key, self.file)
