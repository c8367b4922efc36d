"""What a form may be and how long it may take, and that whoever keeps one waiting takes no place from a hook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from starlette.types import Message, Receive, Scope, Send

from cds.web.bounds import FORM_BYTES, UPLOAD_BYTES
from cds.web.crowd import Crowd
from cds.web.wire import UNANSWERED
from tests.audit.desk import audited, browsing
from tests.web.desk import SIGN, assert_outcome, caller, desk

SIGN_IN = "/audit/sign-in"
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def never_whole(first: bytes = b"name=a") -> AsyncIterator[bytes]:
    """The beginning of a form, and nothing more."""
    yield first
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", [SIGN_IN, "/audit/releases/r0001/check", "/nowhere"])
async def test_a_form_is_no_longer_than_a_form(tmp_path: Path, path: str) -> None:
    house = await audited(tmp_path)
    async with browsing(house, "paula") as paula:
        just = await paula.client.post(path, content=b"a=" + b"x" * (FORM_BYTES - 2), headers=FORM)
        more = await paula.client.post(path, content=b"a=" + b"x" * (FORM_BYTES - 1), headers=FORM)
    await house.close()
    assert just.status_code != 413
    if path != "/nowhere":  # nobody reads what is sent there
        assert_outcome(more, 413, "the body is longer than 65536 bytes")
        assert more.headers["connection"] == "close"


async def test_a_file_is_no_way_around_it(tmp_path: Path) -> None:
    house = await audited(tmp_path)
    async with browsing(house) as nobody:
        large = await nobody.client.post(SIGN_IN, files={"name": b"x" * (FORM_BYTES + 1)})
    async with browsing(house, "paula") as paula:
        book = await paula.client.post("/audit/releases", files={"book": b"x" * (UPLOAD_BYTES + 2 * FORM_BYTES)})
    await house.close()
    assert large.status_code == 413
    assert book.status_code == 413


async def test_a_form_comes_in_time(tmp_path: Path) -> None:
    house = await audited(tmp_path, body_seconds=0.2)
    async with browsing(house) as nobody:
        late = await nobody.client.post(SIGN_IN, content=never_whole(), headers=FORM)
    await house.close()
    assert_outcome(late, 408, "the body took longer than 0.2 s")
    assert late.headers["connection"] == "close"


async def test_forms_that_never_come_take_no_place_from_a_hook() -> None:
    let_go, seen = asyncio.Event(), []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await let_go.wait()

    async def said(message: Message) -> None:
        seen.append(str(message.get("status", "")))

    crowd = Crowd(app, most=3)
    unanswered = {"state": {UNANSWERED: set(range(10))}, "type": "http", "method": "POST", "headers": []}
    nothing = AsyncMock()
    held = [asyncio.create_task(crowd({**unanswered, "path": SIGN_IN}, nothing, said)) for _ in range(9)]
    await asyncio.sleep(0)
    hook = asyncio.create_task(crowd({**unanswered, "path": SIGN}, nothing, said))
    await asyncio.sleep(0)
    assert seen == [SIGN_IN] * 9 + [SIGN]
    let_go.set()
    await asyncio.gather(*held, hook)
    await crowd({**unanswered, "path": SIGN}, nothing, said)
    assert seen[-2:] == ["503", ""], "what is not answered yet besides are hooks, as far as anybody knows"


async def test_a_body_has_one_end() -> None:
    async with caller(desk()) as client:
        twice = await client.post(
            SIGN, content=b"0\r\n\r\n", headers={"content-length": "5", "transfer-encoding": "chunked"}
        )
    assert_outcome(twice, 400, "either a Content-Length or a Transfer-Encoding")
    assert twice.headers["connection"] == "close"
