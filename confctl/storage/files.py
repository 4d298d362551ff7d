"""Files that a reader never sees half-written, and that survive a power cut once written."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of change (ns) of each file: two stamps are equal if nothing was written in between."""


def unfinished_name(file: Path) -> Path:
    """What a file is called until it is whole."""
    return file.with_name(f".{file.name}.tmp")


def write_whole(file: Path, text: str) -> None:
    """The file has the new text or the old one, whenever the machine stops.

    Who may read it stays as it was.  Two writers of one file must be kept apart by the caller (:func:`locked`).
    """
    file = file.resolve()  # a link stays a link
    temporary = unfinished_name(file)
    try:
        with _named(file), open(temporary, "w", encoding="utf-8", newline="\n", opener=opener) as stream:
            if file.exists():
                before = file.stat()
                os.fchmod(stream.fileno(), stat.S_IMODE(before.st_mode))
                if os.geteuid() == 0:
                    os.fchown(stream.fileno(), before.st_uid, before.st_gid)
            else:
                give_to_owner_of(file.parent, stream.fileno())
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(file.parent)


def append_line(file: Path, line: str) -> None:
    """Adds a line and waits until the disk has it.  A line that a crash cut short before is ended first."""
    new = not file.exists()
    with _named(file), open(file, "ab+", opener=opener) as stream:
        if new:
            give_to_owner_of(file.parent, stream.fileno())
        if stream.tell() and os.pread(stream.fileno(), 1, stream.tell() - 1) != b"\n":
            stream.write(b"\n")
        stream.write(line.encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def make_folder(folder: Path) -> None:
    """With the folders above it; those that are there stay as they are."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        its = folder.parent.stat()
        os.chown(folder, its.st_uid, its.st_gid, follow_symlinks=False)


def give_to_owner_of(folder: Path, made: int) -> None:
    """What root makes is its folder's owner's: or else root's commands lock out the user that the mixer runs as."""
    if os.geteuid() == 0:
        its = folder.stat()
        os.fchown(made, its.st_uid, its.st_gid)


def opener(path: str, flags: int) -> int:
    """For :func:`open`: what it makes is no stranger's, and no link leads root to a file elsewhere."""
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """A full disk does not say which file it was, a missing folder tells a name that nobody has given."""
    try:
        yield
    except OSError as error:
        if error.filename not in (None, str(unfinished_name(file))):
            raise
        raise OSError(error.errno, error.strerror, str(file)) from None


def move(file: Path, target: Path) -> None:
    """Within one file system; the file is in the one place or in the other."""
    make_folder(target.parent)
    file.rename(target)
    sync_folder(target.parent)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Waits until the disk knows the names of a folder's files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(file: Path, *, shared: bool = False) -> Iterator[None]:
    """Waits for the others; those who share a lock do not wait for each other.

    The system frees the lock of a process that dies.
    """
    make_folder(file.parent)
    with _opened(file) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(file: Path) -> Iterator[bool]:
    """Does not wait: whether nobody had the lock, which is then held.  False too if its folder is not there."""
    if not file.parent.is_dir():
        yield False
        return
    with _opened(file) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if new:
            give_to_owner_of(file.parent, descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def stamp_of(folder: Path, suffix: str) -> Stamp:
    """Of the files of a folder whose names end in ``suffix``; empty if there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted(_stamp(entry) for entry in entries if entry.name.endswith(suffix)))
    except FileNotFoundError:
        return ()


def _stamp(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    try:
        status = entry.stat()
    except FileNotFoundError:  # moved away between the listing and the look at it
        return entry.name, 0, 0, 0
    return entry.name, status.st_ino, status.st_size, status.st_mtime_ns
