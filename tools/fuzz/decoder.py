"""Made-up bytes, guided by what they reach, for everything that reads bytes of strangers (``make fuzz``).

Recorded and broken requests are the seeds. A crash is left as a file beside the corpus, whose name libFuzzer prints:
cut it down, put it into fixtures/requests/broken and tell its README what it is.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cds"]):
    from cds.fhir.decode import decode_draft, decode_source
    from cds.fhir.errors import Refused
    from cds.gateway.inflate import Gunzip, NotGzip, TooMuch
    from cds.hooks.refusal import Refusal
    from cds.posted import open_feedback, open_request

REQUESTS = Path(__file__).resolve().parents[2] / "fixtures" / "requests"
SCAN_BYTES = 2048


def one(data: bytes) -> None:
    """Whatever the bytes are: a value, or a refusal; nothing else may be raised."""
    for read in (decode_source, decode_draft, open_feedback, lambda each: open_request(each, SCAN_BYTES)):
        with suppress(Refusal, Refused):
            read(data)
    with suppress(TooMuch, NotGzip):
        Gunzip(100_000).feed(data)


def seeds(folder: Path) -> None:
    """Every recorded request, its prefetched parts, and every broken one lie in the folder."""
    for path in (*REQUESTS.glob("*.json"), *(REQUESTS / "broken").iterdir()):
        if path.suffix in {".json", ".bin"}:
            (folder / path.name).write_bytes(path.read_bytes()[:65536])


def main() -> None:
    """Runs until libFuzzer's limits are reached."""
    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        atheris.Setup([*sys.argv, corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
