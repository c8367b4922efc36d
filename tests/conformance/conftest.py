"""One app for the statements about requests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.web.desk import caller, desk


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """The app with default settings."""
    return desk()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app."""
    async with caller(app) as each:
        yield each
