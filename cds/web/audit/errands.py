"""The long steps of a release on its page: started, told how far they are, stopped. The work is done elsewhere.

The page renews this part of itself; any worker answers, because all of it stands on the shelf.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.releases.desk import Desk as ReleaseDesk
from cds.releases.errand import VIA, Errand, Long, Told, the_export
from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.in_force import desk_of
from cds.releases.people import person
from cds.releases.release import Release
from cds.releases.shelf import shelf_of
from cds.releases.tell import check_told, impact_told, incomplete_told, stand
from cds.web.audit.desk import Desk, Visitor, refused
from cds.web.audit.steps import offered
from cds.web.runners import Runners

BASE: Final = "/audit/releases"
LONG: Final[tuple[Long, ...]] = get_args(Long)


@dataclass(frozen=True)
class ErrandPages:
    """What goes on beside the pages of releases."""

    desk: Desk
    runners: Runners

    def routes(self) -> list[BaseRoute]:
        """The part of a release's page that renews itself, and the way to stop an errand."""
        desk, here = self.desk, BASE + "/{id}/errands"
        return [
            Route(here, desk.open_to("viewer", self.now, is_use=False), methods=["GET"]),
            Route(here + "/{step}/stop", desk.open_to("pharmacist", self.stop, changes=True), methods=["POST"]),
        ]

    async def now(self, request: Request, visitor: Visitor) -> Response:
        """What is under way for the release; with what is on record, if that is more than the page has ``seen``."""
        release, errands = await self.told(request.path_params["id"])
        grown = request.query_params.get("seen") != str(len(release.events))
        record = await self.on_record(release, visitor) if grown else {}
        return self.desk.page("release_now", visitor, release=release, errands=errands, grown=grown, **record)

    async def stop(self, request: Request, visitor: Visitor) -> Response:
        """The errand has ended without a result, if it was under way."""
        release = await self.release(request.path_params["id"])
        step = next((each for each in LONG if each == request.path_params["step"]), None)
        if step is None:
            raise refused("there is no such step")
        await asyncio.to_thread(self.runners.errands.stop, release.id, step, visitor.who.name)
        return RedirectResponse(f"{BASE}/{release.id}", 303)

    def start(self, step: Long, name: str, by: str) -> None:
        """The step is under way in a process of its own. Raises ReleaseFault, RuleFaults, OSError."""
        release = self.releases().unfinished(name)
        if step == "impact-export":
            the_export(self.desk.house.settings)
        errand = self.runners.errands.begin(release.id, step, person(by))
        self.runners.send(errand, self.desk.house.service.today())

    async def told(self, name: str) -> tuple[Release, list[Told]]:
        """The release, and what is told of its errands. Refused if there is none of that name.

        It is read after them: one that has just ended has its result on record.
        """
        kept = await asyncio.to_thread(self._kept, (await self.release(name)).id)
        release = await self.release(name)
        return release, self.runners.errands.told(kept, release)

    def _kept(self, name: str) -> list[Errand]:
        self.runners.look()
        return self.runners.errands.kept(name)

    async def on_record(self, release: Release, visitor: Visitor) -> dict[str, Any]:
        """What the page tells of the release, and lets this person do, that may be more when an errand has ended."""
        found, impacts = release.last(Step.CHECKED), [each.details for each in release.every(Step.IMPACT)]
        latest = {each["over"]: each for each in impacts}
        return {
            "stands": await asyncio.to_thread(self._stands, release),
            "check": [*check_told(found.details)] if found else [],
            "impact": [line for each in impacts for line in impact_told(each)],
            "incomplete": [line for each in latest.values() for line in incomplete_told(each)],
            "approved": release.last(Step.APPROVED) is not None,
            "steps": await asyncio.to_thread(self._steps, release, visitor),
        }

    async def release(self, name: str) -> Release:
        """The release of that name; refused if there is none."""
        try:
            return await asyncio.to_thread(self._read, name)
        except ReleaseFault:
            raise refused("there is no such release") from None

    def _stands(self, release: Release) -> str:
        return stand(shelf_of(self.desk.house.settings), release)

    def _steps(self, release: Release, visitor: Visitor) -> dict[str, str]:
        has_export = self.desk.house.settings.export is not None
        return offered(self.releases(), release, visitor.who, has_export=has_export)

    def _read(self, name: str) -> Release:
        return shelf_of(self.desk.house.settings).release(name)

    def releases(self) -> ReleaseDesk:
        """Where steps are taken."""
        return desk_of(self.desk.house.settings, VIA)
