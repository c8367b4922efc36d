"""Everything that is logged while the tests run, searched at the end for the people of the fixtures and for tokens."""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

ROOT = Path(__file__).resolve().parent.parent
FIXTURES, RULES = ROOT / "fixtures", ROOT / "rules"
TOKENS = frozenset({"s3cret", "Bearer"})
SHORTEST = 4


def personal(patient: dict[str, Any]) -> Iterator[str]:
    """What tells who the Patient is: id, names, birth date, numbers, telephone and street."""
    yield patient.get("birthDate", "")
    name = patient["id"]  # one that is an English word, or a rule's name too, would be found by chance
    yield name if "-" in name and not (RULES / name).is_dir() else ""
    for each in patient.get("name", ()):
        yield from (each.get("family", ""), *each.get("given", ()))
    for each in (*patient.get("identifier", ()), *patient.get("telecom", ())):
        yield each.get("value", "")
    for each in patient.get("address", ()):
        yield from each.get("line", ())


def forbidden_words() -> frozenset[str]:
    """What no log may hold."""
    found = set(TOKENS)
    for path in (*FIXTURES.glob("patients/*.json"), *FIXTURES.glob("synthea/*.json")):
        entries = json.loads(path.read_bytes()).get("entry", ())
        for each in entries:
            if each.get("resource", {}).get("resourceType") == "Patient":
                found.update(personal(each["resource"]))
    return frozenset(each for each in found if len(each) >= SHORTEST)


def betrayals(lines: Iterable[str], words: frozenset[str]) -> list[str]:
    """The lines that hold one of the words."""
    either = "|".join(map(re.escape, sorted(words)))
    pattern = re.compile(rf"(?<![\w-])(?:{either})(?:(?![\w-])|(?=T\d))")  # a date may be the beginning of an instant
    return sorted(line for line in lines if pattern.search(line))


class LogWatch(logging.Handler):
    """Has every line that the service, or a library, has logged in this process; and what other processes found."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: set[str] = set()
        self.found: set[str] = set()
        self.searched = 0
        self._write = structlog.BytesLogger.msg

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps what a library logged, with its exception."""
        self.lines.add(logging.Formatter().format(record))

    def listen(self) -> None:
        """From now on every line is kept."""
        write, lines = self._write, self.lines

        def kept(logger: structlog.BytesLogger, message: bytes) -> None:
            lines.add(message.decode(errors="replace"))
            write(logger, message)

        for name in ("msg", "log", "debug", "info", "warn", "warning", "error", "critical", "fatal", "exception"):
            setattr(structlog.BytesLogger, name, kept)
        logging.getLogger().addHandler(self)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process that ran a part of the tests says what it found in its logs."""
        searched, found = getattr(node, "workeroutput", {}).get("logs", (0, ()))
        self.searched += searched
        self.found.update(found)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Fails the run if a line holds what is a patient's or a token; a part of the run tells the whole."""
        self.searched += len(self.lines)
        self.found.update(betrayals(self.lines, forbidden_words()))
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["logs"] = (self.searched, sorted(self.found))
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says how many lines were searched, and shows those that should not have been written."""
        terminalreporter.write_line(f"logs: {self.searched} different lines searched for patient data and tokens")
        for line in sorted(self.found):
            terminalreporter.write_line(f"PATIENT DATA IN A LOG: {line[:300]}", red=True)
