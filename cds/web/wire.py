"""The HTTP connection below the app: what is no HTTP, or comes too slowly, gets an answer like every other."""

from __future__ import annotations

import re
import socket
import struct
from asyncio import TimerHandle
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from cds.hooks.refusal import BAD_REQUEST, TIMED_OUT, outcome
from cds.web.shield import Shield

HEAD_SECONDS: Final = 10.0
"""For the head of a request, from its first byte; for a new connection, from its start."""

UNREAD_SECONDS: Final = 20.0
"""For an answer that its reader does not take; then the line is cut."""

HEAD_BYTES: Final = 32 * 1024
"""A request's head; a larger one is no request."""

UNANSWERED: Final = "bone_cds.unanswered"
"""Where a request's state has the set of all requests that are not answered yet, those that were not begun included."""

_SHIELD: Final = Shield()
_DROP: Final = struct.pack("ii", 1, 0)
_HEAD_ENDS: Final = re.compile(rb"\n\r?\n")


class Wire(H11Protocol):
    """uvicorn's connection, with a deadline for the head, and with OperationOutcomes for plain-text errors."""

    _deadline: TimerHandle | None = None
    _unread: TimerHandle | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.app_state[UNANSWERED] = self.server_state.tasks  # every request's scope["state"] has it

    def connection_made(self, transport: Any) -> None:
        """The connection is open, and the clock for its first request runs."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """The bytes are taken in; the clock runs while a head is incomplete, and only then."""
        if self._head_too_large(data):
            self.send_400_response("")
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            if self._deadline is None:
                self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)
        elif self._deadline is not None:
            self._stop_clock()

    def pause_writing(self) -> None:
        """What was answered waits for its reader, but not without end."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._cut)

    def resume_writing(self) -> None:
        """The reader reads on."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, and no clock runs for it."""
        self._stop_clock()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words are replaced by ours
        """What came is no HTTP, or its head is too large; the connection closes."""
        self._refuse(BAD_REQUEST, "structure", "this is not a sound HTTP request")

    def _head_too_large(self, data: bytes) -> bool:
        """Whether these bytes make the head too large; h11 sees to it only while a head is incomplete."""
        if self.conn.their_state is not h11.IDLE:
            return False
        held = self.conn.trailing_data[0]
        return len(held) + len(data) > HEAD_BYTES and not _HEAD_ENDS.search(held + data, 0, HEAD_BYTES)

    def _cut(self) -> None:
        """The line is cut, and what the kernel still holds for its reader is dropped."""
        line = self.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP)
        self.transport.abort()

    def _too_slow(self) -> None:
        self._deadline = None
        if self.conn.trailing_data[0]:
            self._refuse(TIMED_OUT, "timeout", f"the request's head took longer than {HEAD_SECONDS:g} s")
        else:  # nothing was asked, so nothing is answered
            self.transport.close()

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: int, code: str, words: str) -> None:
        """The refusal is sent if an answer can still be begun, and the connection closes."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = outcome(code, words)
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
                *_SHIELD.headers,
            ]
            start = h11.Response(status_code=status, headers=headers, reason=b"")
            for event in (start, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
