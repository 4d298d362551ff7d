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
    if SRTP_AVAILABLE or not _required(settings):
        return None
    return say(
        "srtp is “required” for {what}, but pylibsrtp is not installed; “pip install 'confctl[secure]'” brings it",
        what=", ".join(_required(settings)),
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
    for listen in settings.sip.listen:
        if listen.transport != "tls" and (listen.srtp or settings.sip.srtp) == "required":
            yield fine(
                what,
                say(
                    "the keys travel with the signalling, and {transport} can be read on the way: only over tls do "
                    "they stay secret",
                    transport=listen.transport,
                ),
            )


def _required(settings: Settings) -> list[str]:
    """Of which parts of the settings it is said."""
    found = ["[sip]"] if settings.sip.srtp == "required" else []
    found += [f"{at.transport}:{at.host}:{at.port}" for at in settings.sip.listen if at.srtp == "required"]
    return found + [f"trunk {trunk.name}" for trunk in settings.trunks if trunk.srtp == "required"]
