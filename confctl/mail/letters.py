"""What a mail says, in its reader's language.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from confctl.clean import clean
from confctl.dates import hours, span_elsewhere, span_in_full, span_without_zone
from confctl.mail.blocks import Block, Link, Row, plain
from confctl.mail.changes import Notice, is_among, joined, left
from confctl.mail.joining import joining
from confctl.mail.keys import keys_in_a_call
from confctl.mail.told import Kind
from confctl.words import Language, Sentence, count, say
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confctl.settings import Settings
    from mixer.rules.model import Person, Plan


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    blocks: tuple[Block, ...]


def language_of(person: Person, settings: Settings) -> Language:
    return cast("Language", person.language) if person.language in ("en", "ru") else settings.company.language


def letter(notice: Notice, settings: Settings) -> Letter:
    """The mail to the person whom a notice is for."""
    return _Writer(notice, settings, language_of(notice.to, settings)).letter()


def entry_text(plan: Plan, settings: Settings, language: Language, *, is_owner: bool) -> str:
    """What stands in the calendar entry of the owner, or of everybody else who reads the language."""
    called = say("At the start everybody will be called; answer to join.").in_language(language)
    ways_in = _ways_in(plan, settings, language, is_owner=is_owner)
    return plain([_people(plan, language), called, *_recording(plan, language), *ways_in])


@dataclass(frozen=True, slots=True)
class _Writer:
    notice: Notice
    settings: Settings
    language: Language

    def letter(self) -> Letter:
        return Letter(
            self._said(self._subject()),
            (
                self._said(say("Hello, {name}!", name=self.notice.to.name)),
                *self._what_happened(),
                tuple(self._facts()),
                *self._how_to_join(),
                clean(self.settings.company.name),
            ),
        )

    def _said(self, sentence: Sentence) -> str:
        return sentence.in_language(self.language)

    def _subject(self) -> Sentence:
        plan = self.notice.about
        when = span_without_zone(plan.start, plan.end, plan.zone, self.language)
        match self.notice.kind:
            case Kind.INVITATION:
                return say("Invitation: {title}, {when}", title=plan.title, when=when)
            case Kind.UPDATE:
                return say("Changed: {title}, {when}", title=plan.title, when=when)
            case Kind.CANCELLATION if self._goes_on:
                return say("You are no longer invited: {title}, {when}", title=plan.title, when=when)
            case Kind.CANCELLATION:
                return say("Cancelled: {title}, {when}", title=plan.title, when=when)

    @property
    def _goes_on(self) -> bool:
        """Without the reader, if it is a cancellation."""
        return not self.notice.told.cancelled

    def _what_happened(self) -> Iterable[Block]:
        before = self.notice.before
        if self.notice.kind is Kind.CANCELLATION:
            yield self._said(self._cancelled())
            return
        if before is None:
            yield self._said(say("You are invited to a telephone conference."))
        else:
            yield self._said(say("A telephone conference has changed."))
            yield self._differences(before)
            yield self._said(say("New details:"))

    def _cancelled(self) -> Sentence:
        if self._goes_on:
            return say("You are no longer invited to this telephone conference.")
        if self.notice.without_owner:
            return say("The telephone conference was called off, since the owner did not come.")
        return say("The telephone conference is cancelled.")

    def _differences(self, before: Plan) -> tuple[Row, ...]:
        plan = self.notice.about
        same_owner = is_among(plan.owner, (before.owner,))
        changed = [
            (say("Title"), clean(before.title), clean(plan.title)),
            (say("When"), _when(before, self.language), _when(plan, self.language)),
        ]
        if not same_owner:
            changed.append((say("Owner"), clean(before.owner.name), clean(plan.owner.name)))
        elif self.notice.is_owner:
            changed.append((say("Owner code"), before.owner_code, plan.owner_code))
        changed.append((say("Deputy"), _deputy(before) or "—", _deputy(plan) or "—"))
        rows = [Row(self._said(label), f"{old} → {new}") for label, old, new in changed if old != new]
        if (plan.record is Recorded.NOT) != (before.record is Recorded.NOT):
            rows.append(Row(self._said(say("Recording")), f"{self._recorded(before)} → {self._recorded(plan)}"))
        people = ((say("Added"), joined(before, plan)), (say("Removed"), left(before, plan)))
        return (*rows, *(Row(self._said(label), _names(those)) for label, those in people if those))

    def _recorded(self, plan: Plan) -> str:
        return self._said(say("no") if plan.record is Recorded.NOT else say("yes"))

    def _facts(self) -> Iterable[Row]:
        plan = self.notice.about
        yield Row(self._said(say("Title")), clean(plan.title))
        yield Row(self._said(say("When")), _when(plan, self.language))
        zone = self.notice.to.timezone
        if zone and hours(plan.start, plan.end, zone) != hours(plan.start, plan.end, plan.zone):
            there = span_elsewhere(plan.start, plan.end, plan.zone, zone, self.language)
            yield Row(self._said(say("On your clock")), there)
        if not (self.notice.kind is Kind.CANCELLATION and self._goes_on):  # who is there now is not for who has left
            yield from _people(plan, self.language)

    def _how_to_join(self) -> Iterable[Block]:
        if self.notice.kind is Kind.CANCELLATION:
            return
        before, number = self.notice.before, self.notice.to.number
        deputy = self.notice.about.named_deputy
        if self.notice.is_owner:
            yield self._said(say("You are the owner: the others hear music until you join."))
        elif before and is_among(self.notice.to, (before.owner,)):
            yield self._said(say("You are no longer the owner, and your owner code is no longer valid."))
        if deputy and is_among(self.notice.to, (deputy,)):
            yield self._said(self._deputised())
        yield self._said(say("At the start you will be called on {number}; answer to join.", number=number))
        yield from _recording(self.notice.about, self.language)
        yield from _ways_in(self.notice.about, self.settings, self.language, is_owner=self.notice.is_owner)
        yield from keys_in_a_call(self.settings.keys, self.language, is_owner=self.notice.is_owner)

    def _deputised(self) -> Sentence:
        """Nothing is promised that the settings don't keep."""
        absence = self.settings.conference.owner_absence
        if not absence.needs_deputy:
            return say("You are the deputy.")
        return count(
            absence.minutes,
            "You are the deputy: if the owner has not come {n} minute after the start, you become an owner, too.",
            "You are the deputy: if the owner has not come {n} minutes after the start, you become an owner, too.",
        )


def _recording(plan: Plan, language: Language) -> Iterable[Block]:
    if plan.record is not Recorded.NOT:
        yield say("The conference will be recorded.").in_language(language)


def _ways_in(plan: Plan, settings: Settings, language: Language, *, is_owner: bool) -> Iterable[Block]:
    """For who missed the call, or joins from elsewhere."""
    how = joining(settings, plan, owner=is_owner)
    facts = [
        (say("Conference number"), how.number),
        (say("From outside the company"), how.outside),
        (say("Code"), plan.code),
        (say("Owner code"), plan.owner_code if is_owner else None),
    ]
    yield say("To join on your own, dial the conference number, enter the code and press *.").in_language(language)
    yield tuple(Row(label.in_language(language), text) for label, text in facts if text)
    if is_owner:
        yield say(
            "Whoever joins with the owner code has the owner's rights; the code is in the links below, too."
            " It is yours alone: please do not forward this mail."
        ).in_language(language)
    yield (
        Link(say("Call from a mobile phone with one tap").in_language(language), how.tel),
        Link(say("By SIP").in_language(language), how.sip),
    )


def _people(plan: Plan, language: Language) -> tuple[Row, ...]:
    owner = Row(say("Owner").in_language(language), clean(plan.owner.name))
    rows = [
        (say("Deputy"), _deputy(plan)),
        (say("Participants"), _names(plan.people[1:])),
    ]
    return (owner, *(Row(label.in_language(language), text) for label, text in rows if text))


def _deputy(plan: Plan) -> str:
    return clean(plan.named_deputy.name) if plan.named_deputy else ""


def _names(people: Iterable[Person]) -> str:
    return ", ".join(clean(person.name) for person in people)


def _when(plan: Plan, language: Language) -> str:
    return span_in_full(plan.start, plan.end, plan.zone, language)
