"""Never more hook requests at once than can be answered in time: one too many is told to come back, not queued."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from cds.hooks.refusal import OVERLOADED, Refusal
from cds.web.cors import PREFIX
from cds.web.problems import refused
from cds.web.wire import UNANSWERED


@dataclass(slots=True)
class Crowd:
    """Counts the hook requests in this process that are not answered yet, those that wait for their turn included.

    Everything else is always let in, and whoever keeps a form or an answer waiting takes no place from a hook.
    """

    app: ASGIApp
    most: int
    inside: int = field(default=0, init=False)
    others: int = field(default=0, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request is answered, at the latest with 503 and a moment to come back at."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(PREFIX):
            self.others += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self.others -= 1
            return
        waiting = scope.get("state", {}).get(UNANSWERED, ())
        if max(self.inside, len(waiting) - 1 - self.others) >= self.most:
            await refused(Refusal(OVERLOADED, "throttled", "too many requests at once; come back in a second"))(
                scope, receive, send
            )
            return
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1
