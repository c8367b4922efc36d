"""The pages on releases of rules: uploaded, checked, counted, signed off by three people, tried, in force, rolled back.

Every step is the one that ``bone-cds release`` takes too; here the person is whoever is signed in. What takes long is
only started here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.journal.chain import OtherKey
from cds.journal.install import Archive
from cds.journal.writer import AWAY
from cds.releases.desk import Desk as ReleaseDesk
from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.intake import files_of_zip
from cds.releases.proposal import propose
from cds.releases.release import CHANGES, MANIFEST, Release
from cds.releases.tell import stand, text_diff
from cds.releases.trail import insist_on_journal, journalled
from cds.releases.trial import trial_lines, trial_told
from cds.ruleset.fault import RuleFaults
from cds.web.audit.desk import Desk, Visitor, refused
from cds.web.audit.errands import BASE, LONG, ErrandPages
from cds.web.audit.steps import STEPS
from cds.web.bounds import UPLOAD_BYTES

CONFLICT: Final = 409


@dataclass(frozen=True)
class ReleasePages:
    """The routes on releases; each step is on the shelf and in the journal, or was not taken."""

    desk: Desk
    errands: ErrandPages

    def routes(self) -> list[BaseRoute]:
        """The list with its form, one release, its manifest, and its steps."""
        desk = self.desk
        return [
            Route(BASE, desk.open_to("viewer", self.every), methods=["GET"]),
            Route(BASE, desk.open_to("pharmacist", self.propose, changes=True), methods=["POST"]),
            Route(BASE + "/{id}", desk.open_to("viewer", self.one), methods=["GET"]),
            Route(BASE + "/{id}/manifest.json", desk.open_to("viewer", self.manifest), methods=["GET"]),
            Route(BASE + "/{id}/{step}", desk.open_to("pharmacist", self.step, changes=True), methods=["POST"]),
            *self.errands.routes(),
        ]

    async def every(self, _: Request, visitor: Visitor) -> Response:
        """All releases, and the form for a new one."""
        return await self._list(visitor)

    async def propose(self, request: Request, visitor: Visitor) -> Response:
        """The uploaded rule book is a draft on the shelf, or the page says why not."""
        form = await request.form()
        upload = form.get("book")
        body = await upload.read(UPLOAD_BYTES + 1) if isinstance(upload, UploadFile) else b""
        title = str(form.get("title", ""))[:200]
        if not body or len(body) > UPLOAD_BYTES:
            return await self._list(visitor, "choose a zip file of at most 16 MB", CONFLICT)
        try:
            made = await self._step(lambda desk: propose(desk, files_of_zip(body), visitor.who.name, title))
        except REFUSED as fault:
            return await self._list(visitor, _words(fault), CONFLICT)
        return RedirectResponse(f"{BASE}/{made.id}", 303)

    async def one(self, request: Request, visitor: Visitor) -> Response:
        """One release: what it changes, who stands for it, what was found, what can be done."""
        return await self._shown(request.path_params["id"], visitor)

    async def manifest(self, request: Request, _: Visitor) -> Response:
        """The signed manifest."""
        release = await self.errands.release(request.path_params["id"])
        file = release.folder / MANIFEST
        if not file.is_file():
            raise refused("the release is not approved, and so has no manifest")
        return Response(file.read_bytes(), media_type="application/json")

    async def step(self, request: Request, visitor: Visitor) -> Response:
        """The step is taken, if this person may take it now; else nothing is changed and the page says why."""
        name, asked = request.path_params["id"], request.path_params["step"]
        if asked not in STEPS:
            raise refused("there is no such step")
        await self.errands.release(name)
        if not visitor.who.may(STEPS[asked].role):
            return await self._shown(name, visitor, f"this step is for the role {STEPS[asked].role}", CONFLICT)
        note = str((await request.form()).get("words", ""))[:2000]
        try:
            await self._taken(asked, name, visitor.who.name, note)
        except REFUSED as fault:
            return await self._shown(name, visitor, _words(fault), CONFLICT)
        return RedirectResponse(f"{BASE}/{name}", 303)

    async def _taken(self, asked: str, name: str, by: str, note: str) -> None:
        long, take = next((each for each in LONG if each == asked), None), STEPS[asked].take
        if take is not None:
            await self._step(lambda desk: take(desk, name, by, note))
        elif long is not None:
            await self._insist_on_journal()
            await asyncio.to_thread(self.errands.start, long, name, by)

    async def _step(self, take: Callable[[ReleaseDesk], Release]) -> Release:
        """The step, taken and journalled. Nothing is done while the journal is away."""
        desk = self.errands.releases()
        await self._insist_on_journal()
        made = await asyncio.to_thread(take, desk)
        with suppress(*AWAY):  # the step is on the shelf, and the next one brings it to the journal
            await journalled(self._archive, desk.shelf)
        return made

    async def _insist_on_journal(self) -> None:
        try:
            await insist_on_journal(self._archive)
        except (*AWAY, OtherKey):
            raise ReleaseFault("the journal is away", "each step is an entry of it", "try again later") from None

    async def _list(self, visitor: Visitor, why: str = "", status: int = 200) -> Response:
        shelf, ruleset = self.errands.releases().shelf, self.desk.house.ruleset
        every = await asyncio.to_thread(shelf.releases)
        rows = [(each, stand(shelf, each)) for each in reversed(every)]
        return self.desk.page("releases", visitor, status, rows=rows, why=why, ruleset=ruleset)

    async def _shown(self, name: str, visitor: Visitor, why: str = "", status: int = 200) -> Response:
        release, errands = await self.errands.told(name)
        trial = await trial_told(self.desk.journal.database, release.id) if release.last(Step.TRIAL_BEGAN) else None
        shown = {
            "release": release,
            "errands": errands,
            **await self.errands.on_record(release, visitor),
            "trial": [*trial_lines(trial)] if trial else [],
            "changes": (release.folder / CHANGES).read_text("utf-8"),
            "lines": text_diff(release),
        }
        return self.desk.page("release", visitor, status, why=why, **shown)

    @property
    def _archive(self) -> Archive:
        journal = self.desk.journal
        return Archive(journal.database, journal.keys, journal.ring)


REFUSED: Final = (ReleaseFault, RuleFaults, OSError)
"""What refuses a step; then it was not taken."""


def _words(fault: ReleaseFault | RuleFaults | OSError) -> str:
    """Why a step was refused, for whoever has the page alone."""
    return fault.on_page if isinstance(fault, ReleaseFault) else str(fault)
