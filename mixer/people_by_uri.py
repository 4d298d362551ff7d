"""Whom a URI names: somebody of the directory or of the conference, or nobody.  Nobody else is called (RFC 3515 §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from sip.errors import RemoteError
from sip.uri import Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mixer.addressing import Directory
    from mixer.rules.model import Person, Plan


def person_named(
    uri: Uri, plan: Plan, directory: Directory, ours: Collection[str], account_at: Callable[[Uri], str | None]
) -> Person | None:
    """By a number, as a ``tel`` URI or at one of ``ours``: hosts where our numbers mean what they mean here; by the
    fixed URI of a person; or by the contact that a phone has registered here."""
    if uri.opaque is not None:
        return None
    if uri.scheme == "tel" or uri.host.lower() in ours:
        number = unquote(uri.user or "")
        person = (plan.whose(number) or directory.by_number(number)) if number else None
        if person is not None or uri.scheme == "tel":
            return person
    account = account_at(uri)
    if account is not None:
        return directory.by_number(account)
    return directory.by_uri(uri) or next((each for each in plan.people if _is_at(each, uri)), None)


def _is_at(person: Person, uri: Uri) -> bool:
    try:
        return person.sip is not None and Uri.parse(person.sip).equivalent(uri)
    except RemoteError:
        return False
