"""The library baresip-python as a phone: today's baresip with Opus, G.722, SRTP, TLS and IPv6, fed with sound by us."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from tests.phones import ports
from tests.phones.baresip_python_child import Settings
from tests.phones.child_phone import ChildPhone
from tests.phones.sounds import Pcm, load

if TYPE_CHECKING:
    from pathlib import Path

_RTP_PORTS = 20
_CODECS = {
    "PCMU": ("pcmu/8000/1", 8000),
    "PCMA": ("pcma/8000/1", 8000),
    "G722": ("g722/16000/1", 16000),
    "opus": ("opus/48000/2", 16000),
}
"""What baresip calls it, and the rate of what the phone says."""


class BaresipPythonPhone(ChildPhone):
    def __init__(
        self,
        folder: Path,
        user: str,
        *,
        registrar: str = "",
        password: str = "",
        codec: str = "PCMU",
        host: str = "127.0.0.1",
        transport: str = "udp",
        encryption: str = "",
        ca_file: Path | None = None,
        certificate: Path | None = None,
        answers: bool = True,
    ) -> None:
        """Registers with ``password`` if there is a ``registrar`` (``HOST:PORT``); else it is reached at :attr:`uri`.

        ``encryption`` is what baresip calls ``mediaenc``: ``srtp``, or ``srtp-mand`` where nothing else will do.
        """
        name, self.rate = _CODECS[codec]
        self.port = ports.take(2)
        settings = Settings(
            host=host,
            sip_port=self.port,
            rtp_port=ports.take(_RTP_PORTS),
            rtp_ports=_RTP_PORTS,
            user=user,
            password=password,
            registrar=registrar,
            transport=transport,
            codec=name,
            encryption=encryption,
            ca_file=str(ca_file or ""),
            certificate=str(certificate or ""),
            rate=self.rate,
            answers=answers,
        )
        self.uri = f"sip:{user}@{ports.address(host, self.port)}"
        super().__init__(
            f"baresip-python {user}",
            folder / f"baresip-python-{user}",
            "tests.phones.baresip_python_child",
            json.dumps(asdict(settings)),
        )

    def hold(self) -> None:
        self._command(do="hold")

    def resume(self) -> None:
        self._command(do="resume")

    def hand_over(self, uri: str) -> None:
        """Calls somebody, who then goes on in its place: an attended transfer."""
        self._command(do="hand_over", number=uri)

    def press(self, keys: str) -> None:
        """One after the other, as RFC 4733 events."""
        self._command(do="press", keys=keys)

    def heard_wide(self) -> Pcm:
        """At 16 kHz, as an HD phone has it."""
        return load(self.write_heard(), 16_000)
