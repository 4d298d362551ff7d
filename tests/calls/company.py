"""A company for a test: people with telephones that register, a mixer on free ports, a folder of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.calls.mixer_process import MixerProcess
from tests.phones import ports
from tests.phones.baresip_phone import BaresipPhone
from tests.phones.pyvoip_phone import PyVoipPhone
from tests.phones.sipp_phone import SippPhone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.phones.sounds import Pcm

COMPANY_NUMBER = "74955550100"
CONFERENCE_NUMBER = "500"
_MEDIA_PORTS = 80

_SETTINGS = """\
[company]
name = "Test Ltd"
timezone = "UTC"
language = "en"
number = "{company_number}"
conference_number = "{conference_number}"

[sip]
domain = "127.0.0.1"
listen = {listen}
srtp = "{srtp}"
{more}

[media]
ports = "{first_media_port}-{last_media_port}"

{announcements}
[conference]
admit = "{admit}"
ring_seconds = {ring_seconds}
hold_music_guard = {hold_music_guard}
"""
_NOT_ANNOUNCED = """\
[announcements]
tones = 0
first = false
owner_left = false
owner_back = false
ten_minutes = false
two_minutes = false
recording_stopped = false
muted = false
new_owner = false
"""
_PERSON = """\
[[person]]
name = "Person {number}"
numbers = ["{number}"]
{way} = "{reached}"
"""


class Company:
    """Numbers 101, 102, … are people whose phones register; further people have a fixed SIP address."""

    def __init__(
        self,
        folder: Path,
        people: int = 6,
        *,
        admit: str = "code",
        ring_seconds: int = 20,
        hold_music_guard: bool = False,  # for our voices are tones
        announcements: bool = False,  # as above
        media_ports: int = _MEDIA_PORTS,
        srtp: str = "optional",
        listen: Sequence[str] = ("udp:127.0.0.1:{port}",),
        sip: Sequence[str] = (),
    ) -> None:
        """``listen`` are texts of the setting, with the port where SIP is spoken; ``sip`` more lines of its table."""
        self.folder = folder
        self.phones = folder / "phones"
        self.numbers = [str(101 + index) for index in range(people)]
        sip_port, media_port = ports.take(2), ports.take(media_ports)
        self._people = [
            _PERSON.format(number=number, way="password", reached=password(number)) for number in self.numbers
        ]
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "confctl.toml"
        config.write_text(
            _SETTINGS.format(
                company_number=COMPANY_NUMBER,
                conference_number=CONFERENCE_NUMBER,
                listen=json.dumps([text.format(port=sip_port) for text in listen]),
                more="\n".join(sip),
                first_media_port=media_port,
                last_media_port=media_port + media_ports - 1,
                srtp=srtp,
                admit=admit,
                ring_seconds=ring_seconds,
                hold_music_guard=str(hold_music_guard).lower(),
                announcements="" if announcements else _NOT_ANNOUNCED,
            )
        )
        self._write_people()
        self.mixer = MixerProcess(config, sip_port)

    @property
    def server(self) -> tuple[str, int]:
        return self.mixer.server

    def add_fixed(self, number: str, uri: str) -> None:
        """Somebody whose phone doesn't register; a running mixer takes notice."""
        self.add_all_fixed({number: uri})

    def add_unreachable(self, number: str) -> None:
        """Somebody who has a number and no phone."""
        self._people.append(f'[[person]]\nname = "Person {number}"\nnumbers = ["{number}"]\n')
        self._write_people()

    def add_all_fixed(self, uris: Mapping[str, str]) -> None:
        """Many of them, by their numbers, written once."""
        self._people += [_PERSON.format(number=number, way="sip", reached=uri) for number, uri in uris.items()]
        self._write_people()

    def pyvoip(self, number: str, *, answer_after: float | None = 0.0, decline: bool = False) -> PyVoipPhone:
        return PyVoipPhone(
            self.phones, self.server, number, password(number), answer_after=answer_after, decline=decline
        )

    def baresip(
        self,
        number: str,
        *,
        speech: Pcm | None = None,
        codec: str = "PCMU",
        answers: bool = True,
        encryption: str = "",
    ) -> BaresipPhone:
        return BaresipPhone(
            self.phones,
            number,
            registrar=self.server,
            password=password(number),
            speech=speech,
            codec=codec,
            answers=answers,
            encryption=encryption,
        )

    def sipp(
        self,
        number: str,
        *,
        scenario: str = "answer",
        status: str = "486 Busy Here",
        payload_type: int = 0,
        answers: bool = True,
    ) -> SippPhone:
        return SippPhone(
            self.phones,
            number,
            self.server,
            scenario=scenario,
            status=status,
            password=password(number),
            payload_type=payload_type,
            answers=answers,
        )

    def stranger(self, number: str = "900") -> SippPhone:
        """A phone that no account and no trunk vouches for."""
        return SippPhone(self.phones, number, self.server, from_host="elsewhere.example")

    def _write_people(self) -> None:
        """At once: a mixer that read half of it would know half of the phones until it looks again."""
        new = self.folder / "people.new"
        new.write_text("\n".join(self._people))
        new.replace(self.folder / "people.toml")


def password(number: str) -> str:
    return f"secret-{number}"
