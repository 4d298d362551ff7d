"""A real mail server that fails as it is told to, and keeps what it took."""

from __future__ import annotations

import asyncio
import email
import threading
import warnings
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

DROP = "drop"
"""The line."""
HANG = "hang"
"""Until the client goes away."""
HANG_UP = "\0"
"""Behind a reply: the line is closed with it."""


@dataclass(frozen=True)
class Taken:
    sender: str
    to: str
    raw: bytes
    secured: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass
class PostOffice:
    """``faults`` has for each moment what happens instead of the usual, in turn: a reply, ``DROP`` or ``HANG``.

    Moments are ``connect``, ``mail``, ``rcpt``, ``data`` (before the text), ``text`` (in the middle of it, or in
    answer to it), ``taken`` (the server has the mail, but its answer is lost) and any mail address: its RCPT.
    """

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    faults: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    password: str | None = None
    utf8: bool = True
    pause: float = 0.0
    """Seconds that it thinks about each mail."""
    mails_a_connection: int | None = None
    """The next one is answered with 421, and the line is closed."""
    sessions: list[SMTP] = field(default_factory=list)

    def to(self, address: str) -> list[str]:
        """The subjects of what somebody got, in order."""
        return [mail.subject for mail in self.taken if mail.to == address]

    def fault(self, *moments: str) -> str | None:
        for moment in moments:
            if self.faults[moment]:
                return self.faults[moment].popleft()
        return None


class _Server(SMTP):
    """aiosmtpd with faults."""

    def __init__(self, office: PostOffice, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self._office = office
        self._begun = 0

    async def _handle_client(self) -> None:
        self._office.connections += 1
        self._office.sessions.append(self)
        if not await self._fails("connect"):
            await super()._handle_client()

    async def _fails(self, *moments: str) -> bool:
        fault = self._office.fault(*moments)
        if fault is None:
            return False
        assert self.transport is not None
        if fault == HANG:
            await self._reader.read(-1)
        if fault in (DROP, HANG):
            self.transport.abort()
        else:
            await self.push(fault.removesuffix(HANG_UP))
        if fault.endswith(HANG_UP):
            self.transport.close()
        return True

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802  aiosmtpd's name
        self._begun += 1
        if self._begun - 1 == self._office.mails_a_connection:
            self._office.faults["mail"].append(f"421 enough{HANG_UP}")
        if not await self._fails("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802  aiosmtpd's name
        address = arg.partition("<")[2].partition(">")[0]
        if not await self._fails("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  aiosmtpd's name
        if await self._fails("data"):
            return
        if self._office.faults["text"]:
            await self.push("354 go on")
            last = b"" if self._office.faults["text"][0] in (DROP, HANG) else b".\r\n"
            while await self._reader.readline() != last and last:
                pass
            await self._fails("text")
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: _Server, session: Session, envelope: Envelope
    ) -> str:
        user = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        content, (to,) = envelope.content, envelope.rcpt_tos
        assert isinstance(content, bytes)
        self._office.taken.append(Taken(envelope.mail_from or "", to, content, session.ssl is not None, user))
        await asyncio.sleep(self._office.pause)
        if self._office.faults["taken"]:
            await server._fails("taken")
            await asyncio.sleep(3600)
        return "250 taken"


def _server(office: PostOffice, starttls: ssl.SSLContext | None) -> _Server:
    def let_in(_: object, __: object, ___: object, ____: str, data: object) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password.decode() == office.password
        return AuthResult(success=good, handled=False, auth_data=data)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a password without TLS is unwise; this one is no secret
        return _Server(
            office,
            _Handler(office),
            hostname="post.example",
            tls_context=starttls,
            authenticator=let_in if office.password else None,
            auth_required=office.password is not None,
            auth_require_tls=False,
            enable_SMTPUTF8=office.utf8,
        )


@contextmanager
def open_post_office(
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    password: str | None = None,
    utf8: bool = True,
) -> Iterator[PostOffice]:
    """In a thread of its own, with an event loop of its own."""
    office = PostOffice(password=password, utf8=utf8)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: _server(office, starttls), "127.0.0.1", port, ssl=tls)

    async def close(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=5)
        for session in office.sessions:
            if session.transport:
                session.transport.abort()
        await asyncio.sleep(0.01)  # transports say goodbye in a later turn of the loop

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(5)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
