""": each mistake is named with file, line and what would be right, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from confctl import settings
from confctl.problems import BrokenFileError, RefusedError
from confctl.sip_settings import Listen
from tests.confctl.office import SETTINGS, Office

TRUNK = """
[[trunk]]
name = "provider"
uri = "sip:sip.provider.example"
username = "74955550100"
password = "trunk-secret"
register = true
trust_caller_id = true
"""


def loaded(folder: Path, text: str) -> settings.Settings:
    file = folder / "confctl.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BrokenFileError) as broken:
        loaded(folder, text)
    return [str(problem).replace(f"{folder}/", "") for problem in broken.value.problems]


def test_the_specifications_example_is_read(tmp_path: Path) -> None:
    text = """
[company]
name = "Example Ltd"
timezone = "Europe/Moscow"          # IANA name
language = "ru"                     # ru | en
number = "+7 (495) 555-01-00"
conference_number = "500"

[sip]
domain = "conf.example.com"
listen = ["udp:0.0.0.0:5060", "tcp:[::]:5060"]
external_address = "203.0.113.7"

[media]
ports = "20000-29999"
codecs = ["g722", "PCMA"]
automatic_gain = true

[conference]
admit = "listed"
ring_seconds = 60
hold_music_guard = false

[mail]
server = "smtp.example.com:587"
sender = "Conferences <conf@example.com>"
"""
    read = loaded(tmp_path, text + TRUNK)
    assert read.company.number == "+74955550100"
    assert read.sip.listen == (Listen("udp", "0.0.0.0", 5060), Listen("tcp", "::", 5060))
    assert (read.media.first_port, read.media.last_port) == (20000, 29999)
    assert (read.media.codecs, read.media.automatic_gain) == (("g722", "PCMA"), True)
    assert (read.conference.admit, read.conference.ring_seconds) == ("listed", 60)
    assert read.conference.hold_music_guard is False
    assert read.mail is not None and (read.mail.host, read.mail.port) == ("smtp.example.com", 587)
    assert read.trunks[0].password == "trunk-secret"
    assert read.paths.people == tmp_path / "people.toml"
    assert read.paths.conferences == tmp_path / "conferences"


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    assert "trunk-secret" not in repr(loaded(tmp_path, SETTINGS + TRUNK))


def test_a_password_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n", encoding="utf-8")
    text = SETTINGS + TRUNK.replace('password = "trunk-secret"', 'password_file = "secret"')
    assert loaded(tmp_path, text).trunks[0].password == "from-file"
    (tmp_path / "secret").unlink()
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("confctl.toml:19: trunk.password_file: ") and "No such file" in problem


def test_data_and_people_can_be_elsewhere(tmp_path: Path) -> None:
    read = loaded(tmp_path, SETTINGS + '[paths]\ndata = "/var/lib/confctl"\npeople = "staff.toml"\n')
    assert read.paths.journal == Path("/var/lib/confctl/journal")
    assert read.paths.people == tmp_path / "staff.toml"


def test_people_stay_beside_the_settings_when_the_data_move_until_there_are_some_with_the_data(tmp_path: Path) -> None:
    text = SETTINGS + '[paths]\ndata = "data"\n'
    assert loaded(tmp_path, text).paths.people == tmp_path / "data" / "people.toml"
    (tmp_path / "people.toml").touch()
    assert loaded(tmp_path, text).paths.people == tmp_path / "people.toml"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.toml").touch()
    assert loaded(tmp_path, text).paths.people == tmp_path / "data" / "people.toml"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("[media]", "[medai]", ":12: “medai” is unknown here; is “media” meant?"),
        ("name =", "nmae =", ":2: “company.nmae” is unknown here; is “name” meant?"),
        ('"Europe/Moscow"', '"Moscow"', ":3: company.timezone: there is no time zone “Moscow”"),
        ('"Europe/Moscow"', '"../etc"', ":3: company.timezone: there is no time zone “../etc”"),
        ('"Europe/Moscow"', '"Europe"', ":3: company.timezone: there is no time zone “Europe”"),
        ('language = "en"', 'language = "de"', ":4: company.language: “de” is none of: ru, en"),
        ('"+74955550100"', "74955550100", ":5: company.number is a whole number; write for example: number ="),
        ('"+74955550100"', '"call me"', ":5: company.number: “call me” is no number"),
        ('"+74955550100"', '"٧٤٩٥"', ":5: company.number: “٧٤٩٥” is no number"),
        ('"500"', '""', ":6: company.conference_number: this must not be empty"),
        ('"conf.example.com"', '"sip:conf"', ":9: sip.domain: “sip:conf” is no domain"),
        (
            '["udp:127.0.0.1:25060"]',
            '"udp:127.0.0.1:25060"',
            "confctl.toml:10: sip.listen is a text; write for example",
        ),
        ('["udp:127.0.0.1:25060"]', "[5060]", ":10: sip.listen: 5060 is no text in quotation marks"),
        ('["udp:127.0.0.1:25060"]', "[]", ":10: sip.listen: this must not be empty"),
        ("udp:127.0.0.1:25060", "127.0.0.1:25060", ":10: sip.listen: “127.0.0.1:25060” is no address"),
        ("udp:127.0.0.1:25060", "udp:127.0.0.1:65536", ":10: sip.listen: 65536 is no port"),
        (
            '["udp:127.0.0.1:25060"]',
            '[{ address = "5061" }]',
            ":10: sip.listen.address: “5061” is no address to listen on",
        ),
        ('["udp:127.0.0.1:25060"]', '[{ srtp = "off" }]', ":10: sip.listen.address is missing; write for example"),
        (
            '["udp:127.0.0.1:25060"]',
            '[{ address = "udp:[::1]:5060", srtp = "on" }]',
            ":10: sip.listen.srtp: “on” is none of: off, optional, required",
        ),
        ('["udp:127.0.0.1:25060"]', '[{ adress = "x" }]', ":10: “sip.listen.adress” is unknown here"),
        (
            '["udp:127.0.0.1:25060"]',
            '["udp:[::]:5060", "udp:[::]:5060"]',
            ":10: sip.listen: “udp:[::]:5060” is there twice",
        ),
        (
            '["udp:127.0.0.1:25060"]',
            '["udp:0.0.0.0:5060", "udp:127.0.0.1:5060"]',
            ":10: sip.listen: “udp:127.0.0.1:5060” and “udp:0.0.0.0:5060” overlap; remove one of the two",
        ),
        ("udp:127.0.0.1:25060", "udp:300.1.1.1:5060", ":10: sip.listen: “udp:300.1.1.1:5060” is no address to listen"),
        ("udp:127.0.0.1:25060", "udp:[:::::]:5060", ":10: sip.listen: “udp:[:::::]:5060” is no address to listen on"),
        ('["udp:127.0.0.1:25060"]', '["tls:0.0.0.0:5061"]', ": sip.certificate is missing; write for example"),
        (
            "[sip]",
            '[sip]\nexternal_address = ["192.0.2.1", "192.0.2.2"]',
            ":9: sip.external_address: only one IPv4 address and one IPv6 address can be told to phones",
        ),
        ("26000-26009", "26009-26000", ":13: media.ports: “26009-26000” is no range from 1024 to 65535"),
        ("26000-26009", "80-26000", ":13: media.ports: “80-26000” is no range from 1024 to 65535"),
        ("26000-26009", "26_000-26009", ":13: media.ports: “26_000-26009” is no range of ports"),
        ("[media]", '[media]\ncodecs = ["Opus", "G729"]', ":13: media.codecs: “G729” is no codec that the mixer has"),
        ("[media]", '[media]\ncodecs = ["opus", "G722"]', ":13: media.codecs: add PCMU or PCMA"),
        ("[media]", "[media]\ncodecs = []", ":13: media.codecs: this must not be empty"),
        ("[media]", "[conference]\nring_seconds = 4\n[media]", ":13: conference.ring_seconds: 4 is not from 5 to 300"),
        ("[media]", "[conference]\nring_seconds = true\n[media]", ":13: conference.ring_seconds is true or false"),
        ("[media]", '[conference]\nadmit = "all"\n[media]', ":13: conference.admit: “all” is none of: code, listed"),
        ("[media]", '[mail]\nserver = "smtp"\nsender = "a@b"\n[media]', ":13: mail.server: “smtp” is no mail server"),
        ("[media]", '[mail]\nserver = "s:25"\nsender = "me"\n[media]', ":14: mail.sender: “me” is no sender"),
        ("[sip]", '[sip]\nexternal_address = "me"', ":9: sip.external_address: “me” is no IP address"),
        ("[sip]", '[sip]\nexternal_address = "0.0.0.0"', ":9: sip.external_address: nobody can be called at 0.0.0.0"),
        ("[company]", "[company", ":1: this is not TOML"),
        (
            "[media]",
            "[recording]\nowner_left = false\n[media]",
            ":13: “recording.owner_left” is unknown here; it belongs below [announcements]",
        ),
        ("[company]", "codecs = 1\n[company]", ":1: “codecs” is unknown here; it belongs below [media]"),
        ("[media]", "media = 1\n[x]", "“sip.media” is unknown here"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_would_be_right(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    found = problems(tmp_path, SETTINGS.replace(right, wrong, 1))
    assert any(says in problem for problem in found), found


def test_one_port_may_be_listened_on_in_several_ways(tmp_path: Path) -> None:
    several = '["udp:0.0.0.0:5060", "tcp:127.0.0.1:5060", "udp:[::]:5060", "udp:127.0.0.1:5070", "udp:localhost:5080"]'
    assert len(loaded(tmp_path, SETTINGS.replace('["udp:127.0.0.1:25060"]', several)).sip.listen) == 5


def test_all_mistakes_are_named_at_once_in_the_order_of_the_lines(office: Office) -> None:
    text = SETTINGS.replace("Europe/Moscow", "X").replace('name = "Example Ltd"\n', "").replace("26000", "1")
    (office.folder / "confctl.toml").write_text(text + TRUNK * 2, encoding="utf-8")
    said = office.confctl("list")
    assert said.status == 1
    assert [line.split(": ")[1:3] for line in said.err.splitlines()] == [
        ["confctl.toml:1", "company.name is missing; write for example"],
        ["confctl.toml:2", "company.timezone"],
        ["confctl.toml:12", "media.ports"],
        ["confctl.toml:23", "trunk.name"],
    ]


def test_a_registering_trunk_needs_a_user_name(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SETTINGS + TRUNK.replace('username = "74955550100"\n', ""))
    assert "trunk.username is missing" in problem


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "confctl.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SETTINGS.replace("\n", "\r\n").encode())
    assert settings.load(file).company.name == "Example Ltd"


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "confctl.toml"
    file.write_bytes(SETTINGS.replace("Example Ltd", "Пример").encode("cp1251"))
    with pytest.raises(BrokenFileError) as broken:
        settings.load(file)
    assert str(broken.value.problems[0]) == f"{file}:2: this is not UTF-8; save the file as UTF-8"


def test_the_settings_are_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    environ = {"HOME": str(home)}
    with pytest.raises(RefusedError, match="confctl init"):
        settings.find(None, environ)
    places = [
        home / ".config/confctl/confctl.toml",
        Path("confctl.toml"),
        tmp_path / "named.toml",
        tmp_path / "option.toml",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert settings.find(tmp_path / "option.toml", {**environ, "CONFCTL_CONFIG": str(places[2])}) == places[3]
    assert settings.find(None, {**environ, "CONFCTL_CONFIG": str(places[2])}) == places[2]
    assert settings.find(None, environ) == places[1]
    places[1].unlink()
    assert settings.find(None, environ) == places[0]
    with pytest.raises(RefusedError, match="absent"):
        settings.find(None, {**environ, "CONFCTL_CONFIG": "absent.toml"})
