"""What ``confctl check`` says of trunks: where they are, as the mixer will look for them, and whether they answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING, Final, cast

from confctl.findings import Finding, fine, unasked, wrong
from confctl.wire_reasons import told
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.settings import Settings
    from confctl.trunk_settings import Trunk
    from mixer.control import Json
    from sip.effects import Effect, Peer

MOST_ASKED: Final = 3
"""Addresses of one trunk; each is waited for by turns."""


@dataclass(frozen=True, slots=True)
class _Found:
    peers: tuple[Peer, ...] = ()
    lost: str = ""
    """Why there are none."""
    alive: bool = False
    detail: str = ""
    milliseconds: int = 0


def trunks(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """In the order of the settings; takes up to ten seconds where nobody answers."""
    if settings.trunks:
        logging.getLogger("sip").addHandler(logging.NullHandler())  # what it would log, the findings say
        found = asyncio.run(_look_for_all(settings))
        registered = _registered(settings) if running else {}
        for trunk, each in zip(settings.trunks, found, strict=True):
            yield registered.get(trunk.name) or _finding(trunk, each)


def passwords(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """Only the mixer registers: asking twice would take its place there."""
    for trunk in () if running else settings.trunks:
        if trunk.register:
            detail = say("no mixer runs, so nobody knows whether the user and the password are accepted")
            yield unasked(say("trunk {name}", name=trunk.name), detail)


def _registered(settings: Settings) -> dict[str, Finding]:
    """What the running mixer knows of the trunks where it registers: whether they take its password, and that they are
    there even if they answer nobody else."""
    from mixer.control import ControlError, ask

    try:
        status = ask(settings.paths.socket, "status", timeout=2)["status"]
    except ControlError:
        return {}
    known = cast("list[dict[str, Json]]", cast("dict[str, Json]", status)["trunks"])
    return {str(trunk["name"]): found for trunk in known if (found := _told(trunk))}


def _told(trunk: dict[str, Json]) -> Finding | None:
    what = say("trunk {name}", name=trunk["name"])
    match trunk["registered"], trunk["alive"], trunk["detail"]:
        case True, True | None, _:
            return fine(what, say("the running mixer is registered there"))
        case False, _, str(detail) if trunk["found"] and detail:
            return wrong(what, say("the running mixer is not registered there ({detail})", detail=detail))
        case _:
            return None


def _finding(trunk: Trunk, found: _Found) -> Finding:
    what = say("trunk {name}", name=trunk.name)
    if not found.peers:
        return wrong(what, say("{host} is not found: {error}", host=_host(trunk), error=told(found.lost)))
    where = ", ".join(map(_place, found.peers[:MOST_ASKED]))
    return fine(what, _answer(where, found)) if found.alive else wrong(what, _failure(where, found.detail))


def _failure(where: str, detail: str) -> Sentence:
    if detail == "no answer":
        return say("no answer from {addresses}", addresses=where)
    if detail[:1].isdigit():  # a 503, or what a proxy says of a trunk that it can't reach
        return say("{addresses} answers {detail}: it is out of order", addresses=where, detail=detail)
    return say("no answer from {addresses} ({detail})", addresses=where, detail=told(detail))


def _answer(where: str, found: _Found) -> Sentence:
    return say(
        "{addresses} answers {detail} in {milliseconds} ms",
        addresses=where,
        detail=found.detail,
        milliseconds=found.milliseconds,
    )


def _host(trunk: Trunk) -> str:
    return trunk.uri.partition(":")[2].partition(";")[0]


def _place(peer: Peer) -> str:
    from sip.uri import print_hostport

    return f"{peer.transport}:{print_hostport(peer.host, peer.port)}"


async def _look_for_all(settings: Settings) -> list[_Found]:
    """All at once, since each may take its time."""
    return await asyncio.gather(*(_look_for(settings, trunk) for trunk in settings.trunks))


async def _look_for(settings: Settings, trunk: Trunk) -> _Found:
    from sip.io.records import Records
    from sip.io.resolver import Resolver
    from sip.targets import Unresolved
    from sip.uri import Uri

    spoken = ((at.transport, 6 if ":" in at.host else 4) for at in settings.sip.listen)
    resolver = Resolver(Records(asyncio.get_running_loop().time), spoken, SystemRandom())
    try:
        peers = await resolver.targets(Uri.parse(trunk.uri))
    except Unresolved as error:
        return _Found(lost=error.reason)
    return await _ask(settings, trunk, peers)


async def _ask(settings: Settings, trunk: Trunk, peers: tuple[Peer, ...]) -> _Found:
    """By OPTIONS from a port of our own, as the mixer does from its: any answer is a sign of life."""
    from sip.agent import Agent
    from sip.effects import TrunkAlive
    from sip.io.addresses import LocalAddresses
    from sip.io.endpoint import Endpoint
    from sip.probing import PATIENCE
    from sip.settings import AgentSettings, ListenAt, TlsFiles, TrunkSettings
    from sip.uri import Uri

    class _Nobody:
        def password(self, user: str) -> str | None:
            return None

    loop = asyncio.get_running_loop()
    answer: asyncio.Future[TrunkAlive] = loop.create_future()

    def told(effect: Effect) -> None:
        if isinstance(effect, TrunkAlive) and not answer.done():
            answer.set_result(effect)

    asked = TrunkSettings(
        trunk.name,
        Uri.parse(trunk.uri),
        trunk.username,
        None,
        register=False,
        trust_caller_id=False,
        options_seconds=60,
    )
    anywhere = {"::" if ":" in peer.host else "0.0.0.0" for peer in peers}  # noqa: S104  whoever writes there is dropped
    listen = [ListenAt("udp", host, 0) for host in anywhere]
    ours = AgentSettings(settings.sip.domain, frozenset(), LocalAddresses(listen), "confctl", (asked,))
    agent = Agent(ours, _Nobody(), SystemRandom())
    certificates = settings.sip.certificates
    tls = TlsFiles(certificates.certificate, certificates.private_key, certificates.ca_file)
    async with Endpoint(agent, listen, told, tls) as endpoint:
        began = endpoint.now()
        agent.trunk_resolved(trunk.name, peers[:MOST_ASKED], began)
        agent.register_trunks(began)
        endpoint.flush()
        try:
            heard = await asyncio.wait_for(answer, MOST_ASKED * PATIENCE + 1)
        except TimeoutError:
            return _Found(peers, detail="no answer")
        why = endpoint.why_not(peers[0])
        detail = heard.detail if heard.alive or why is None else why
        return _Found(peers, "", heard.alive, detail, round(1000 * (endpoint.now() - began)))
