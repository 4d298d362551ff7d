"""``[[trunk]]``: what can be set, and what is said of each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.mixer_settings import mixer_settings
from mixer.settings import TrunkRoute
from sip.uri import Uri
from tests.confctl.office import SETTINGS
from tests.confctl.test_settings import loaded, problems

if TYPE_CHECKING:
    from pathlib import Path

LEAST = '\n[[trunk]]\nname = "line"\nuri = "sip:pbx.example"\n'
ALL = """
[[trunk]]
name = "provider"
uri = "sips:sip.provider.example:5071"
username = "74955550100"
password = "trunk-secret"
register = true
trust_caller_id = true
srtp = "required"
rewrite = [{ prefix = "+7", by = "8" }, { prefix = "", by = "9" }]
max_calls = 10
caller_id = "asserted"
options_seconds = 30
"""


def test_everything_that_can_be_set_reaches_the_mixer_in_the_order_of_the_file(tmp_path: Path) -> None:
    first, second = mixer_settings(loaded(tmp_path, SETTINGS + ALL + LEAST)).trunks
    assert first == TrunkRoute(
        "provider",
        "sips:sip.provider.example:5071",
        "74955550100",
        "trunk-secret",
        register=True,
        trust_caller_id=True,
        srtp="required",
        rewrite=(("+7", "8"), ("", "9")),
        max_calls=10,
        caller_id="asserted",
        options_seconds=30,
    )
    assert second.name == "line"


def test_a_trunk_that_does_not_register_is_asked_for_signs_of_life_and_others_where_it_is_said(tmp_path: Path) -> None:
    registering = LEAST.replace('"line"', '"registers"') + 'register = true\nusername = "u"\n'
    never = LEAST.replace('"line"', '"never"') + "options_seconds = 0\n"
    found = loaded(tmp_path, SETTINGS + LEAST + registering + never).trunks
    assert [trunk.options_seconds for trunk in found] == [60, None, None]
    assert [trunk.max_calls for trunk in found] == [None] * 3


@pytest.mark.parametrize(
    "uri",
    [
        "sip:pbx.example",
        "sips:pbx.example",
        "sip:10.0.0.9:5070;transport=tcp",
        "sip:[2001:db8::1]:5061;transport=tls",
        "sip:my_pbx",
    ],
)
def test_a_uri_that_is_taken_is_one_for_the_mixer_too(tmp_path: Path, uri: str) -> None:
    (trunk,) = loaded(tmp_path, SETTINGS + LEAST.replace("sip:pbx.example", uri)).trunks
    assert str(Uri.parse(trunk.uri)) == uri


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('uri = "sip:user@pbx.example"', "is no SIP URI of a server; write for example: sip:sip.provider.example"),
        ('uri = "sip:pbx.example:99999"', "99999 is no port"),
        ('uri = "sip:pbx.example;transport=sctp"', "is no SIP URI of a server"),
        ('uri = "sips:pbx.example;transport=udp"', "trunk.uri: sips: is never spoken over udp; write sip: instead"),
        ('password = "secret"', 'trunk.username is missing; write for example: username = "74955550100"'),
        ("max_calls = 0", "0 is not from 1 to 10000"),
        ('max_calls = "ten"', "trunk.max_calls is a text; write for example: max_calls = 10"),
        ('caller_id = "pai"', "“pai” is none of: from, asserted"),
        ("options_seconds = 5", "5 is too often; write 0 for never, or 10 to 3600"),
        ('rewrite = [{ prefix = "+7" }]', 'trunk.rewrite.by is missing; write for example: by = "8"'),
        ('rewrite = [{ prefix = "seven", by = "8" }]', "“seven” is no part of a number"),
        ('rewrite = [{ prefix = "7", by = "8" }, { prefix = "7", by = "9" }]', "“7” is rewritten already"),
        ('rewrite = "+7"', 'trunk.rewrite is a text; write for example: rewrite = [{ prefix = "+7", by = "8" }]'),
        ("max_call = 3", "is “max_calls” meant?"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_would_be_right(tmp_path: Path, line: str, says: str) -> None:
    key = line.partition(" ")[0]
    text = "".join(f"{known}\n" for known in LEAST.splitlines() if not known.startswith(f"{key} "))
    (problem,) = problems(tmp_path, f"{SETTINGS}{text}{line}\n")
    assert says in problem
