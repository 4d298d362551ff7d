"""What ``confctl check`` says of trunks, which it asks over the network."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from confctl import check_numbers
from confctl.check_trunks import trunks
from confctl.people.directory import Directory
from confctl.settings import load
from confctl.wire_reasons import told
from confctl.words import Sentence
from sip.message import Request, respond
from sip.parser import parse
from tests.confctl.office import SETTINGS
from tests.sip.authority import Authority
from tests.sip.stations import Station, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.settings import Settings
    from tests.confctl.office import Office


@contextmanager
def exchange(status: int | None) -> Iterator[int]:
    """The port of one that answers each request so; None: it is silent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)

        def answer() -> None:
            data, source = sock.recvfrom(65_535)
            request = parse(data)
            assert isinstance(request, Request)
            if status is not None:
                sock.sendto(bytes(respond(request, status, to_tag="t")), source)

        thread = threading.Thread(target=answer)
        thread.start()
        yield sock.getsockname()[1]
        thread.join()


def trunk(office: Office, *uris: str) -> list[tuple[bool, str]]:
    lines = "".join(f'\n[[trunk]]\nname = "line{n}"\nuri = "{uri}"\n' for n, uri in enumerate(uris))
    (office.folder / "confctl.toml").write_text(SETTINGS + lines, encoding="utf-8")
    checks = office.confctl("check", "--json").json["checks"]
    return [(check["ok"], check["detail"]) for check in checks if check["what"].startswith("trunk line")]


@pytest.mark.parametrize(("status", "said"), [(200, "200 OK"), (403, "403 Forbidden"), (501, "501 Not Implemented")])
def test_a_trunk_that_answers_anything_is_there_and_how_soon_is_said(office: Office, status: int, said: str) -> None:
    with exchange(status) as port:
        ((ok, detail),) = trunk(office, f"sip:127.0.0.1:{port}")
    assert ok
    assert re.fullmatch(rf"udp:127\.0\.0\.1:{port} answers {said} in \d+ ms", detail)


def test_a_trunk_that_says_that_it_has_no_strength_left_is_out_of_order(office: Office) -> None:
    with exchange(503) as port:
        ((ok, detail),) = trunk(office, f"sip:127.0.0.1:{port}")
    assert (ok, detail) == (False, f"udp:127.0.0.1:{port} answers 503 Service Unavailable: it is out of order")


def test_one_that_is_silent_and_one_whose_name_leads_nowhere_are_wrong(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sip.probing.PATIENCE", 0.3)
    with exchange(None) as port:
        silent, lost = trunk(office, f"sip:127.0.0.1:{port}", "sip:nowhere.invalid")
    assert silent == (False, f"no answer from udp:127.0.0.1:{port}")
    assert not lost[0]
    assert lost[1].startswith("nowhere.invalid is not found: ")


def test_why_an_address_is_not_reached_is_said_in_the_readers_language() -> None:
    for reason, values in (
        ("the name sip.example has no address", {"host": "sip.example"}),
        ("no name server answers for sip.example", {"host": "sip.example"}),
        ("no answer", {}),
        ("Connection refused", {}),
    ):
        ours = told(reason)
        assert isinstance(ours, Sentence) and str(ours) == reason and ours.values == values
    assert told("486 Занято") == "486 Занято"


def test_a_connection_that_nobody_takes_is_said_and_needs_no_listener(office: Office) -> None:
    port = free_port()
    ((ok, detail),) = trunk(office, f"sip:127.0.0.1:{port};transport=tls")
    assert (ok, detail) == (False, f"no answer from tls:127.0.0.1:{port} (Connection refused)")


async def test_a_trunk_with_the_certificate_of_another_is_said(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    provider = Station(transport="tls", tls=authority.files("other.example"))
    ca_file = '[sip]\nca_file = "ca.pem"\n'
    trunk = f'[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1:{provider.port};transport=tls"\n'
    (tmp_path / "confctl.toml").write_text(SETTINGS.replace("[sip]\n", ca_file) + trunk, encoding="utf-8")
    async with provider.endpoint:
        (finding,) = await asyncio.to_thread(lambda: list(trunks(load(tmp_path / "confctl.toml"), running=False)))
    assert finding.wrong
    told = f"no answer from {provider.at} (its certificate is for other.example, not for 127.0.0.1)"
    assert str(finding.detail) == told


@pytest.mark.parametrize(
    ("registered", "alive", "detail", "said"),
    [
        (True, None, "200 OK", (True, "the running mixer is registered there")),
        (False, True, "403 Forbidden", (False, "the running mixer is not registered there (403 Forbidden)")),
        (None, True, "200 OK", (False, "no answer from ")),
        (True, False, "no answer", (False, "no answer from ")),
        (False, None, "", (False, "no answer from ")),
    ],
)
def test_whether_a_trunk_takes_the_password_and_whom_alone_it_answers_the_running_mixer_knows(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    registered: bool | None,
    alive: bool | None,
    detail: str,
    said: tuple[bool, str],
) -> None:
    monkeypatch.setattr("sip.probing.PATIENCE", 0.3)
    known = {"name": "line0", "registered": registered, "alive": alive, "found": True, "detail": detail}
    monkeypatch.setattr("mixer.control.ask", lambda *_, **__: {"status": {"trunks": [known]}})
    with office.mixer(), exchange(None) as port:
        ((ok, told),) = trunk(office, f"sip:127.0.0.1:{port}")
    assert (ok, told[: len(said[1])]) == said


def test_without_a_mixer_nobody_knows_whether_a_trunk_takes_the_password(office: Office) -> None:
    extra = '\n[[trunk]]\nname = "p"\nuri = "sip:nowhere.invalid"\nregister = true\nusername = "u"\npassword = "p"\n'
    (office.folder / "confctl.toml").write_text(SETTINGS + extra, encoding="utf-8")
    with (office.folder / "people.toml").open("a", encoding="utf-8") as people:
        people.write('\n[[person]]\nname = "Zoe"\nnumbers = ["+74951112233"]\n')
    code = office.add("--with", "zoe")
    for words in (["check"], ["check", code]):
        checks = office.confctl(*words, "--json").json["checks"]
        assert isinstance(checks, list)
        told = [(each["ok"], each["detail"]) for each in checks if each["what"] == "trunk p"]  # type: ignore[index, call-overload]  # as JSON has it
        assert told[-1] == (None, "no mixer runs, so nobody knows whether the user and the password are accepted")
        assert len(told) == 2


def test_a_prefix_that_would_fit_with_a_plus_is_wrong_and_one_for_whom_there_is_nobody_yet_is_not(
    office: Office,
) -> None:
    people = '[[person]]\nname = "Far"\nnumbers = ["+442079460101"]\n'
    rules = '{ prefix = "44", by = "0" }, { prefix = "+44", by = "0" }, { prefix = "7", by = "8" }'
    line = f'\n[[trunk]]\nname = "line"\nuri = "sip:127.0.0.1:9"\nrewrite = [{rules}]\n'
    (office.folder / "people.toml").write_text(people, encoding="utf-8")
    found = check_numbers.rewritten(*read(office, SETTINGS + line))
    assert [str(finding.detail) for finding in found] == ["no number begins with the prefix 44; write +44"]


def read(office: Office, text: str) -> tuple[Settings, Directory]:
    (office.folder / "confctl.toml").write_text(text, encoding="utf-8")
    settings = load(office.folder / "confctl.toml")
    return settings, Directory.load(settings.paths.people, trunk=True)
