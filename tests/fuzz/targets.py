"""What reads bytes of others, each as a function of any bytes: it returns, and raises nothing but what it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from media import rtcp, rtp
from media.dtmf import digit_of_info
from mixer import control
from mixer.negotiation import capabilities_of, codecs_of, read_offer
from sip.crypto import Crypto
from sip.digest import Challenge, Credentials
from sip.effects import Peer
from sip.errors import RemoteError
from sip.framing import Framer
from sip.parser import parse
from tests.sip.scenes import talking
from tests.sip.script import UNLIMITED, agent
from tests.sip.strategies import RFC_4475

if TYPE_CHECKING:
    from sip.agent import Agent
    from sip.offer import Capabilities

Target = Callable[[bytes], None]

_PEER: Final = Peer("udp", "10.0.0.9", 5060)
_RENEWED: Final = 2000
"""Messages that one agent gets: its calls and transactions are not to be all that is tested."""


class _Living:
    """An agent in a call, another from time to time."""

    def __init__(self) -> None:
        self._heard = 0
        self._agent: Agent | None = None

    def hear(self, data: bytes) -> None:
        if self._agent is None or self._heard % _RENEWED == 0:
            self._agent = talking()[0].agent if self._heard % (2 * _RENEWED) else agent(limits=UNLIMITED)
        self._heard += 1
        self._agent.receive(data, _PEER, self._heard / 50)
        self._agent.tick(self._heard / 50)
        assert len(list(self._agent.effects())) < 100


_living: Final = _Living()


@cache
def _capabilities() -> Capabilities:
    return capabilities_of(codecs_of(("PCMU", "PCMA", "G722")))


def read_message(data: bytes) -> None:
    """It parses, and then it survives printing; or RemoteError."""
    with suppress(RemoteError):
        message = parse(data)
        assert parse(bytes(message)) == message


def read_stream(data: bytes) -> None:
    """In two pieces: the frames are those of the whole."""
    frames = []
    for cut in (0, len(data) // 2):
        framer, found = Framer(), []
        with suppress(RemoteError):
            for piece in (data[:cut], data[cut:]):
                framer.receive(piece)
                while (frame := framer.next()) is not None:
                    found.append(frame)
        frames.append(found)
    assert frames[0] == frames[1]


def read_sdp(data: bytes) -> None:
    with suppress(RemoteError):
        read_offer(data, _capabilities(), "10.0.0.1")


def read_headers(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for reader in (Challenge.parse, Credentials.parse, Crypto.parse):
        with suppress(RemoteError):
            reader(text)
    digit_of_info("application/dtmf-relay", data)


def read_rtp(data: bytes) -> None:
    row = np.zeros((1, 2048), np.uint8)
    row[0, : min(len(data), 2048)] = np.frombuffer(data[:2048], np.uint8)
    rtp.parse(row, np.array([len(data)]))


def read_rtcp(data: bytes) -> None:
    with suppress(rtcp.RtcpError):
        rtcp.parse(data)


def read_order(data: bytes) -> None:
    """Of the control socket."""
    with suppress(control.ControlError):
        control.decode(data)


TARGETS: Final[dict[str, Target]] = {
    "message": read_message,
    "agent": _living.hear,
    "stream": read_stream,
    "sdp": read_sdp,
    "headers": read_headers,
    "rtp": read_rtp,
    "rtcp": read_rtcp,
    "control": read_order,
}
SEEDS: Final[dict[str, list[bytes]]] = {name: list(RFC_4475.values()) for name in ("message", "agent", "stream")}
