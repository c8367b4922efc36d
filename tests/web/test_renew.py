"""SIGHUP: what is sound is taken up at once, what is not changes nothing, and requests under way end as they began."""

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from cds.bootstrap import build
from cds.resources import rules_directory
from cds.settings import Settings
from cds.web import create_app
from cds.web.logs import logger
from cds.web.metrics import Metrics
from cds.web.renew import Renewal
from tests.access.signing import clients_file
from tests.web.desk import DAY, SIGN, caller, hook

LISTED = "clients:\n  - issuer: https://one.example.org\n    jwks_url: https://one.example.org/jwks.json\n"
TWO = LISTED + "  - issuer: https://two.example.org\n    jwks_url: https://two.example.org/jwks.json\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A service with a rule book of its own to change."""
    shutil.copytree(rules_directory(), tmp_path / "rules")
    clients_file(tmp_path, LISTED)
    return Settings(as_of=DAY, rules_dir=tmp_path / "rules", clients=tmp_path / "clients.yaml", site=_site(tmp_path))


def _site(folder: Path, text: str = "max_cards: 3\n") -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def renewal(settings: Settings) -> Renewal:
    """What renews a house of these settings."""
    return Renewal(build(settings), Metrics(), logger("info"))


async def test_what_is_sound_is_taken_up(settings: Settings, tmp_path: Path) -> None:
    each = renewal(settings)
    service = each.house.service
    _site(tmp_path, "max_cards: 1\n")
    clients_file(tmp_path, TWO)
    assert await each.renew()
    assert service.ruleset.site.max_cards == 3
    assert each.house.service.ruleset is each.house.ruleset
    assert each.house.ruleset.site.max_cards == 1
    assert set(each.house.gate.clients) == {"https://one.example.org", "https://two.example.org"}
    assert 'bone_cds_renewals_total{outcome="done"} 1.0' in each.metrics.page().decode()
    await each.house.close()


@pytest.mark.parametrize(
    ("file", "text"),
    [("site.yaml", "max_cards: many\n"), ("clients.yaml", "clients: []\n"), ("rules/parameters.yaml", "- nothing\n")],
)
async def test_what_is_not_sound_changes_nothing_and_is_told(
    settings: Settings, tmp_path: Path, file: str, text: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    each = renewal(settings)
    before = (each.house.ruleset, each.house.service, each.house.gate)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert not await each.renew()
    assert (each.house.ruleset, each.house.service, each.house.gate) == before
    page = each.metrics.page().decode()
    assert 'bone_cds_renewals_total{outcome="refused"} 1.0' in page
    assert (
        f'fingerprint="{each.house.ruleset.short_fingerprint}",version="{each.house.ruleset.book.version}"}} 1.0'
        in page
    )
    told = capfdbinary.readouterr().err
    assert b'"not renewed"' in told
    assert Path(file).name.encode() in told
    await each.house.close()


async def test_a_signal_does_it_while_requests_are_answered(settings: Settings, tmp_path: Path) -> None:
    house = build(settings)
    app = create_app(settings, house)
    async with app.router.lifespan_context(app), caller(app) as client:
        before = len((await client.post(SIGN, json=hook())).json()["extension"]["bone-cds.decisions"])
        _site(tmp_path, "decisions_in_response: false\n")
        os.kill(os.getpid(), signal.SIGHUP)
        answer: dict[str, Any] = {"extension": {"bone-cds.decisions": [None] * before}}
        for _ in range(200):
            answer = (await client.post(SIGN, json=hook())).json()
            if "extension" not in answer:
                break
            assert len(answer["extension"]["bone-cds.decisions"]) == before
            await asyncio.sleep(0.05)
        assert answer["cards"]
        assert "extension" not in answer
