"""Every error is an OperationOutcome: what is wrong in plain words, never how the program fell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cds.hooks.refusal import Refusal, outcome

JSON: Final = "application/json"
_CODES: Final = {404: "not-found", 405: "not-supported", 413: "too-long", 415: "not-supported", 500: "exception"}
_WORDS: Final = {404: "there is nothing at this address", 405: "this address does not take that method"}


def problem(status: int, code: str, words: str, where: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """The response that says it."""
    severity = "fatal" if status >= 500 else "error"
    return Response(outcome(code, words, where, severity), status, headers, media_type=JSON)


def speak_plainly(app: FastAPI) -> None:
    """Refusals, HTTP errors and crashes of the app are answered with OperationOutcomes."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _crashed)


def _refused(_: Request, fault: Exception) -> Response:
    """The refusal in its own words."""
    assert isinstance(fault, Refusal)
    headers = {"connection": "close"} if fault.status == 413 else None
    return problem(fault.status, fault.code, fault.words, fault.where, headers)


def _http_error(_: Request, fault: Exception) -> Response:
    """What the framework found wrong; its headers (Allow) stay."""
    assert isinstance(fault, HTTPException)
    words = _WORDS.get(fault.status_code, str(fault.detail))
    return problem(fault.status_code, _CODES.get(fault.status_code, "processing"), words, headers=fault.headers)


def _crashed(request: Request, _: Exception) -> Response:
    """Our own fault: the caller learns that it happened and under which number, and nothing of what we held."""
    number = request.scope.get("bone_cds.request_id", "")
    headers = {"x-request-id": number} if number else None
    return problem(500, "exception", f"the service failed to answer (request {number})", headers=headers)
