"""``confctl check``: what would go wrong at the hour, while there is still time to mend it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from typing import TYPE_CHECKING

from confctl import (
    check_certificate,
    check_clock,
    check_control,
    check_encryption,
    check_entry,
    check_lines,
    check_numbers,
    check_prompts,
    check_room,
    check_secrets,
    check_trunks,
)
from confctl.book.listing import State, state
from confctl.book.strays import strays
from confctl.findings import Finding, fine, wrong
from confctl.mail import check as mail_check
from confctl.running import is_running
from confctl.words import Sentence, count, say
from mixer.codec_names import spelled
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.book.book import Book
    from confctl.people.directory import Directory
    from confctl.problems import Problem
    from confctl.settings import Settings
    from mixer.journal import Journal
    from mixer.rules.model import Plan


def check(settings: Settings, directory: Directory, book: Book, journal: Journal, now: float) -> list[Finding]:
    """Each thing that was looked at, the good ones too."""
    running = is_running(settings)
    return [
        fine(say("settings"), say("{file}: no mistakes", file=settings.file)),
        *_people(settings, directory),
        *_conferences(book, directory, journal, now, _strays(settings.paths.conferences), running=running),
        *(each for entry in book.entries()[0] for each in check_entry.greetings(entry)),
        *folders(settings),
        *_recordings(settings, book),
        *([fine(say("ports"), say("the running mixer has them"))] if running else check_lines.ports(settings)),
        *check_certificate.certificate(settings),
        *check_trunks.trunks(settings, running=running),
        *check_trunks.passwords(settings, running=running),
        *check_numbers.rewritten(settings, directory),
        *mail_check.findings(settings, now),
        *check_prompts.shipped(settings, {person.language for person in directory.people if person.language}),
        *check_prompts.own(settings),
        *check_control.findings(settings),
        _codecs(settings),
        *check_encryption.findings(settings),
        *check_secrets.secrets(settings),
        check_clock.clock(settings, now),
    ]


def _people(settings: Settings, directory: Directory) -> Iterator[Finding]:
    yield from _problems(say("people"), directory.problems)
    taken = directory.by_number(settings.company.conference_number)
    if taken:
        yield wrong(
            say("people"),
            say(
                "{name} has the conference number {number}; one of the two must change",
                name=taken.name,
                number=settings.company.conference_number,
            ),
        )
    elif not directory.people and not directory.problems:
        yield wrong(say("people"), say("nobody can be called; “confctl people add” adds somebody"))
    elif not directory.problems:
        yield fine(say("people"), say("{count} that can be called", count=len(directory.people)))


def _conferences(
    book: Book, directory: Directory, journal: Journal, now: float, ignored: list[Finding], *, running: bool
) -> Iterator[Finding]:
    entries, problems = book.entries()
    what = say("conferences")
    wrong = [
        *_problems(what, problems),
        *(each for entry in entries for each in check_entry.gone(what, entry.plan, directory)),
        *(each for entry in entries for each in check_entry.guessable(what, entry.plan)),
        *(_late(what, entry.plan) for entry in entries if state(entry, journal, now, lambda: running) in _LATE),
        *(finding for finding in ignored if finding.wrong),
    ]
    yield from wrong or [fine(what, say("{count} current", count=len(entries)))]
    yield from (finding for finding in ignored if not finding.wrong)


_LATE = (State.OVERDUE, State.INTERRUPTED)


def _late(what: Sentence, plan: Plan) -> Finding:
    return wrong(what, say("{code} should run by now; start the mixer with “confctl run”", code=plan.code))


def _strays(folder: Path) -> list[Finding]:
    """Copies and notes are nobody's mistake; what ends in .toml was meant to be a conference."""
    return [
        Finding(
            say("conferences"),
            wrong=file.suffix == ".toml",
            detail=say("{file} is not read; a conference's file is called after its code, as 123456.toml", file=file),
        )
        for file in strays(folder)
    ]


def folders(settings: Settings) -> Iterator[Finding]:
    for folder in (settings.paths.conferences, settings.paths.journal, settings.paths.state):
        if problem := unwritable(folder):
            yield wrong(say("folders"), problem)
        elif free(folder) < _LITTLE_SPACE:
            yield wrong(say("folders"), say("there is hardly any space left for {folder}; free some", folder=folder))


def unwritable(folder: Path) -> Sentence | None:
    """What is in the way of writing to a folder, which need not be there yet."""
    try:
        there = _nearest(folder)
    except OSError:  # we may not even look
        there = None
    if there is not None and not there.is_dir():
        return say("{file} is in the way of a folder; move it elsewhere", file=there)
    if there is None or not _takes_files(there):
        return say("{folder} can't be written to; give it to this user, or choose another one", folder=folder)
    return None


def _takes_files(folder: Path) -> bool:
    """Tried out with a file without a name: root is told that it may write to /proc, too."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)  # what room there is, others say


def _nearest(folder: Path) -> Path:
    """What is there of its path.  Raises OSError where we may not look."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def free(folder: Path) -> int:
    """Bytes."""
    return shutil.disk_usage(_nearest(folder)).free


_LITTLE_SPACE = 1_000_000
"""Bytes; a conference writes some kilobytes, a greeting some hundred."""


def _recordings(settings: Settings, book: Book) -> Iterator[Finding]:
    """Only where somebody wants any: most companies have none."""
    planned = [entry for entry in book.entries()[0] if entry.plan.record is not Recorded.NOT]
    if not planned and not settings.recording.always:
        return
    folder, keep = settings.recording.folder, settings.recording.keep_free * 1_000_000
    what = say("recordings")
    if problem := unwritable(folder):
        yield wrong(what, problem)
        return
    hours = max(0, free(folder) - keep) // _RECORDED_HOUR
    if hours >= _FEW_HOURS:
        yield fine(
            what, count(hours, "{folder} has room for {n} hour", "{folder} has room for {n} hours", folder=folder)
        )
    else:
        yield wrong(what, _hardly_any(hours, settings))


def _hardly_any(hours: int, settings: Settings) -> Sentence:
    """Of the room for recordings."""
    return count(
        hours,
        "{folder} has room for {n} hour beside {keep} MB that stay free; make room, or lower recording.keep_free",
        "{folder} has room for {n} hours beside {keep} MB that stay free; make room, or lower recording.keep_free",
        folder=settings.recording.folder,
        keep=settings.recording.keep_free,
    )


_RECORDED_HOUR = check_room.RECORDED_SECOND * 3600
"""Bytes, before it is made small."""
_FEW_HOURS = 4


def _codecs(settings: Settings) -> Finding:
    """Without libopus the calls are as they are without Opus: that is worth knowing, and nothing is wrong."""
    from media.codecs import opus_missing  # NumPy

    what, missing = say("codecs"), opus_missing()
    if missing is None or all(codec.casefold() != "opus" for codec in settings.media.codecs):
        return fine(what, say("{codecs}", codecs=", ".join(map(spelled, settings.media.codecs))))
    return fine(
        what,
        say(
            "opus is left out, since {file} can't be loaded; “apt-get install libopus0” brings it, or “pip install "
            "'confctl[opus]'”",
            file=missing,
        ),
    )


def _problems(what: Sentence, problems: tuple[Problem, ...] | list[Problem]) -> Iterator[Finding]:
    for problem in problems:
        # The whole path where it may be the wrong one; a line is found in the file that everybody knows.
        place = str(problem.file) if problem.line is None else f"{problem.file.name}:{problem.line}"
        yield wrong(what, say("{key}: {problem}", key=place, problem=problem.sentence))
