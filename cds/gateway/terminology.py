"""A FHIR terminology server asked to expand value sets, when a person asks for it. Never at request time.

No credentials are sent, no redirect is followed, and an answer is bounded in time, size and number of codes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import httpx
import msgspec

from cds.fhir.chart import Failed
from cds.gateway.budget import Budget
from cds.ruleset.expansions import Contained, Expansion

SECONDS: Final = 30.0
PAGE: Final = 1000
PAGES: Final = 10
LARGEST: Final = 16 * 1024 * 1024
LONGEST_WORD: Final = 300
_BROKEN: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)
_HEADERS: Final = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terminology:
    """One terminology server, by the base address of its FHIR API."""

    client: httpx.AsyncClient
    base: str
    seconds: float = SECONDS

    async def expand(self, value_set: Plain) -> Expansion | Failed:
        """Everything in the value set, page by page; Failed with the reason in words. Never raises."""
        found: dict[str, Contained] = {}
        version = ""
        for page in range(PAGES):
            answer = await self._ask(value_set, page * PAGE)
            if isinstance(answer, Failed):
                return answer
            expansion = _member(answer, "expansion")
            before = len(found)
            found |= {each.code: each for each in _contained(expansion)}
            version = version or _version(expansion)
            total = expansion.get("total")
            enough = len(found) >= total if isinstance(total, int) else len(found) - before < PAGE
            if enough or len(found) == before:
                return Expansion(tuple(found.values()), version)
        return Failed(f"the value set has more than {PAGE * PAGES} codes")

    async def _ask(self, value_set: Plain, offset: int) -> Plain | Failed:
        parameters = [
            {"name": "valueSet", "resource": value_set},
            {"name": "count", "valueInteger": PAGE},
            {"name": "offset", "valueInteger": offset},
            {"name": "includeDesignations", "valueBoolean": True},
        ]
        body = msgspec.json.encode({"resourceType": "Parameters", "parameter": parameters})
        url = f"{self.base.rstrip('/')}/ValueSet/$expand"
        budget = Budget.starting_now(self.seconds)
        try:
            async with (
                asyncio.timeout(budget.left),
                self.client.stream("POST", url, content=body, headers=_HEADERS) as response,
            ):
                return _read(response, await _body(response))
        except (TimeoutError, *_BROKEN):  # the transport calls a lost connection a timeout too
            late = f"no answer within {budget.words}"
            return Failed("the server could not be reached, or broke off" if budget.left > 0 else late)
        except ValueError:
            return Failed("the server's address cannot be used")


async def _body(response: httpx.Response) -> bytes | None:
    """The whole answer; None if it is too large."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _read(response: httpx.Response, body: bytes | None) -> Plain | Failed:
    """The ValueSet of a good answer; why there is none in any other."""
    if body is None:
        return Failed(f"the answer is larger than {LARGEST} bytes")
    if response.is_redirect:
        return Failed(f"the server answered {response.status_code} (redirects are not followed)")
    try:
        plain = msgspec.json.decode(body)
    except msgspec.DecodeError:
        plain = None
    if not response.is_success:
        return Failed(f"the server answered {response.status_code}" + _complaint(plain))
    if not isinstance(plain, dict) or plain.get("resourceType") != "ValueSet":
        return Failed("the answer is no ValueSet" + _complaint(plain))
    return plain


def _complaint(plain: object) -> str:
    """What an OperationOutcome says, or ''."""
    issues = plain.get("issue") if isinstance(plain, dict) else None
    for issue in issues if isinstance(issues, list) else ():
        told = _text(issue, "diagnostics") or _text(_member(issue, "details"), "text") or _text(issue, "code")
        if told:
            return f": {' '.join(told.split())[:LONGEST_WORD]}"
    return ""


def _contained(node: Plain) -> Iterator[Contained]:
    """Every code at or below this node."""
    several = node.get("contains")
    for each in several if isinstance(several, list) else ():
        if not isinstance(each, dict):
            continue
        code = _text(each, "code")
        if code and each.get("abstract") is not True:
            yield Contained(code, _text(each, "display"), tuple(_names(each)), each.get("inactive") is True)
        yield from _contained(each)


def _names(each: Plain) -> Iterator[str]:
    several = each.get("designation")
    yield from (value for one in (several if isinstance(several, list) else ()) if (value := _text(one, "value")))


def _version(expansion: Plain) -> str:
    several = expansion.get("parameter")
    told = [_text(each, "valueUri") or _text(each, "valueString") for each in _versions(several)]
    return " ".join(filter(None, told))


def _versions(several: object) -> Iterator[object]:
    for each in several if isinstance(several, list) else ():
        if _text(each, "name") in {"version", "used-codesystem"}:
            yield each


def _member(plain: object, name: str) -> Plain:
    value = plain.get(name) if isinstance(plain, dict) else None
    return value if isinstance(value, dict) else {}


def _text(plain: object, name: str) -> str:
    value = plain.get(name) if isinstance(plain, dict) else None
    return value if isinstance(value, str) else ""
