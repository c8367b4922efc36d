"""Pages are followed on the same server, within the cap; what is left unread makes the source incomplete."""

from typing import Any

import httpx
import pytest
import respx

from cds.fhir.chart import Found, Source
from tests.gateway.ehr import BASE, PATIENT, bundle, ehr, observation, prefetch, read

TOKEN: dict[str, Any] = {"fhir_server": BASE, "token": "s3cret"}


def pages(router: respx.Router, *bodies: httpx.Response) -> respx.Router:
    """Observation answers the first body, and page 2, 3 … the others."""
    for number, body in reversed(list(enumerate(bodies, start=1))):
        params = {"page": str(number)} if number > 1 else {"patient": "p1"}
        router.get(f"{BASE}/Observation", params=params).mock(body)
    return router


def empty_ehr() -> respx.Router:
    """The patient and no conditions; observations are still to be told."""
    router = respx.Router(assert_all_called=False)
    router.get(f"{BASE}/Patient/p1").mock(httpx.Response(200, json=PATIENT))
    router.get(f"{BASE}/Condition").mock(httpx.Response(200, json=bundle()))
    return router


def page(number: int, following: int = 0, base: str = BASE, **more: str) -> httpx.Response:
    """One page with one observation, leading on to another page if told."""
    url = f"{base}/Observation?page={following}" if following else ""
    return httpx.Response(200, json=bundle(observation(f"o{number}", **more), following=url))


def ids(source: Source) -> list[str | None]:
    """The ids of what was found."""
    assert isinstance(source, Found)
    return [each.id for each in source.resources]


async def test_every_page_is_read_and_makes_one_whole() -> None:
    router = pages(empty_ehr(), page(1, 2), page(2, 3), page(3))
    labs = (await read(router, **TOKEN)).source("labs")
    assert ids(labs) == ["o1", "o2", "o3"]
    assert isinstance(labs, Found)
    assert (labs.complete, labs.why_incomplete, labs.next_page) == (True, "", "")


async def test_a_truncated_prefetch_is_continued_from_the_server() -> None:
    router = pages(empty_ehr(), page(1), page(2))
    sent = prefetch(patient=PATIENT, labs=bundle(observation("o1"), following=f"{BASE}/Observation?page=2"))
    labs = (await read(router, prefetch=sent, **TOKEN)).source("labs")
    assert ids(labs) == ["o1", "o2"]
    assert isinstance(labs, Found)
    assert labs.complete


async def test_a_truncated_prefetch_without_a_server_stays_incomplete() -> None:
    sent = prefetch(patient=PATIENT, labs=bundle(observation("o1"), following=f"{BASE}/Observation?page=2"))
    labs = (await read(empty_ehr(), prefetch=sent)).source("labs")
    assert isinstance(labs, Found)
    assert not labs.complete
    assert labs.why_incomplete


@pytest.mark.parametrize(
    ("bodies", "found", "why"),
    [
        ([page(1, 2), httpx.Response(403)], ["o1"], "answered 403"),
        ([page(1, 2), httpx.Response(200, text="<html>")], ["o1"], "not JSON"),
        ([page(1, 2), page(2, 2)], ["o1", "o2"], "in a circle"),
        ([page(1, 2, base="https://evil.example.org/fhir")], ["o1"], "on another server"),
        ([page(1, 2, base="http://ehr.example.org/fhir")], ["o1"], "on another server"),
        ([page(1, 2), page(2, 3), page(3, 4), page(4)], ["o1", "o2", "o3"], "only the first 3 were read"),
    ],
)
async def test_what_is_left_unread_is_said(bodies: list[httpx.Response], found: list[str], why: str) -> None:
    router = pages(empty_ehr(), *bodies)
    labs = (await read(router, limits={"pages": 3}, **TOKEN)).source("labs")
    assert ids(labs) == found
    assert isinstance(labs, Found)
    assert not labs.complete
    assert why in labs.why_incomplete
    assert {call.request.url.host for call in router.calls} == {"ehr.example.org"}


async def test_an_unreadable_resource_on_any_page_leaves_the_whole_incomplete() -> None:
    router = pages(empty_ehr(), page(1, 2), httpx.Response(200, json=bundle(observation("o2"), {"no": "type"})))
    labs = (await read(router, **TOKEN)).source("labs")
    assert isinstance(labs, Found)
    assert (labs.complete, len(labs.unreadable)) == (False, 1)


async def test_when_older_pages_are_missing_the_newest_are_known_to_be_here() -> None:
    first = page(1, 2, effectiveDateTime="2026-05-01")
    second = page(2, 3, effectiveDateTime="2026-04-01")
    labs = (await read(pages(empty_ehr(), first, second, page(3, 4)), limits={"pages": 2}, **TOKEN)).source("labs")
    assert isinstance(labs, Found)
    assert (labs.complete, labs.newest_first) == (False, True)


async def test_an_answer_with_no_pages_is_whole() -> None:
    labs = (await read(ehr(labs=page(1)), **TOKEN)).source("labs")
    assert isinstance(labs, Found)
    assert labs.complete
