"""Files that are written whole, and whose they are."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from confctl.storage.files import append_line, locked, make_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def _full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_named_and_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.toml"
    write_whole(file, "old")
    monkeypatch.setattr("os.fsync", _full)
    for write in (write_whole, append_line):
        with pytest.raises(OSError, match="No space left") as caught:
            write(file, "new")
        assert caught.value.filename == str(file)
    assert file.read_text(encoding="utf-8").startswith("old")
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_missing_is_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "report.html"
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(file, "new")
    assert caught.value.filename == str(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_whom_its_folder_does(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    made = [tmp_path / name for name in ("conferences", "conferences/past", "lock", "people.toml", "codes")]
    make_folder(made[1])
    with locked(made[2]):
        write_whole(made[3], "")
    append_line(made[4], "1 2")
    assert {path.stat().st_mode & 0o007 for path in made[2:]} == {0}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65534)}


def test_no_link_leads_to_a_file_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    for name in ("codes", ".lock"):
        (tmp_path / name).symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        append_line(tmp_path / "codes", "1 2")
    with pytest.raises(OSError, match="symbolic links"), locked(tmp_path / ".lock"):
        pass
    assert not elsewhere.exists()
