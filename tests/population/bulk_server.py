"""A small Bulk Data server on loopback: asks for signed assertions, answers late, fails once, forgets on DELETE."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Bulk:
    """The server's state: what it serves, whom it knows, what it was asked."""

    folder: Path
    key: ECKey
    base: str = ""
    polls_left: int = 2
    fail_first: int = 1
    tokens: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    deleted: bool = False
    expires: str = ""
    error: bool = False
    count_off: int = 0
    broken_status: int = 0

    def app(self) -> Starlette:
        """The server."""
        return Starlette(
            routes=[
                Route("/fhir/.well-known/smart-configuration", self.smart),
                Route("/token", self.token, methods=["POST"]),
                Route("/fhir/{level:path}/$export", self.kick_off),
                Route("/status", self.status, methods=["GET", "DELETE"]),
                Route("/files/{name}", self.file),
            ]
        )

    async def smart(self, request: Request) -> Response:
        """Where tokens are to be had."""
        return JSONResponse({"token_endpoint": f"{self.base}/token"})

    async def token(self, request: Request) -> Response:
        """A token for whoever signed the assertion with the registered key."""
        form = await request.form()
        told = jwt.decode(str(form["client_assertion"]), self.key, algorithms=["ES384"]).claims
        if told["iss"] != told["sub"] or told["sub"] != "audit" or told["aud"] != f"{self.base}/token":
            return JSONResponse({"error": "invalid_client"}, 400)
        self.tokens.append(f"token-{len(self.tokens)}")
        return JSONResponse({"access_token": self.tokens[-1], "expires_in": 300})

    def refused(self, request: Request) -> bool:
        """Whether the token is not the newest."""
        return not self.tokens or request.headers.get("authorization") != f"Bearer {self.tokens[-1]}"

    async def kick_off(self, request: Request) -> Response:
        """202 with the address of the status."""
        self.asked.append(str(request.url))
        if self.refused(request) or request.headers.get("prefer") != "respond-async":
            return Response(status_code=401)
        return Response(status_code=202, headers={"content-location": f"{self.base}/status"})

    async def status(self, request: Request) -> Response:
        """Later; and the manifest when it is ready."""
        if request.method == "DELETE":
            self.deleted = True
            return Response(status_code=202)
        if self.broken_status:
            outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": "disk full"}]}
            return JSONResponse(outcome, self.broken_status)
        if self.polls_left:
            self.polls_left -= 1
            return Response(status_code=202, headers={"retry-after": "7", "x-progress": "half done"})
        return JSONResponse(self.manifest())

    def manifest(self) -> dict[str, Any]:
        """What was exported."""
        names = sorted(path.name for path in self.folder.glob("*.ndjson"))
        output = [
            {
                "type": name.partition(".")[0],
                "url": f"{self.base}/files/{name}",
                "count": (self.folder / name).read_bytes().count(b"\n") + self.count_off,
            }
            for name in names
        ]
        error = [{"type": "OperationOutcome", "url": f"{self.base}/files/lost"}] if self.error else []
        told = {"transactionTime": "2026-11-24T00:00:00Z", "request": self.asked[-1], "requiresAccessToken": True}
        return told | {"output": output, "error": error} | ({"expires": self.expires} if self.expires else {})

    async def file(self, request: Request) -> Response:
        """The file; once only half of it."""
        name = request.path_params["name"]
        if self.refused(request):
            return Response(status_code=401)
        if name == "lost":
            outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": "no labs"}]}
            return Response(json.dumps(outcome) + "\n", media_type="application/fhir+ndjson")
        if self.fail_first:
            self.fail_first -= 1
            await asyncio.sleep(0)
            return Response(status_code=503)
        return Response((self.folder / name).read_bytes(), media_type="application/fhir+ndjson")
