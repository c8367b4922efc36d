"""Compressed bytes unpacked as they stream in, never beyond a limit: a decompression bomb is refused, not unpacked."""

from __future__ import annotations

import zlib
from typing import Final

GZIP: Final = frozenset({"gzip", "x-gzip"})
_GZIP_FRAME: Final = 31
"""Tells zlib to expect the gzip frame and nothing else."""

MOST_MEMBERS: Final = 8
"""Pieces that were packed apart and then joined; each costs a copy of what follows it, and nobody sends more."""


class NotGzip(ValueError):
    """The bytes are not gzip, end too early, or are joined from more members than are taken."""


class TooMuch(ValueError):
    """Unpacked, the bytes are more than allowed."""


class Gunzip:
    """Unpacks gzip piece by piece; at no time has it unpacked more than ``most`` bytes, and one."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._stream = zlib.decompressobj(_GZIP_FRAME)
        self._members = 0

    def feed(self, piece: bytes) -> bytes:
        """The plain bytes that the piece brings; raises TooMuch or NotGzip."""
        plain = bytearray()
        while piece:
            if self._members == 0 or self._stream.eof:  # one gzip member may follow another
                self._next_member()
            try:
                plain += self._stream.decompress(piece, self._left - len(plain) + 1)
            except zlib.error:
                raise NotGzip("not gzip") from None
            if len(plain) > self._left:
                raise TooMuch("unpacked, it is too large")
            piece = self._stream.unconsumed_tail or self._stream.unused_data
        self._left -= len(plain)
        return bytes(plain)

    def end(self) -> None:
        """Everything was there; raises NotGzip if the end is missing."""
        if self._members and not self._stream.eof:
            raise NotGzip("cut off")

    def _next_member(self) -> None:
        """The next bytes are taken for a member of their own; raises NotGzip if there were too many."""
        if self._members == MOST_MEMBERS:
            raise NotGzip("too many members")
        self._members += 1
        self._stream = zlib.decompressobj(_GZIP_FRAME)
