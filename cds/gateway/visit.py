"""One patient's visit to one FHIR server: where it is, what opens it, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from cds.fhir.chart import Empty, Failed, Found, Source
from cds.fhir.decode import decode_source
from cds.fhir.errors import TooManyEntries
from cds.gateway.budget import Budget
from cds.gateway.joining import joined, stopped
from cds.gateway.origin import within
from cds.gateway.tape import Getter

NO_ANSWER: Final = "the FHIR server's answer was empty"
_HOLLOW: Final = (b"", b"null", b"{}", b"[]")
"""Said in prefetch these mean "nothing was found"; a server that finds nothing sends a Bundle without entries."""

PATIENT_TOKEN: Final = "{{context.patientId}}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one question's answer is read."""

    pages: int = 10
    entries: int = 20_000
    drugs: int = 20


@dataclass(frozen=True, slots=True)
class Visit:
    """A server that may be called, with the token that came with it."""

    server: str
    token: str = field(repr=False)
    patient_id: str = field(repr=False)
    budget: Budget
    fetcher: Getter
    limits: Limits

    async def ask(self, template: str) -> Source:
        """The source that the query makes, all its pages read as far as limits and budget allow."""
        query = template.replace(PATIENT_TOKEN, quote(self.patient_id, safe=""))
        return await self.follow(await self.page(f"{self.server.rstrip('/')}/{query}"))

    async def page(self, url: str, *, first: bool = True) -> Source:
        """The source that one answer makes."""
        body = await self.fetcher.get(url, self.token, self.budget)
        if isinstance(body, Failed):
            return body
        return decoded(body, self.limits, first=first) if body.strip() not in _HOLLOW else Failed(NO_ANSWER)

    async def follow(self, source: Source) -> Source:
        """The source with the pages that follow it; incomplete, with the reason, if not all of them could be read."""
        read: set[str] = set()
        while isinstance(source, Found) and source.next_page:
            url = within(self.server, source.next_page)
            objection = self._objection(source, url, read)
            if objection:
                return stopped(source, objection)
            read.add(url)
            source = joined(source, await self.page(url, first=False))
        return source

    def _objection(self, source: Found, url: str, read: set[str]) -> str:
        """Why the next page is not read; '' if it may be."""
        if not url:
            return "the next page is on another server"
        if url in read:
            return "the pages go in a circle"
        if len(read) + 1 >= self.limits.pages or len(source.resources) >= self.limits.entries:
            return f"only the first {len(source.resources)} were read"
        return ""


def decoded(answer: bytes, limits: Limits, *, first: bool = True) -> Source:
    """The source that the answer makes; Failed if it holds more entries than are read."""
    try:
        return decode_source(answer, first=first, max_entries=limits.entries)
    except TooManyEntries as refused:
        return Failed(str(refused))


def is_answered(source: Source) -> bool:
    """Whether the question was answered, be it with nothing."""
    return isinstance(source, Found | Empty)
