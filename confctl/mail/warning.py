"""The mail to the sysadmin about what the check before a conference has found wrong."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from confctl.clean import clean
from confctl.dates import span_in_full, span_without_zone
from confctl.mail.blocks import Row
from confctl.mail.letters import Letter
from confctl.mail.message import written
from confctl.mail.outbox import Outbox
from confctl.mail.settings import Mailbox, sender_of
from confctl.mail.told import Aside
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from confctl.findings import Finding
    from confctl.settings import Settings
    from confctl.words import Language
    from mixer.rules.model import Plan

_NUMBER = "0"
"""The sysadmin need not be in the directory."""

_SILENT_TRUNK = say("A trunk does not answer: look whether its address is right and whether this machine reaches it.")
ADVICE: Final[Mapping[str, Sentence]] = {
    "no phone is registered": say(
        "Where no phone is registered: look whether the phone is switched on and whether its password is right."
    ),
    "registered, and does not answer OPTIONS ({detail})": say(
        "Where a registered phone does not answer: look whether it is still switched on, and start it anew."
    ),
    "{uri} does not answer ({detail})": say(
        "Where an address does not answer: look whether the phone is switched on and whether the address is still its."
    ),
    "there is no trunk for {number}": say(
        "Where there is no trunk for a number: set one up in confctl.toml, or give the person another number."
    ),
    "the running mixer is not registered there ({detail})": say(
        "A trunk is not registered: look whether user and password are those that the provider has given."
    ),
    "no answer from {addresses}": _SILENT_TRUNK,
    "no answer from {addresses} ({detail})": _SILENT_TRUNK,
}
"""What to do, by the texts of what checks find most often."""


def queue(settings: Settings, plan: Plan, wrong: Sequence[Finding], now: float) -> bool:
    """Whether there is somebody to be told.  Raises OSError."""
    if settings.mail is None or settings.mail.admin is None:
        return False
    language = settings.company.language
    to = Mailbox("", settings.mail.admin)
    said, name = letter(plan, wrong, settings, language), _message_id(plan, wrong, settings.sip.domain)
    text = written(said, sender_of(settings), to, language, now, plan.end, name).as_bytes().decode()
    outbox = Outbox(settings.paths.outbox)
    with outbox.changing():
        outbox.put_aside(now, plan.code, _NUMBER, Aside.WARNING, text)
    return True


def letter(plan: Plan, wrong: Sequence[Finding], settings: Settings, language: Language) -> Letter:
    when = span_without_zone(plan.start, plan.end, plan.zone, language)
    subject = count(
        len(wrong),
        "{n} thing is wrong before “{title}”, {when}",
        "{n} things are wrong before “{title}”, {when}",
        title=plan.title,
        when=when,
    )
    intro = say(
        "The check before the conference “{title}” ({code}), {when}, has found this:",
        title=plan.title,
        code=plan.code,
        when=span_in_full(plan.start, plan.end, plan.zone, language),
    )
    advice = " ".join(each.in_language(language) for each in _advice(wrong))
    rows = tuple(Row(each.what.in_language(language), each.detail.in_language(language)) for each in wrong)
    again = say("“confctl check {code}” looks again.", code=plan.code)
    return Letter(
        subject.in_language(language),
        (
            intro.in_language(language),
            rows,
            *filter(None, (advice,)),
            again.in_language(language),
            clean(settings.company.name),
        ),
    )


def _advice(wrong: Sequence[Finding]) -> Iterator[Sentence]:
    """Each once, however many it is for."""
    found = {text for each in wrong for text in _texts(each.detail)}
    yield from {advice.text: advice for text, advice in ADVICE.items() if text in found}.values()


def _texts(sentence: Sentence) -> Iterator[str]:
    """A finding about somebody with several phones has several sentences."""
    yield sentence.text
    for value in sentence.values.values():
        if isinstance(value, Sentence):
            yield from _texts(value)


def _message_id(plan: Plan, wrong: Sequence[Finding], domain: str) -> str:
    """The same for the same failures of the same start."""
    facts = [plan.code, str(int(plan.start)), *(f"{each.what}: {each.detail}" for each in wrong)]
    return f"<{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:32]}@{domain}>"
