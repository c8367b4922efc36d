"""Whatever befalls the EHR's server: an answer in time, from what is known; what is not is named, and never absent."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
import pytest

from bench import faulty
from bench.faulty import FAULTS, HTML, TOKEN, Ehr, Fault, Plain, hang, says
from cds.bootstrap import House
from cds.facts.sources import SOURCES
from cds.gateway.breaker import Breakers
from cds.gateway.client import ANYWHERE, make_client
from cds.gateway.read import Gateway
from cds.web import create_app
from tests.fixtures.answering import REQUESTS, house
from tests.patience import in_time
from tests.web.desk import SIGN, caller

NAME = "very-high-t-score"
BUDGET = 2.5
"""Seconds: little for a server that never answers, plenty for one that fails at once on a machine that is busy."""

SLACK = 0.5
"""Seconds that an answer may take beyond its budget."""

DRUGS = {"zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg", "zoledronic-acid-4mg", "denosumab-120mg"}
PREFETCHED = {"patient": json.loads((REQUESTS / f"{NAME}.json").read_bytes())["prefetch"]["patient"]}


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """The house on the fixtures' day, with a short budget, a client of its own and patience for two requests."""
    cached = house()
    reader = cached.service.reader
    assert isinstance(reader, Gateway)
    async with make_client(reach=ANYWHERE) as client:
        breakers = Breakers(len(SOURCES) + 1, 0.3)
        gateway = replace(reader, client=client, breakers=breakers)
        service = replace(cached.service, reader=gateway, budget_seconds=BUDGET)
        yield replace(cached, client=client, breakers=breakers, service=service)


@pytest.fixture
async def client(home: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service."""
    async with caller(create_app(home.settings, home)) as each:
        yield each


def ehr(
    home: House, name: str, faults: Mapping[str, Fault] | None = None
) -> AbstractAsyncContextManager[tuple[Ehr, Plain]]:
    """The faulty server of that patient, which knows what the service asks."""
    return faulty.ehr(home.service.queries("order-sign", home.service.today()), name, faults)


async def asked(client: httpx.AsyncClient, request: Plain) -> Plain:
    """The answer: a good one, in time."""
    async with in_time(BUDGET + SLACK):
        response = await client.post(SIGN, json=request)
    assert response.status_code == 200, response.text
    assert TOKEN not in response.text
    answer: Plain = response.json()
    return answer


def gaps(answer: Plain) -> str:
    """What the data-gaps card says; '' without one."""
    cards = [each for each in answer["cards"] if each["source"]["topic"]["code"] == "data-gaps"]
    return "".join(f"{each['indicator']} {each['summary']} {each['detail']}" for each in cards)


def ordered(answer: Plain) -> set[str]:
    """The options that can be taken with a click."""
    actions = [action for card in answer["cards"] for each in card.get("suggestions", ()) for action in each["actions"]]
    return {extension["valueCode"] for action in actions for extension in action["resource"]["extension"]}


def outcomes(answer: Plain) -> dict[str, Plain]:
    """What was decided by each rule about the patient."""
    decided = answer["extension"]["bone-cds.decisions"]
    return {each["rule"]: each for each in decided if each["topic"] != "data-gaps"}


def assert_nothing_is_taken_for_absent(faulty: Plain, whole: Plain) -> None:
    """Where less was read, what would have been found is still possible, for every rule."""
    with_all = outcomes(whole)
    for rule, decided in outcomes(faulty).items():
        truth = with_all[rule].get("stratum") or next(iter(with_all[rule]["possible"]))
        assert decided["outcome"] == "could-not-check" or truth in decided["possible"], (rule, decided, with_all[rule])


async def test_read_from_the_server_it_is_the_same_as_sent_along(home: House, client: httpx.AsyncClient) -> None:
    sent = (await client.post(SIGN, content=(REQUESTS / f"{NAME}.json").read_bytes())).json()
    async with ehr(home, NAME) as (server, request):
        read = await asked(client, request)
    assert [each["summary"] for each in read["cards"]] == [each["summary"] for each in sent["cards"]]
    assert ordered(read) == ordered(sent)
    assert ordered(read) & DRUGS
    assert all(f"Bearer {TOKEN}" in head for head in server.heads)


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_source_of_many_at_fault_is_named(fault: str, home: House, client: httpx.AsyncClient) -> None:
    async with ehr(home, NAME) as (_, request):
        whole = await asked(client, request)
    async with ehr(home, NAME, {"labs": FAULTS[fault]}) as (_, request):
        answer = await asked(client, request)
    assert "warning" in gaps(answer)
    assert SOURCES["labs"].words in gaps(answer).lower()
    assert "antiresorptive" in [each["source"]["topic"]["code"] for each in answer["cards"]]  # what is known is said
    assert not ordered(answer) & DRUGS  # the calcium was not read
    assert_nothing_is_taken_for_absent(answer, whole)
    assert "<script" not in json.dumps(answer)


@pytest.mark.slow
@pytest.mark.parametrize("source", [each for each in SOURCES if each != "patient"])
async def test_each_source_at_fault_leaves_open_what_it_could_tell(
    source: str, home: House, client: httpx.AsyncClient
) -> None:
    async with ehr(home, NAME) as (_, request):
        whole = await asked(client, request)
    async with ehr(home, NAME, {source: says("503 Down")}) as (server, request):
        if source not in {name for name, _ in server.paths.values()}:
            return  # this hook does not ask for it
        answer = await asked(client, request)
    assert SOURCES[source].words in gaps(answer).lower()
    assert_nothing_is_taken_for_absent(answer, whole)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
async def test_everything_at_fault_but_the_patient(fault: str, home: House, client: httpx.AsyncClient) -> None:
    async with ehr(home, NAME) as (_, request):
        whole = await asked(client, request)
    faults = {name: FAULTS[fault] for name in SOURCES if name != "patient"}
    async with ehr(home, NAME, faults) as (server, request):
        answer = await asked(client, request)
        asked_for = {source for source, _ in server.paths.values()} - {"patient"}
    told = gaps(answer).lower()
    assert all(SOURCES[each].words in told for each in asked_for)
    assert not ordered(answer) & DRUGS
    assert_nothing_is_taken_for_absent(answer, whole)


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_the_patient_the_request_is_refused_in_time(
    fault: str, home: House, client: httpx.AsyncClient
) -> None:
    async with ehr(home, NAME, {"patient": FAULTS[fault]}) as (_, request), in_time(BUDGET + SLACK):
        response = await client.post(SIGN, json=request)
    assert response.status_code == 412
    assert response.json()["resourceType"] == "OperationOutcome"
    assert TOKEN not in response.text
    assert HTML.decode()[:9] not in response.text


async def test_a_server_that_keeps_failing_is_left_alone_and_then_tried_once(
    home: House, client: httpx.AsyncClient
) -> None:
    faults = {name: says("500 Down") for name in SOURCES if name != "patient"}
    async with ehr(home, NAME, faults) as (server, request):
        request["prefetch"] = PREFETCHED
        for _ in range(2):
            await asked(client, request)
        before = len(server.heads)
        assert set(home.breakers.states().values()) == {"open"}
        assert "left alone for a moment" in gaps(await asked(client, request))
        assert len(server.heads) == before
        page = (await client.get("/metrics")).text
        assert f'bone_cds_fhir_resting{{server="{server.base.removesuffix("/fhir")}"}} 1.0' in page
        server.faults.clear()
        home.breakers.of(server.base).until = 0
        assert gaps(await asked(client, request)) == ""  # the others waited for the one that tried it
    assert set(home.breakers.states().values()) == {"closed"}


async def test_a_trial_that_fails_lets_nobody_else_wait_long(home: House, client: httpx.AsyncClient) -> None:
    async with ehr(home, NAME, {name: hang for name in SOURCES if name != "patient"}) as (server, request):
        request["prefetch"] = PREFETCHED
        breaker = home.breakers.of(server.base)
        breaker.failures, breaker.until = 100, 0.0
        answer = await asked(client, request)
        assert len(server.heads) == 1
        assert breaker.state == "open"
    assert "left alone for a moment" in gaps(answer)
