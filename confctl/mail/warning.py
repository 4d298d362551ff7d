"""The mail to the sysadmin about what the check before a conference has found wrong."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from confctl.clean import clean
from confctl.dates import span_in_full, span_without_zone
from confctl.mail.blocks import Row
from confctl.mail.letters import Letter
from confctl.mail.message import written
from confctl.mail.outbox import Outbox
from confctl.mail.settings import Mailbox, sender_of
from confctl.mail.told import Aside
from confctl.words import count, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.findings import Finding
    from confctl.settings import Settings
    from confctl.words import Language
    from mixer.model import Plan

_NUMBER = "0"
"""The sysadmin need not be in the directory."""


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
    rows = tuple(Row(each.what.in_language(language), each.detail.in_language(language)) for each in wrong)
    again = say("“confctl check {code}” looks again.", code=plan.code)
    return Letter(
        subject.in_language(language),
        (intro.in_language(language), rows, again.in_language(language), clean(settings.company.name)),
    )


def _message_id(plan: Plan, wrong: Sequence[Finding], domain: str) -> str:
    """The same for the same failures of the same start."""
    facts = [plan.code, str(int(plan.start)), *(f"{each.what}: {each.detail}" for each in wrong)]
    return f"<{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:32]}@{domain}>"
