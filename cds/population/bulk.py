"""A Bulk Data export fetched from a FHIR server: kick-off, waiting, download, and the server's copy deleted at the end.

Files land whole or not at all. A token goes only where the manifest says that one is needed, and never to another
origin than the server's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import httpx
import msgspec

from cds.gateway.asked_wait import asked_wait
from cds.gateway.origin import origin, within
from cds.population.files import MANIFEST, NEEDED
from cds.population.local import Progress
from cds.population.smart import Backend, BulkFailed

FHIR_JSON, NDJSON = "application/fhir+json", "application/fhir+ndjson"
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_TRIES: Final = 4
_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 300.0
LOST: Final = (httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError)
Plain = dict[str, Any]


@dataclass(slots=True)
class BulkServer:
    """One server's ``$export``. ``now`` gives seconds since 1970; ``patience`` is how long its answer is waited for."""

    base: str
    client: httpx.AsyncClient
    backend: Backend | None
    now: Callable[[], float]
    patience: float = 24 * 3600.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    progress: Progress = field(default=lambda *_: None)

    async def export(self, folder: Path, group: str = "", types: Iterable[str] = NEEDED) -> None:
        """The export lies in the folder, with its manifest; raises BulkFailed if it cannot be had."""
        folder.mkdir(parents=True, exist_ok=True)
        status = await self._kick_off(group, sorted(types))
        try:
            manifest = await self._wait(status)
            await self._download(manifest, folder)
            (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        finally:
            with suppress(*LOST, BulkFailed):  # an export that the server forgets by itself later does no harm
                await self._send("DELETE", status)

    async def _kick_off(self, group: str, types: list[str]) -> str:
        """The address that tells how far the server is."""
        level = f"Group/{quote(group, safe='')}" if group else "Patient"
        url = f"{self.base.rstrip('/')}/{level}/$export?_type={','.join(types)}"
        answer = await self._send("GET", url, {"prefer": "respond-async"})
        found = within(self.base, answer.headers.get("content-location", "")) if answer.status_code == 202 else ""
        if not found or "content-location" not in answer.headers:
            why = f"{url} answered {answer.status_code}{_said(answer)}"
            raise BulkFailed("the server did not start an export", why, "check the address, the group and our rights")
        return found

    async def _wait(self, status: str) -> Plain:
        """The manifest, as soon as the server has it."""
        deadline = monotonic() + self.patience
        while True:
            answer = await self._send("GET", status)
            if answer.status_code == 200:
                return _manifest(answer)
            if answer.status_code != 202 and answer.status_code not in _AGAIN:
                why = f"it answered {answer.status_code}{_said(answer)}"
                raise BulkFailed("the export failed on the server", why, "start it again; ask the server's operator")
            pause = min(self._asked_pause(answer), _LONGEST_PAUSE)
            if monotonic() + pause > deadline:
                why = f"not ready after {self.patience:g} s"
                raise BulkFailed("the export takes too long", why, "ask the server's operator; or export a group")
            self.progress(f"export: {answer.headers.get('x-progress', 'in progress')[:40]}", 0, 1)
            await self.sleep(pause)

    def _asked_pause(self, answer: httpx.Response) -> float:
        """Seconds of ``Retry-After``, a number or a date."""
        wait = asked_wait(answer.headers.get("retry-after", ""), self.now())
        return _PAUSE if wait is None else wait

    async def _download(self, manifest: Plain, folder: Path) -> None:
        """Every file of the manifest lies in the folder; what the server could not export as ``errors-N.ndjson``."""
        expires = _moment(manifest.get("expires"))
        outputs = [*_entries(manifest, "output"), *({**each, "type": "errors"} for each in _entries(manifest, "error"))]
        needs_token = manifest.get("requiresAccessToken") is not False
        for number, each in enumerate(outputs):
            self.progress("files downloaded", number, len(outputs))
            if expires is not None and self.now() >= expires:
                why = f"the server kept them until {manifest.get('expires')}"
                raise BulkFailed("the files of the export have expired", why, "run it again")
            kind = str(each.get("type", ""))
            name = kind if kind.isalpha() and kind.isascii() else "unknown"
            await self._fetch(each, folder / f"{name}-{number:04}.ndjson", needs_token)
        self.progress("files downloaded", len(outputs), len(outputs))

    async def _fetch(self, entry: Plain, file: Path, needs_token: bool) -> None:
        url, count = str(entry.get("url", "")), entry.get("count")
        if origin(url) is None:
            raise BulkFailed("the manifest names no address", repr(url)[:200], "ask the server's operator")
        beside = file.with_suffix(".part")
        why = ""
        for attempt in range(_TRIES):
            why = await self._try(url, beside, needs_token, attempt)
            if not why and isinstance(count, int) and (lines := _lines(beside)) != count:
                why = f"{lines} of {count} resources came"
            if not why:
                beside.replace(file)
                return
            await self.sleep(2.0**attempt)
        raise BulkFailed(f"{url} could not be downloaded", why, "run it again")

    async def _try(self, url: str, file: Path, needs_token: bool, attempt: int) -> str:
        """'' if the file came; why not if it did not."""
        headers = {"accept": NDJSON}
        if needs_token and origin(url) == origin(self.base):
            headers |= await self._proof(anew=attempt > 0)
        try:
            async with self.client.stream("GET", url, headers=headers, timeout=60) as answer:
                if answer.status_code != 200:
                    return f"it answered {answer.status_code}"
                with file.open("wb") as written:
                    async for piece in answer.aiter_bytes():
                        written.write(piece)
        except LOST as lost:
            return f"the connection was lost ({type(lost).__name__})"
        return ""

    async def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer; a token that is no longer taken is replaced once."""
        answer = await self._ask(method, url, {**(headers or {}), **await self._proof()})
        if answer.status_code == 401 and self.backend:
            answer = await self._ask(method, url, {**(headers or {}), **await self._proof(anew=True)})
        return answer

    async def _ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return await self.client.request(method, url, headers={"accept": FHIR_JSON, **headers}, timeout=60)
        except LOST as lost:
            fix = "check the address and the network"
            raise BulkFailed("the server could not be reached", f"{url}: {type(lost).__name__}", fix) from None

    async def _proof(self, anew: bool = False) -> dict[str, str]:
        return {"authorization": f"Bearer {await self.backend.token(anew)}"} if self.backend else {}


def _manifest(answer: httpx.Response) -> Plain:
    with suppress(ValueError):
        plain = answer.json()
        if isinstance(plain, dict) and isinstance(plain.get("output"), list):
            return plain
    raise BulkFailed("the server's manifest cannot be read", "it has no list `output`", "ask the server's operator")


def _entries(manifest: Plain, name: str) -> list[Plain]:
    several = manifest.get(name)
    return [each for each in several if isinstance(each, dict)] if isinstance(several, list) else []


def _moment(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    with suppress(ValueError):
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return None


def _lines(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(1 for line in opened if line.strip())


def _said(answer: httpx.Response) -> str:
    """What an OperationOutcome says, or ''."""
    with suppress(ValueError):
        plain = answer.json()
        for issue in _entries(plain, "issue") if isinstance(plain, dict) else ():
            told = issue.get("diagnostics") or issue.get("code")
            if isinstance(told, str):
                return f": {told[:200]}"
    return ""
