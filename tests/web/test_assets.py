"""Pages load only our own files, each with its licence beside it, and nothing outside their folder can be had."""

import re

import httpx
import pytest

from cds.web.assets import GUARD, STATIC
from tests.web.desk import assert_outcome


def test_every_vendored_file_is_listed_with_its_licence() -> None:
    listed = dict(
        re.findall(r"^\| `vendor/([^`]+)` \|.*`vendor/([^`]+)` \|$", (STATIC / "README.md").read_text(), re.M)
    )
    there = {path.name for path in (STATIC / "vendor").iterdir()}
    assert there == set(listed) | set(listed.values())


@pytest.mark.parametrize(
    ("name", "kind"), [("htmx-2.0.11.min.js", "text/javascript"), ("pico-2.1.1.min.css", "text/css")]
)
async def test_a_file_comes_with_its_type(client: httpx.AsyncClient, name: str, kind: str) -> None:
    response = await client.get(f"/static/vendor/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)
    assert response.content == (STATIC / "vendor" / name).read_bytes()


@pytest.mark.parametrize("path", ["README.md", "vendor/htmx.LICENSE", "../assets.py", "..%2fassets.py", "x.css", ""])
async def test_nothing_else_can_be_had(client: httpx.AsyncClient, path: str) -> None:
    assert_outcome(await client.get(f"/static/{path}"), 404)


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    policy = GUARD["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
