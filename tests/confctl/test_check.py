"""What ``confctl check`` tells of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.confctl.office import SETTINGS

if TYPE_CHECKING:
    from tests.confctl.office import Office

HD = SETTINGS.replace("[media]\n", '[media]\ncodecs = ["opus", "G722", "PCMA"]\n')


def codecs(office: Office) -> dict[str, object]:
    (found,) = [check for check in office.confctl("check", "--json").json["checks"] if check["what"] == "codecs"]
    return found


def test_the_codecs_are_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.folder / "confctl.toml").write_text(HD, encoding="utf-8")
    monkeypatch.setattr("media.codecs._opus_missing", None)
    assert codecs(office) == {"what": "codecs", "ok": True, "detail": "Opus, G.722, PCMA"}


@pytest.mark.parametrize(
    ("settings", "noted"), [(HD, True), (SETTINGS.replace("[media]\n", '[media]\ncodecs = ["PCMU"]\n'), False)]
)
def test_a_machine_without_libopus_is_told_what_brings_it_and_nothing_is_wrong(
    office: Office, monkeypatch: pytest.MonkeyPatch, settings: str, noted: bool
) -> None:
    (office.folder / "confctl.toml").write_text(settings, encoding="utf-8")
    monkeypatch.setattr("media.codecs._opus_missing", "libopus.so.0")
    found = codecs(office)
    assert found["ok"]
    assert ("libopus.so.0 can't be loaded; “apt-get install libopus0” brings it" in str(found["detail"])) is noted
