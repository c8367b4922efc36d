"""The service keeps what its OpenAPI document says, whatever is sent; it reads more leniently than the document offers.

So nothing here asks for a refusal: what is to be refused is tested with the requests in fixtures/requests/broken.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds.web.openapi import document
from tests.web.desk import caller, desk

APP = desk(max_body_bytes=200_000)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_what_the_document_says_is_kept(case: Case[Any]) -> None:
    case.call_and_validate(checks=KEPT)


async def test_the_document_names_every_route_of_the_contract() -> None:
    async with caller(APP) as client:
        served = (await client.get("/openapi.json")).json()
    assert served == document()
    assert set(served["paths"]) == {
        "/cds-services", "/cds-services/{id}", "/cds-services/{id}/feedback", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
