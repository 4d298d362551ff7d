"""Hands mails to a mail server: SMTP (RFC 5321) by smtplib, one connection for many.

What can go wrong has three shapes.  :class:`RefusedByServer` and :class:`DeferredByServer` concern one mail;
:class:`ServerFault` concerns all.  A line that breaks is the mail's for which it broke (:class:`LineLost`), until it
breaks again: then it is the server's.

What SMTP itself leaves open: if the line is lost between the dot that ends a mail and the server's answer, nobody but
the server knows whether it took the mail (RFC 1047).  It is then sent again with the same Message-ID, by which servers
and mail programs know the two for one; and the answer is waited for as long as RFC 5321 §4.5.3.2.6 wants, since most
such doubles come from impatience.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from confctl.problems import reason
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from confctl.mail.settings import Mail


class _Failure(Exception):
    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


class RefusedByServer(_Failure):
    """For ever: this mail to this person (a reply 5xx)."""


class DeferredByServer(_Failure):
    """For now: this mail to this person (a reply 4xx)."""


class LineLost(_Failure):
    """The connection broke in the middle of a mail, which is therefore tried again."""


class WornOut(_Failure):
    """The connection has carried mails, and carries no more; nothing of this mail was handed over."""


class ServerFault(_Failure):
    """No mail can be handed over: not reached, not trusted, not let in, or the sender is refused."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited for the server."""

    connecting: float = 20.0
    replying: float = 60.0
    taking: float = 600.0
    """For the answer to a whole mail."""


class Connection:
    """An open session.  Each method may raise what its class says; after LineLost and ServerFault it is over."""

    def __init__(self, mail: Mail, domain: str, patience: Patience) -> None:
        """Raises ServerFault.  ``domain`` is how we greet (RFC 5321 §4.1.1.1)."""
        self._mail = mail
        self._patience = patience
        self._carried = 0
        try:
            self._smtp = self._connected(domain)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise ServerFault(_why(error)) from None
        try:
            self._greet()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._smtp.close()
            raise ServerFault(_why(error)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What is sent is sent: a server that does not take leave in order changes nothing."""
        with suppress(OSError, smtplib.SMTPException):
            self._wait(1.0)
            self._smtp.quit()
        self._smtp.close()

    @property
    def is_open(self) -> bool:
        """As far as one knows before the next mail."""
        return self._smtp.sock is not None

    def send(self, to: str, message: bytes) -> None:
        """Returns once the server has taken the mail."""
        if not to:
            raise RefusedByServer(say("there is no address in this mail"))
        try:
            self._begin(message)
            self._to(to)
            self._data(message)
            self._carried += 1
        except smtplib.SMTPServerDisconnected as error:
            raise LineLost(_why(error)) from None
        except smtplib.SMTPException as error:
            raise ServerFault(_why(error)) from None
        except OSError as error:
            raise LineLost(_why(error)) from None

    def _connected(self, domain: str) -> smtplib.SMTP:
        host, port, timeout = self._mail.host, self._mail.port, self._patience.connecting
        if self._mail.security == "tls":
            return smtplib.SMTP_SSL(host, port, domain, timeout=timeout, context=self._context())
        return smtplib.SMTP(host, port, domain, timeout=timeout)

    def _greet(self) -> None:
        self._smtp.ehlo_or_helo_if_needed()
        if self._mail.security == "starttls":
            self._smtp.starttls(context=self._context())
            self._smtp.ehlo()
        if self._mail.username:
            self._smtp.login(self._mail.username, self._mail.password or "")

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._mail.ca_file)

    def _begin(self, message: bytes) -> None:
        """Many servers take a few mails on one connection, then say 421 or hang up: that concerns the connection."""
        self._wait(self._patience.replying)
        try:
            self._from(_needs_utf8(message))
        except (OSError, smtplib.SMTPException, ServerFault):
            if not self._carried:
                raise
            self._smtp.close()
            raise WornOut(say("the mail server takes no more on this connection")) from None

    def _from(self, utf8: bool) -> None:
        if utf8 and not self._smtp.has_extn("smtputf8"):
            raise RefusedByServer(say("the mail server takes only addresses of ASCII characters (no SMTPUTF8)"))
        code, reply = self._smtp.mail(self._mail.sender.address, ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else [])
        if code != 250:  # our own address is at fault, or the server is busy: no other mail would fare better
            raise ServerFault(_said(code, reply))

    def _to(self, to: str) -> None:
        code, reply = self._smtp.rcpt(to)
        if code not in (250, 251):
            self._fail(code, reply)

    def _data(self, message: bytes) -> None:
        self._wait(self._patience.taking)
        try:
            code, reply = self._smtp.data(message)
        except smtplib.SMTPDataError as error:
            code, reply = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        if code != 250:
            self._fail(code, reply)

    def _fail(self, code: int, reply: bytes) -> None:
        """Raises what a reply means for the mail, after the server has been told to forget it."""
        said = _said(code, reply)
        if code == 421 or code in _NOT_LET_IN:  # RFC 5321 §3.8: it closes the line; RFC 4954 §6
            raise ServerFault(said)
        self._wait(self._patience.replying)
        with suppress(smtplib.SMTPServerDisconnected):  # some hang up after a 5xx; what they said stands
            self._smtp.rset()
        raise RefusedByServer(said) if code >= 500 else DeferredByServer(said)

    def _wait(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


_NOT_LET_IN = (530, 534, 535, 538)


def _needs_utf8(message: bytes) -> bool:
    return not message.isascii()


def _said(code: int, reply: bytes) -> Sentence:
    return say(
        "the mail server says: {code} {reply}", code=code, reply=" ".join(reply.decode(errors="replace").split())
    )


def _why(error: OSError | smtplib.SMTPException | UnicodeError) -> Sentence:
    match error:
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=reply):
            return _said(code, reply if isinstance(reply, bytes) else str(reply).encode())
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return say("the mail server offers no STARTTLS; write tls or none in mail.security, whichever it wants")
        case smtplib.SMTPServerDisconnected():
            return say("the mail server closed the connection, or did not answer in time")
        case ssl.SSLCertVerificationError(verify_message=told):
            return say("the mail server's certificate is not trusted: {error}", error=told)
        case ssl.SSLError(reason=told) if told:
            return say("TLS with the mail server fails: {error}", error=told)
        case TimeoutError():
            return say("the mail server does not answer in time")
        case socket.gaierror():
            return say("the mail server's name is not found: {error}", error=reason(error))
        case OSError(strerror=told) if told:
            return say("the mail server is not reached: {error}", error=reason(error))
        case _:
            return say("the mail server is not understood: {error}", error=error)
