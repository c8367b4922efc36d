"""The FHIR server as the simulated EHR uses it: who is there, what is recorded, and what is written.

Everything goes through the server's own HTTP interface; nothing is read behind its back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

from cds.gateway.client import make_client
from cds.gateway.origin import within
from cds.hooks.refusal import NOT_FOUND, Refusal

Plain = dict[str, Any]
Record = list[Plain]
PAGE: Final = 500
PAGES: Final = 20
_FHIR: Final = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


class NotWritten(Exception):
    """The FHIR server did not take what was to be written; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Ward:
    """The FHIR server at ``base``, reached by ``transport``."""

    base: str
    transport: httpx.AsyncBaseTransport
    token: str = field(default="", repr=False)

    async def patients(self) -> Record:
        """Every patient, as far as a few thousand go."""
        return [
            each
            async for each in self._pages(f"Patient?_count={PAGE}&_elements=name,birthDate,gender,deceased,extension")
        ]

    async def record(self, patient: str) -> Record:
        """Everything of that patient, the Patient first; raises Refusal (404) if there is none."""
        found = [each async for each in self._pages(f"Patient/{quote(patient, safe='')}/$everything?_count={PAGE}")]
        people = [each for each in found if each.get("resourceType") == "Patient" and each.get("id") == patient]
        if not people:
            raise Refusal(NOT_FOUND, "not-found", "the FHIR server has no patient of that id")
        return [*people[:1], *(each for each in found if each.get("resourceType") != "Patient")]

    async def create(self, resource: Plain) -> str:
        """The reference of the resource, which has been written; raises NotWritten."""
        answer = await self._send("POST", str(resource.get("resourceType", "")), resource)
        return f"{answer.get('resourceType')}/{answer.get('id')}"

    async def update(self, resource: Plain) -> str:
        """The reference of the resource, which is now as given; raises NotWritten."""
        ref = f"{resource.get('resourceType')}/{quote(str(resource.get('id', '')), safe='')}"
        await self._send("PUT", ref, resource)
        return ref

    async def delete(self, ref: str) -> str:
        """The reference, which leads nowhere any more; raises NotWritten."""
        await self._send("DELETE", ref, None)
        return ref

    async def transact(self, bundle: Plain) -> None:
        """Everything in the transaction has been written, or nothing; then NotWritten is raised."""
        await self._send("POST", "", bundle)

    async def _send(self, method: str, path: str, body: Plain | None) -> Plain:
        content = None if body is None else msgspec.json.encode(body)
        async with self._client() as client:
            try:
                answer = await client.request(method, f"{self.base}/{path}".rstrip("/"), content=content, headers=_FHIR)
            except httpx.HTTPError as fault:
                raise NotWritten(f"the FHIR server could not be reached ({type(fault).__name__})") from None
        found = plain_of(answer.content)
        if not answer.is_success:
            raise NotWritten(f"the FHIR server answered {answer.status_code}: {complaint(found)}")
        return found

    async def _pages(self, path: str) -> AsyncIterator[Plain]:
        """The resources of a search, page by page; raises Refusal if the server does not answer as it should."""
        url = f"{self.base}/{path}"
        async with self._client() as client:
            for _ in range(PAGES):
                answer = await client.get(url, headers=_FHIR)
                bundle = plain_of(answer.content)
                if not answer.is_success or bundle.get("resourceType") != "Bundle":
                    status = answer.status_code if answer.is_error else 502
                    raise Refusal(
                        status, "transient", f"the FHIR server did not answer as it should: {complaint(bundle)}"
                    )
                for entry in bundle.get("entry", ()):
                    yield entry["resource"]
                following = [each["url"] for each in bundle.get("link", ()) if each.get("relation") == "next"]
                if not following:
                    return
                url = within(self.base, following[0])

    def _client(self) -> httpx.AsyncClient:
        client = make_client(self.transport)
        if self.token:
            client.headers["authorization"] = f"Bearer {self.token}"
        return client


def plain_of(body: bytes) -> Plain:
    """The JSON object that the body holds; nothing if it holds none."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def complaint(body: Plain) -> str:
    """What an OperationOutcome says."""
    told = [
        str(each.get("diagnostics") or each.get("code") or "")
        for each in body.get("issue", ())
        if isinstance(each, dict)
    ]
    return "; ".join(filter(None, told)) or "it does not say why"
