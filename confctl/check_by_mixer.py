"""``confctl check CODE`` as the mixer starts it before a conference: once, and the sysadmin is written to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from confctl.book.book import no_such
from confctl.check_conference import check_conference
from confctl.checked import Checked, Checks, as_planned
from confctl.mail import warning
from confctl.problems import reason
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.findings import Finding
    from confctl.session import Session
    from confctl.terminal.screen import Json

_NICENESS = 10
"""Sound comes first."""


def check_by_mixer(session: Session, code: str) -> Json:
    """``looked``: whether that was not done before; ``wrong``: what was found, for the log.

    Who was told of the same failures of the same conference is not told again.  Raises RefusedError.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    settings, entry = session.settings, session.book.get(code)
    if entry is None:
        raise no_such(code)
    checks, plan = Checks(settings.paths.state), as_planned(entry.plan)
    before = checks.read(code)
    if before is not None and before.plan == plan:
        return {"looked": False, "wrong": []}
    found = check_conference(settings, session.directory, session.book, entry, session.now, session.language)
    wrong = [finding for finding in found if finding.wrong]
    try:
        if wrong and (before is None or before.wrong != _failures(wrong)):
            warning.queue(settings, entry.plan, wrong, session.now)
        checks.write(code, Checked(plan, _failures(wrong)))
        checks.forget_all_but({each.plan.code for each in session.book.entries()[0]})
    except OSError as error:  # a full disk is among what is to be told: the log has it
        why, file = reason(error), error.filename or settings.paths.outbox
        session.screen.complain(say("What the check has found can't be kept ({file}: {error}).", file=file, error=why))
    return {"looked": True, "wrong": [_in_words(finding, session) for finding in wrong]}


def _failures(wrong: Sequence[Finding]) -> tuple[str, ...]:
    """Not the values of a detail: how long a server took is another failure each time."""
    return tuple(sorted({f"{finding.what}: {_pattern(finding.detail)}" for finding in wrong}))


def _pattern(sentence: Sentence) -> str:
    inner = (_pattern(value) for value in sentence.values.values() if isinstance(value, Sentence))
    return " ".join((sentence.text, *inner))


def _in_words(finding: Finding, session: Session) -> Json:
    language = session.language
    return {"what": finding.what.in_language(language), "detail": finding.detail.in_language(language)}
