"""What ``confctl check`` says of ports."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from confctl.findings import Finding, fine, wrong
from confctl.problems import reason
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.listen_settings import Listen
    from confctl.settings import Settings


def ports(settings: Settings) -> Iterator[Finding]:
    for listen in settings.sip.listen:
        problem = _wrong_listen(listen)
        address = say("{address}", address=listen)
        yield wrong(address, problem) if problem else fine(address, say("free"))
    first, last = settings.media.first_port, settings.media.last_port
    hosts = {":" in listen.host: listen.host for listen in settings.sip.listen}.values()  # of each version of IP one
    free = sum(all(_is_free(host, port) for host in hosts) for port in range(first, last + 1))
    found = say("{free} of {all} ports are free", free=free, all=last + 1 - first)
    yield Finding(say("ports {first}-{last}", first=first, last=last), free < 2, found)


def _wrong_listen(listen: Listen) -> Sentence | None:
    kind = socket.SOCK_DGRAM if listen.transport == "udp" else socket.SOCK_STREAM
    with socket.socket(_family(listen.host), kind) as probe:
        try:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the mixer does
            if probe.family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((listen.host, listen.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return say("another program has this port; stop it or choose another one in sip.listen")
            return say("this can't be listened on: {error}", error=reason(error))
    return None


def _is_free(host: str, port: int) -> bool:
    with socket.socket(_family(host), socket.SOCK_DGRAM) as probe:
        try:
            if probe.family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
