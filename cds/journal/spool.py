"""The local spool: every slip is in this file before its decision is answered, and leaves it when the database has it.

What was written survives the death of the process at once, and the death of the machine after the next ``sync``. A
spool belongs to one process, which holds a lock on it; one whose process is gone may be adopted by another.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

_FRAME: Final = Struct("<II")
SUFFIX: Final = ".spool"


class Batch(NamedTuple):
    """Slips read one after the other, and the place in the file behind the last of them."""

    slips: list[bytes]
    end: int


class Spool:
    """One open spool file. ``taken``: up to where the database has everything."""

    def __init__(self, descriptor: int, path: Path, most: int) -> None:
        self.path, self._most = path, most
        self._file = descriptor
        self.taken = 0
        self.end = os.fstat(descriptor).st_size
        self._dirty = False

    @classmethod
    def fresh(cls, folder: Path, most: int) -> Spool:
        """A new, empty spool of this process in that folder; raises OSError."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{os.getpid()}-{token_hex(4)}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(descriptor, path, most)

    @classmethod
    def orphans(cls, folder: Path, most: int) -> Iterator[Spool]:
        """The spools in the folder whose process is gone, each now ours."""
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            except OSError:
                continue  # its process has just removed it
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                continue
            yield cls(descriptor, path, most)

    @property
    def waiting(self) -> int:
        """Bytes that the database does not have yet."""
        return self.end - self.taken

    def append(self, slip: bytes) -> None:
        """The slip is in the file, whole; raises OSError, and then nothing of it is."""
        frame = _FRAME.pack(len(slip), crc32(slip)) + slip
        if self.end + len(frame) > self._most:
            raise OSError(f"the spool would grow beyond {self._most} bytes")
        try:
            written = os.write(self._file, frame)
        except OSError:
            os.ftruncate(self._file, self.end)
            raise
        if written < len(frame):
            os.ftruncate(self._file, self.end)
            raise OSError("the disk is full")
        self.end += written
        self._dirty = True

    def read(self, most: int) -> Batch:
        """The next slips that the database does not have, about that many bytes of them and at least one."""
        slips: list[bytes] = []
        place = self.taken
        while place < self.end and (not slips or place - self.taken < most):
            slip = self._slip(place)
            if slip is None:
                break
            slips.append(slip)
            place += _FRAME.size + len(slip)
        return Batch(slips, place)

    def _slip(self, place: int) -> bytes | None:
        """The slip at that place; None if it was never written to its end."""
        head = os.pread(self._file, _FRAME.size, place)
        if len(head) < _FRAME.size:
            return None
        length, check = _FRAME.unpack(head)
        slip = os.pread(self._file, length, place + _FRAME.size)
        return slip if len(slip) == length and crc32(slip) == check else None

    def take(self, place: int) -> None:
        """The database has everything up to that place; an emptied spool is cut back."""
        self.taken = place
        if self.taken >= self.end:
            os.ftruncate(self._file, 0)
            self.taken = self.end = 0

    def sync(self) -> None:
        """What was appended is on the disk."""
        if self._dirty:
            self._dirty = False
            try:
                os.fsync(self._file)
            except OSError:
                self._dirty = True
                raise

    def close(self) -> None:
        """The file is released, and removed if nothing waits in it."""
        if not self.waiting:
            self.path.unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """The file is released as it is."""
        os.close(self._file)
