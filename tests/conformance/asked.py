"""Every recorded request, answered by the running app: what the statements of the standard are held against."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import msgspec

from cds.hooks.discovery import OFFERS
from cds.resources import fixtures_directory
from tests.web.desk import caller, desk

Plain = dict[str, Any]
PATHS = {offer.hook: f"/cds-services/{offer.id}" for offer in OFFERS}


async def _asked(**settings: Any) -> list[Plain]:
    files = sorted((fixtures_directory() / "requests").glob("*.json"))
    async with caller(desk(**settings)) as client:
        answered = [await _answer(client, file.read_bytes()) for file in files]
    return [each for each in answered if each]


async def _answer(client: httpx.AsyncClient, body: bytes) -> Plain:
    response = await client.post(PATHS[msgspec.json.decode(body)["hook"]], content=body)
    answer: Plain = response.json() if response.status_code == 200 else {}
    return answer


@cache
def answers(version: str = "2.0") -> tuple[Plain, ...]:
    """The answers that a client of that version gets to all recorded requests."""
    return tuple(asyncio.run(_asked(hooks_version=version)))


def cards(version: str = "2.0") -> Iterator[Plain]:
    """All their cards."""
    return (card for answer in answers(version) for card in answer["cards"])


def suggestions(version: str = "2.0") -> Iterator[Plain]:
    """All the suggestions of these cards."""
    return (each for card in cards(version) for each in card.get("suggestions", ()))


def actions(version: str = "2.0") -> Iterator[Plain]:
    """All the actions of these suggestions."""
    return (each for suggestion in suggestions(version) for each in suggestion["actions"])


def objects(value: Any) -> Iterator[Plain]:
    """Every JSON object in the value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from objects(each)
