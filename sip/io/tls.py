"""TLS: who we are to phones, and whether a server is who it should be (RFC 5922)."""

from __future__ import annotations

import logging
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from sip.errors import RemoteError
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sip.settings import TlsFiles

_log = logging.getLogger(__name__)

_OLDEST: Final = ssl.TLSVersion.TLSv1_2


class Tls:
    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._server: ssl.SSLContext | None = None
        self._client: ssl.SSLContext | None = None
        self._read: tuple[int, ...] = ()
        """When the files of the server's context had changed last."""

    def server(self) -> ssl.SSLContext:
        """For phones, of whom no certificate is asked: they prove themselves by digest.

        Read again when the files have changed, as at each renewal; while what they hold then can't be used, the former
        certificate serves on.  Raises OSError (ssl.SSLError is one) where there is no former one.
        """
        try:
            changed = tuple(file.stat().st_mtime_ns for file in self._own_files())
            if self._server is None or changed != self._read:
                self._server, self._read = self._load(), changed
        except OSError as error:
            if self._server is None:
                raise
            _log.warning("the new certificate can't be used, the former one serves on: %s", error.strerror or error)
            self._read = changed if isinstance(error, ssl.SSLError) else self._read
        return self._server

    def client(self) -> ssl.SSLContext:
        """For servers that we write to.  Reading the system's roots takes a while: not in the loop.  Raises OSError."""
        if self._client is None:
            context = ssl.create_default_context(cafile=self._files.ca_file)
            context.minimum_version = _OLDEST
            context.check_hostname = False  # RFC 5922 has its own rules: see :func:`certified`
            self._client = context
        return self._client

    def _own_files(self) -> Iterator[Path]:
        return (file for file in (self._files.certificate, self._files.private_key) if file is not None)

    def _load(self) -> ssl.SSLContext:
        if self._files.certificate is None:
            raise FileNotFoundError(0, "no certificate is named")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = _OLDEST
        # A password, so that a key that wants one is an error, and nobody is asked on the terminal.
        context.load_cert_chain(self._files.certificate, self._files.private_key, password="")
        return context


def certified(certificate: Mapping[str, object], name: str) -> bool:
    """Whether a certificate that is trusted, as ``SSLObject.getpeercert`` has it, is that of ``name`` (RFC 5922 §7.2).

    One thing is taken more widely than there: a ``*`` as the whole first label, since the providers that have such
    certificates can't be reached otherwise.
    """
    return any(_same(identity, name.rstrip(".").lower()) for identity in identities(certificate))


def identities(certificate: Mapping[str, object]) -> list[str]:
    """Whose certificate it is: domains of its SIP URIs, else names and addresses, else its CN (RFC 5922 §7.1)."""
    alternatives = _pairs(certificate.get("subjectAltName"))
    domains = [host for kind, value in alternatives if kind == "URI" and (host := _sip_domain(value))]
    if domains:
        return domains
    if alternatives:
        return [value.lower() for kind, value in alternatives if kind in ("DNS", "IP Address")]
    return [
        value.lower() for field in _fields(certificate.get("subject")) for key, value in field if key == "commonName"
    ]


def _same(identity: str, name: str) -> bool:
    try:
        return ip_address(identity) == ip_address(name)
    except ValueError:
        _, dot, parent = name.partition(".")
        return identity == name or (bool(dot) and "." in parent and identity == f"*.{parent}")


def _sip_domain(uri: str) -> str | None:
    try:
        read = Uri.parse(uri)
    except RemoteError:
        return None
    return read.host.lower() if read.scheme == "sip" and read.user is None else None


def _fields(value: object) -> list[list[tuple[str, str]]]:
    return [_pairs(field) for field in value] if isinstance(value, tuple) else []


def _pairs(value: object) -> list[tuple[str, str]]:
    """``ssl`` gives tuples of tuples, typed as anything."""
    if not isinstance(value, tuple):
        return []
    return [(str(pair[0]), str(pair[1])) for pair in value if isinstance(pair, tuple) and len(pair) == 2]
