"""Every error is an OperationOutcome: what is wrong in plain words, never how the program fell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cds.access.refusal import Unauthorised
from cds.hooks.refusal import Refusal, outcome
from cds.web.metrics import Metrics
from cds.web.shield import Shield

UNAUTHORISED: Final = 401
JSON: Final = "application/json"
_CODES: Final = {404: "not-found", 405: "not-supported", 413: "too-long", 415: "not-supported", 500: "exception"}
_BESIDES: Final[dict[int, dict[str, str]]] = {
    408: {"connection": "close"},  # what is left of the body is not waited for
    413: {"connection": "close"},
    503: {"retry-after": "1"},
}
_WORDS: Final = {404: "there is nothing at this address", 405: "this address does not take that method"}


def problem(status: int, code: str, words: str, where: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """The response that says it."""
    severity = "fatal" if status >= 500 else "error"
    return Response(outcome(code, words, where, severity), status, headers, media_type=JSON)


def speak_plainly(app: FastAPI, metrics: Metrics) -> None:
    """Refusals, HTTP errors and crashes are answered with OperationOutcomes; whoever is not let in, with nothing."""

    def turned_away(request: Request, fault: Exception) -> Response:
        """A bare 401: the caller learns nothing; the log line and the counter say why."""
        assert isinstance(fault, Unauthorised)
        metrics.turned_away(fault.reason)
        client = {"client": fault.issuer} if fault.issuer else {}
        request.scope["bone_cds.told"].update(refused=fault.reason, **client)
        return Response(status_code=UNAUTHORISED, headers={"www-authenticate": "Bearer", "connection": "close"})

    app.add_exception_handler(Unauthorised, turned_away)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(Exception, _crashed)


def refused(fault: Refusal) -> Response:
    """The refusal in its own words."""
    return problem(fault.status, fault.code, fault.words, fault.where, _BESIDES.get(fault.status))


def _refused(_: Request, fault: Exception) -> Response:
    """The refusal in its own words."""
    assert isinstance(fault, Refusal)
    return refused(fault)


def _http_error(_: Request, fault: Exception) -> Response:
    """What the framework found wrong; its headers (Allow) stay."""
    assert isinstance(fault, HTTPException)
    words = _WORDS.get(fault.status_code, str(fault.detail))
    return problem(fault.status_code, _CODES.get(fault.status_code, "processing"), words, headers=fault.headers)


def _nobody_there(_: Request, __: Exception) -> Response:
    """Whoever asked has hung up before the form was there: no fault of ours, and nobody reads the answer."""
    return problem(400, "processing", "the request broke off")


def _crashed(request: Request, _: Exception) -> Response:
    """Our own fault: the caller learns that it happened and under which number, and nothing of what we held."""
    number = request.scope.get("bone_cds.request_id", "")
    headers = Shield().plain | ({"x-request-id": number} if number else {})
    return problem(500, "exception", f"the service failed to answer (request {number})", headers=headers)
