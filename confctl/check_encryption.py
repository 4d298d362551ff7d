"""What ``confctl check`` says of encrypted sound (SRTP), and why a mixer that has to encrypt may not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.findings import Finding, fine, wrong
from confctl.words import Sentence, say
from mixer.settings import SRTP_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.settings import Settings


def missing(settings: Settings) -> Sentence | None:
    """What is wrong where something requires what is not installed."""
    required = next(_required(settings), None)
    if SRTP_AVAILABLE or required is None:
        return None
    return say(
        "srtp is “required” for {what}, but pylibsrtp is not installed; “pip install 'confctl[secure]'” brings it",
        what=required,
    )


def findings(settings: Settings) -> Iterator[Finding]:
    what = say("encryption")
    if problem := missing(settings):
        yield wrong(what, problem)
    elif settings.sip.srtp == "off":
        yield fine(what, say("off"))
    elif not SRTP_AVAILABLE:
        yield fine(what, say("none, since pylibsrtp is not installed; “pip install 'confctl[secure]'” brings it"))
    else:
        yield fine(what, say("{srtp} (SRTP)", srtp=settings.sip.srtp))
    yield from _exceptions(what, settings)
    for name, transport in _readable(settings):
        yield fine(
            what,
            say(
                "{name}: the keys travel with the signalling, and {transport} can be read on the way; only over tls do "
                "they stay secret",
                name=name,
                transport=transport,
            ),
        )


def _exceptions(what: Sentence, settings: Settings) -> Iterator[Finding]:
    """Listeners and trunks that are not as ``[sip] srtp`` says."""
    set_apart: list[tuple[Sentence | str, str | None]] = [(str(at), at.srtp) for at in settings.sip.listen]
    set_apart += [(say("trunk {name}", name=trunk.name), trunk.srtp) for trunk in settings.trunks]
    for name, srtp in set_apart:
        if srtp not in (None, settings.sip.srtp):
            yield fine(what, say("{name}: {srtp}", name=name, srtp=srtp))


def _readable(settings: Settings) -> Iterator[tuple[Sentence | str, str]]:
    """What requires encryption, and sends its keys where others can read them (RFC 4568 §7.3)."""
    usual = settings.sip.srtp
    for at in settings.sip.listen:
        if at.transport != "tls" and (at.srtp or usual) == "required":
            yield str(at), at.transport
    for trunk in settings.trunks:
        _, _, named = trunk.uri.lower().partition(";transport=")
        if not trunk.uri.lower().startswith("sips:") and named != "tls" and (trunk.srtp or usual) == "required":
            yield say("trunk {name}", name=trunk.name), named or "udp"


def _required(settings: Settings) -> Iterator[Sentence | str]:
    """Of which parts of the settings it is said."""
    if settings.sip.srtp == "required":
        yield "[sip]"
    yield from (str(at) for at in settings.sip.listen if at.srtp == "required")
    yield from (say("trunk {name}", name=trunk.name) for trunk in settings.trunks if trunk.srtp == "required")
