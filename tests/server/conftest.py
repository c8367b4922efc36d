"""An empty FHIR server for each test."""

from collections.abc import AsyncIterator

import pytest

from cds.server.server import FhirServer
from tests.server.clinic import server


@pytest.fixture
async def fhir() -> AsyncIterator[FhirServer]:
    """A server in memory with nothing in it."""
    made = server()
    yield made
    await made.close()
