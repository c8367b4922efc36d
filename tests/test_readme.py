"""README shows only what works: its commands parse, its transcripts repeat themselves, its curl calls get cards.

Conventions. ```bash blocks are checked without being run: every `make` target exists, every `bone-cds` command is
accepted with `--help` added, every fixture named is there, every `curl` is sent to the service in this process.
```console blocks are run: `$ ` starts a command, the rest is its output; a line `...` stands for any lines, and `…`
within a line for any text. A decision in a transcript fixes the clock with --as-of.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cds.settings import Settings
from cds.web.app import create_app

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PROGRAMS = Path(sys.executable).parent
FENCE = re.compile(r"^```(bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS_A_FIXED_CLOCK = {"decide", "explain", "patient", "audit"}
SETTING = re.compile(r"[A-Z_][A-Z0-9_]*=.*")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of that kind."""
    return [text for tag, text in FENCE.findall(README.read_text(encoding="utf-8")) if tag == kind]


def split_pipeline(line: str) -> Iterator[list[str]]:
    """The commands of one shell line, each as its words, without settings in front and redirections behind."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    skipping = False
    for word in [*lexer, ";"]:
        if set(word) <= set("|&;()"):
            if words:
                yield words
            words, skipping = [], False
        elif set(word) <= set("<>"):
            skipping = True
        elif not skipping and (words or not SETTING.fullmatch(word)):
            words.append(word)


def commands(program: str) -> list[list[str]]:
    """Each call of the program in bash blocks and transcripts, as its words."""
    lines = [line for block in blocks("bash") for line in block.replace("\\\n", " ").splitlines()]
    lines += [command for block in blocks("console") for command, _ in transcripts(block)]
    calls = [words for line in lines for words in split_pipeline(line)]
    return [words for words in calls if Path(words[0]).name == program]


def transcripts(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the output it shows."""
    for part in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip().splitlines()
        yield command, [line.rstrip() for line in shown]


def as_pattern(shown: list[str]) -> re.Pattern[str]:
    """A pattern for the output shown, with its ellipses."""
    lines = [r"(?:.*\n)*?" if line == "..." else re.escape(line).replace("…", ".*") + r"\n" for line in shown]
    return re.compile("".join(lines))


def run(command: list[str] | str) -> subprocess.CompletedProcess[str]:
    """The command run from the top of the checkout, as on a plain terminal 120 columns wide."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    plain = {"PATH": path, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    environment = {**os.environ, **plain}
    shell = isinstance(command, str)
    return subprocess.run(
        command, shell=shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def curl_request(words: list[str]) -> httpx.Request:
    """The request that this curl call would send."""
    method, url, headers, content = "GET", "", {}, b""
    rest = iter(words[1:])
    for word in rest:
        if word in {"-H", "--header"}:
            name, _, value = next(rest).partition(":")
            headers[name.strip()] = value.strip()
        elif word in {"-d", "--data", "--data-binary", "--json"}:
            value = next(rest)
            content = (ROOT / value[1:]).read_bytes() if value.startswith("@") else value.encode()
            method = "POST"
            if word == "--json":
                headers.setdefault("Content-Type", "application/json")
        elif word in {"-X", "--request"}:
            method = next(rest)
        elif word.startswith("http"):
            url = word
        else:
            assert word.startswith("-"), f"curl word not understood: {word}"
    return httpx.Request(method, url, headers=headers, content=content)


async def answer(request: httpx.Request) -> httpx.Response:
    """The service's answer, without a network."""
    app = create_app(Settings())
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        return await client.send(request)


def test_readme_opens_with_its_two_commands() -> None:
    first = blocks("bash")[0]
    assert "make demo" in first
    assert "make test" in first


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    calls = commands("make")
    assert calls
    for words in calls:
        asked = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
        assert asked <= targets, f"README names make targets that do not exist: {asked - targets}"


@pytest.mark.slow
def test_commands_parse() -> None:
    calls = commands("bone-cds")
    assert calls
    for words in calls:
        result = run(["bone-cds", *words[1:], "--help"])
        assert result.returncode == 0, f"{shlex.join(words)}\n{result.stdout}{result.stderr}"
        gone = [word for word in words if word.startswith(("fixtures/", "rules/")) and not (ROOT / word).exists()]
        assert not gone, f"{shlex.join(words)} names files that do not exist: {gone}"


def test_transcripts_repeat_themselves() -> None:
    pairs = [pair for block in blocks("console") for pair in transcripts(block)]
    assert pairs
    for command, shown in pairs:
        for words in split_pipeline(command):
            undated = len(words) > 1 and words[1] in NEEDS_A_FIXED_CLOCK and "--as-of" not in words
            assert not undated, f"add --as-of: {command}"
        result = run(command)
        printed = "".join(f"{line.rstrip()}\n" for line in result.stdout.rstrip().splitlines())
        assert as_pattern(shown).fullmatch(printed), f"$ {command}\n{printed}\n{result.stderr}\nREADME shows:\n{shown}"


async def test_curl_gets_cards() -> None:
    calls = [curl_request(words) for words in commands("curl")]
    assert any(call.method == "POST" for call in calls), "README shows how to get cards with curl"
    for call in calls:
        response = await answer(call)
        assert response.status_code == httpx.codes.OK, f"{call.url}: {response.text}"
        if call.method == "POST" and "/feedback" not in call.url.path:
            assert json.loads(response.content)["cards"], f"{call.url} answers without cards"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("make demo", [["make", "demo"]]),
        ("A=1 bone-cds serve > log && x", [["bone-cds", "serve"], ["x"]]),
        (
            "curl -s http://h/p?a=b | jq '.cards[] | .summary'",
            [["curl", "-s", "http://h/p?a=b"], ["jq", ".cards[] | .summary"]],
        ),
    ],
)
def test_lines_are_read_as_a_shell_would(line: str, expected: list[list[str]]) -> None:
    assert list(split_pipeline(line)) == expected


def test_a_transcript_is_read_and_compared() -> None:
    block = "$ bone-cds decide x \\\n  --as-of 2026-11-20\nfirst\n...\nid … end\n\n$ true\n"
    (command, shown), (second, nothing) = transcripts(block)
    assert command.split() == ["bone-cds", "decide", "x", "--as-of", "2026-11-20"]
    assert as_pattern(shown).fullmatch("first\nany\nlines\nid 123 end\n")
    assert not as_pattern(shown).fullmatch("first\nid 123 end\nmore\n")
    assert (second, nothing) == ("true", [])


def test_a_curl_call_becomes_its_request() -> None:
    call = "curl -s -H 'Content-Type: application/json' -d '{}' http://localhost:8080/cds-services/x"
    request = curl_request(shlex.split(call))
    assert (request.method, request.url.path, request.content) == ("POST", "/cds-services/x", b"{}")
    assert request.headers["content-type"] == "application/json"
