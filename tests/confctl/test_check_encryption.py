"""What is said of encrypted sound by the settings, by ``confctl check``, and by a mixer that can not do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.mixer_settings import mixer_settings
from tests.confctl.office import SETTINGS
from tests.confctl.test_settings import loaded, problems

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office

REQUIRED = SETTINGS.replace("[sip]\n", '[sip]\nsrtp = "required"\n')
BY_TRUNK = SETTINGS + '\n[[trunk]]\nname = "line"\nuri = "sip:127.0.0.1"\nsrtp = "required"\n'
BROUGHT = "pylibsrtp is not installed; “pip install 'confctl[secure]'” brings it"


def found(office: Office, settings: str) -> list[tuple[bool, str]]:
    (office.folder / "confctl.toml").write_text(settings, encoding="utf-8")
    checks = office.confctl("check", "--json").json["checks"]
    return [(check["ok"], check["detail"]) for check in checks if check["what"] == "encryption"]


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confctl.check_encryption.SRTP_AVAILABLE", False)


def test_what_is_set_reaches_the_mixer_and_optional_is_usual(tmp_path: Path) -> None:
    assert mixer_settings(loaded(tmp_path, SETTINGS)).srtp == "optional"
    assert mixer_settings(loaded(tmp_path, REQUIRED)).srtp == "required"


def test_a_word_that_is_none_of_the_three_is_a_mistake_of_one_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, REQUIRED.replace("required", "always"))
    assert "“always” is none of: off, optional, required" in problem


def test_what_holds_is_told(office: Office) -> None:
    assert found(office, SETTINGS) == [(True, "optional (SRTP)")]
    assert found(office, SETTINGS.replace("[sip]\n", '[sip]\nsrtp = "off"\n')) == [(True, "off")]


def test_who_is_set_apart_is_told_too(office: Office) -> None:
    secure = BY_TRUNK.replace("sip:127.0.0.1", "sips:127.0.0.1")
    assert found(office, secure) == [(True, "optional (SRTP)"), (True, "trunk line: required")]
    ((_, hint),) = found(office, secure.replace("[sip]\n", '[sip]\nsrtp = "required"\n'))[1:]
    assert hint.startswith("udp:127.0.0.1:25060: the keys travel with the signalling")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (REQUIRED, ["udp:127.0.0.1:25060: the keys travel with the signalling, and udp can be read on the way"]),
        (BY_TRUNK, ["trunk line: the keys travel with the signalling, and udp can be read on the way"]),
        (
            BY_TRUNK.replace("sip:127.0.0.1", "sip:127.0.0.1;transport=tcp"),
            ["trunk line: the keys travel with the sig"],
        ),
        (BY_TRUNK.replace("sip:127.0.0.1", "sip:127.0.0.1;transport=tls"), []),
        (BY_TRUNK.replace("sip:127.0.0.1", "sips:127.0.0.1"), []),
    ],
)
def test_keys_that_others_can_read_are_worth_a_hint(office: Office, settings: str, says: list[str]) -> None:
    hints = [each for each in found(office, settings)[1:] if not each[1].endswith(": required")]
    assert [(good, text[: len(start)]) for (good, text), start in zip(hints, says, strict=True)] == [
        (True, start) for start in says
    ]


@pytest.mark.usefixtures("not_installed")
def test_without_the_library_calls_are_plain_and_nothing_is_wrong(office: Office) -> None:
    ((fine, detail),) = found(office, SETTINGS)
    assert fine and BROUGHT in detail


@pytest.mark.usefixtures("not_installed")
@pytest.mark.parametrize(("settings", "what"), [(REQUIRED, "[sip]"), (BY_TRUNK, "trunk line")])
def test_what_requires_a_library_that_is_missing_is_named_and_the_mixer_does_not_start(
    office: Office, settings: str, what: str
) -> None:
    first, *_ = found(office, settings)
    assert first == (False, f"srtp is “required” for {what}, but {BROUGHT}")
    said = office.confctl("run")
    assert said.status == 1
    assert BROUGHT in said.err
    assert "Traceback" not in said.err
