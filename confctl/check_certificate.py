"""What ``confctl check`` says of the certificate that phones see."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from confctl.findings import Finding, fine, wrong
from confctl.problems import reason
from confctl.words import Sentence, count, say
from sip.io.tls import Tls, certified, identities
from sip.settings import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from confctl.settings import Settings

_SOON_DAYS: Final = 14
"""Before its end a certificate should have been renewed: Let's Encrypt does so with 30 days left."""


def certificate(settings: Settings, until: float | None = None) -> Iterator[Finding]:
    """Nothing where nobody speaks TLS with us.  ``until``: seconds since the epoch, to which it should be good."""
    what, files, domain = say("certificate"), settings.sip.certificates, settings.sip.domain
    if problem := unusable(settings):
        yield wrong(what, problem)
    elif files.certificate is not None and _is_shown(settings):
        seen = _seen_by_phones(TlsFiles(files.certificate, files.private_key))
        doubts = [wrong(what, doubt) for doubt in _doubts(seen, domain, files.certificate, until)]
        names, day = ", ".join(identities(seen)), f"{_end(seen):%Y-%m-%d}"
        yield from doubts or [fine(what, say("for {names}, until {day}", names=names, day=day))]


def unusable(settings: Settings) -> Sentence | None:
    """Why the mixer can't start with these files."""
    files = settings.sip.certificates
    if files.ca_file is not None and (problem := _no_roots(files.ca_file)):
        return problem
    if files.certificate is not None and _is_shown(settings):
        try:
            _seen_by_phones(TlsFiles(files.certificate, files.private_key))
        except OSError as error:
            return _why(files.certificate, files.private_key, error)
    return None


def _is_shown(settings: Settings) -> bool:
    return any(at.transport == "tls" for at in settings.sip.listen)


def _why(file: Path, key: Path | None, error: OSError) -> Sentence:
    if not isinstance(error, ssl.SSLError):
        return say("{file} can't be read: {error}", file=error.filename or file, error=reason(error))
    if error.reason == "KEY_VALUES_MISMATCH":
        return say("{key} is not the key of {file}; name the two that belong together", key=key or file, file=file)
    if isinstance(error, ssl.SSLCertVerificationError):
        return say("{file} can't be used: {error}", file=file, error=error.verify_message)
    if key is None:
        return say("{file} is no certificate with its key in PEM; name the key in sip.private_key", file=file)
    return say("{file} and {key} are no certificate and key in PEM without a password", file=file, key=key)


def _no_roots(file: Path) -> Sentence | None:
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        return say("{file} holds no certificates in PEM", file=file)
    except OSError as error:
        return say("{file} can't be read: {error}", file=file, error=reason(error))
    return None


def _doubts(seen: Mapping[str, object], domain: str, file: Path, until: float | None) -> Iterator[Sentence]:
    days = (_end(seen) - datetime.now(UTC)).days
    if days < 0:
        yield say("{file} has expired; renew it", file=file)
    elif until is not None and _end(seen).timestamp() < until:
        yield say(
            "{file} expires on {day}, before the end; renew it", file=file, day=f"{_end(seen):%Y-%m-%d %H:%M} UTC"
        )
    elif days < _SOON_DAYS:
        yield count(days, "{file} expires in {n} day; renew it", "{file} expires in {n} days; renew it", file=file)
    if not certified(seen, domain.strip("[]")):
        names = ", ".join(identities(seen)) or "—"
        yield say(
            "{file} is for {names}, not for {domain}: phones will refuse it", file=file, names=names, domain=domain
        )


def _end(seen: Mapping[str, object]) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(seen["notAfter"])), UTC)


def _seen_by_phones(files: TlsFiles) -> Mapping[str, object]:
    """The certificate as the other side of a TLS handshake in memory has it: so the key is tried out, too.

    Raises OSError; ssl.SSLError is one.
    """
    phone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    phone.check_hostname = False
    phone.verify_flags = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    context = Tls(files).server()
    phone.load_verify_locations(files.certificate)
    to_phone, to_us = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(to_us, to_phone, server_side=True)
    theirs = phone.wrap_bio(to_phone, to_us)
    for side in (theirs, ours, theirs, ours):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue  # the other one's turn
    return theirs.getpeercert() or {}


_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: that it has expired is told in our own words."""
