"""One JSON line an event, and never a patient in it: ids, durations and counts only."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class FrameOnly(logging.Filter):
    """An exception is logged by its type and the places it came through; its message may quote what a patient has."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True always; the record has lost its exception's words."""
        if record.exc_info and record.exc_info[1] is not None:
            record.msg = f"{record.getMessage().strip()}: {fault_words(record.exc_info[1])}"
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


def fault_words(fault: BaseException) -> str:
    """The exception's type and the file, line and function of each frame, without its message."""
    places = []
    trace = fault.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join([type(fault).__name__, *reversed(places)])


class Lines(logging.Formatter):
    """What other libraries log, as JSON lines too; of several lines the first alone, the rest may hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        words = record.getMessage().strip().partition("\n")[0]
        when = datetime.fromtimestamp(record.created, tz=UTC).isoformat().replace("+00:00", "Z")
        return _json(
            {"event": words, "logger": record.name, "level": record.levelname.lower(), "timestamp": when}
        ).decode()


def log_config(level: str) -> dict[str, Any]:
    """How the server's own log and that of its libraries are kept: on standard error, libraries from warnings on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "filters": {"frames": {"()": FrameOnly}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["frames"]}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {"uvicorn": {"level": level.upper()}},
    }


def logger(level: str) -> FilteringBoundLogger:
    """A logger of JSON lines on standard error."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(sys.stderr.buffer),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return log


def _json(event: Any, **_options: Any) -> bytes:
    """The event as one line of JSON."""
    return msgspec.json.encode(event)
