"""Who is in a conference, as phones read it (RFC 4575): a document with everybody, then ones with what has changed.

Everybody is told the same, except that each sees their own number: so what has changed is written once for all whom it
does not name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMESPACE: Final = "urn:ietf:params:xml:ns:conference-info"
CONTENT_TYPE: Final = "application/conference-info+xml"
MOST_LISTED: Final = 100
"""People in one document, about 40 KB: more don't fit into a datagram.  ``user-count`` counts all."""

_SHOWN_DIGITS: Final = 5
"""A number as short as this one is an extension, which everybody in the company knows."""
_HIDDEN_DIGITS: Final = 5
_LAST_DIGITS: Final = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One leg of a conference."""

    entity: str
    """A URI that names the leg to others, and tells them nothing else."""
    name: str
    """Empty for somebody unknown."""
    number: str | None
    address: str | None
    """The URI by which the phone knows itself."""
    owner: bool
    dialled: bool
    """We called them."""
    status: str
    """``dialing-out``, ``alerting``, ``connected``, ``on-hold`` or ``muted-via-focus`` (§5.7.2)."""


def masked(number: str) -> str:
    """``+7495*****00``: enough to know whose it is for whoever knows it already."""
    digits = sum(character.isdigit() for character in number)
    if digits <= _SHOWN_DIGITS:
        return number
    first = max(0, digits - _HIDDEN_DIGITS - _LAST_DIGITS)
    shown, seen = [], 0
    for character in number:
        hidden = character.isdigit() and first <= seen < digits - _LAST_DIGITS
        shown.append("*" if hidden else character)
        seen += character.isdigit()
    return "".join(shown)


class Bulletin:
    """What the subscribers to one conference are told; ``entity`` is the conference's URI.

    Each edition has a number, and each subscriber gets each edition, or everything at once after having missed some:
    so the versions that one subscriber sees rise by one (§4.3).
    """

    def __init__(self, entity: str, title: str) -> None:
        self.edition = 0
        self._entity = entity
        self._title = title
        self._members: dict[str, Member] = {}
        self._listed: dict[str, Member] = {}
        self._before: dict[str, Member] = {}
        """Who was listed in the edition before."""
        self._all_before: dict[str, Member] = {}
        self._news: dict[str, Member] = {}
        """Who is listed, and was not so before."""
        self._common: bytes | None = None

    def publish(self, members: Mapping[str, Member]) -> bool:
        """Who is in now, by leg.  False: nothing has changed, and there is no new edition."""
        if self.edition and members == self._members:
            return False
        self._all_before, self._before = self._members, self._listed
        self._members = dict(members)
        owners_first = sorted(self._members.items(), key=lambda item: not item[1].owner)
        self._listed = dict(islice(owners_first, MOST_LISTED))
        self._news = {leg: member for leg, member in self._listed.items() if self._before.get(leg) != member}
        self._common = None
        self.edition += 1
        return True

    def full(self, viewer: str) -> bytes:
        """Everything, for whoever has this leg."""
        root = self._root("full")
        description = ElementTree.SubElement(root, "conference-description")
        ElementTree.SubElement(description, "subject").text = _printable(self._title)
        self._count(root)
        users = ElementTree.SubElement(root, "users", state="full")
        listed = self._listed
        if viewer in self._members and viewer not in listed:
            listed = {**listed, viewer: self._members[viewer]}
        users.extend(_user(member, own=leg == viewer) for leg, member in listed.items())
        return _text(root)

    def changes(self, viewer: str) -> bytes:
        """What the latest edition has changed, for whoever has this leg."""
        own = self._members.get(viewer)
        if viewer in self._news or (own != self._all_before.get(viewer) and own is not None):
            return self._partial(viewer)
        if self._common is None:
            self._common = self._partial(None)
        return self._common

    def _partial(self, viewer: str | None) -> bytes:
        root = self._root("partial")
        self._count(root)
        users = ElementTree.SubElement(root, "users", state="partial")
        changed = dict(self._news)
        if viewer is not None and viewer in self._members:
            changed[viewer] = self._members[viewer]
        users.extend(_user(member, own=leg == viewer) for leg, member in changed.items())
        gone = [leg for leg in self._before if leg not in self._listed and leg != viewer]
        users.extend(ElementTree.Element("user", entity=self._before[leg].entity, state="deleted") for leg in gone)
        return _text(root)

    def _root(self, state: str) -> ElementTree.Element:
        attributes = {"xmlns": NAMESPACE, "entity": self._entity, "state": state, "version": str(self.edition)}
        return ElementTree.Element("conference-info", attributes)

    def _count(self, root: ElementTree.Element) -> None:
        state = ElementTree.SubElement(root, "conference-state")
        ElementTree.SubElement(state, "user-count").text = str(_present(self._members.values()))
        ElementTree.SubElement(state, "active").text = "true"


def _present(members: Iterable[Member]) -> int:
    return sum(member.status not in ("dialing-out", "alerting") for member in members)


def _user(member: Member, *, own: bool) -> ElementTree.Element:
    """The order of the elements is the schema's (§6)."""
    entity = member.address if own and member.address else member.entity
    number = "" if member.number is None else member.number if own else masked(member.number)
    user = ElementTree.Element("user", entity=entity, state="full")
    ElementTree.SubElement(user, "display-text").text = _printable(member.name or number or "guest")
    roles = ElementTree.SubElement(user, "roles")
    ElementTree.SubElement(roles, "entry").text = "owner" if member.owner else "participant"
    endpoint = ElementTree.SubElement(user, "endpoint", entity=entity)
    if number:
        ElementTree.SubElement(endpoint, "display-text").text = _printable(number)
    ElementTree.SubElement(endpoint, "status").text = member.status
    ElementTree.SubElement(endpoint, "joining-method").text = "dialed-out" if member.dialled else "dialed-in"
    if (flow := _FLOWS.get(member.status)) is not None:
        media = ElementTree.SubElement(endpoint, "media", id="1")
        ElementTree.SubElement(media, "type").text = "audio"
        ElementTree.SubElement(media, "status").text = flow
    return user


_FLOWS: Final = {"connected": "sendrecv", "on-hold": "inactive", "muted-via-focus": "recvonly"}
"""What of the sound flows, as the phone sees it (§5.8.4)."""


def _text(root: ElementTree.Element) -> bytes:
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _printable(text: str) -> str:
    """XML 1.0 has no place for control characters and lone surrogates, escaped or not (§2.2)."""
    return "".join("\ufffd" if ord(c) < 0x20 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) in _NOT_XML else c for c in text)


_NOT_XML: Final = frozenset({0xFFFE, 0xFFFF})
