"""``rules codes``: what a code is said to be, and value sets held against a small terminology server here."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cds.cli.whole import app
from cds.fhir.chart import Failed
from cds.fhir.systems import LOINC, SNOMED
from cds.gateway import terminology
from cds.gateway.client import ANYWHERE, make_client
from cds.gateway.terminology import Terminology
from cds.resources import rules_directory
from cds.ruleset.codebook import read_value_sets
from cds.ruleset.expansions import questions

Plain = dict[str, Any]
Answer = Callable[[Plain], tuple[int, Plain | bytes]]


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "codes", *words], env={"COLUMNS": "100"})


def text_of(*words: str) -> str:
    """What is printed, with single spaces."""
    return " ".join(ran(*words).stdout.split())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("M84.751A", "it begins with M84.75"),
        ("M84.75*", "atypical-femoral-fracture"),
        ("m84751a", "atypical-femoral-fracture"),
        ("L01FF99", "it begins with L01FF"),
        ("0003-3772-11", "this code, written 00003377211"),
        ("J9299", "nivolumab: Nivolumab a kind of pd-1-inhibitor"),
        ("38267-1", "this code source:"),
        ("Keytruda 100 mg/4 mL", "the text holds the name “Keytruda”: pembrolizumab"),
        ("77080", "77080 (no descriptor)"),
        ("C79", "codes that begin with it C79.5"),
        ("family history of osteonecrosis of the jaw", "as the text of a problem it counts for nothing"),
        ("1597876", "ruleset – Whom is the whole rule book for?"),
        ("M84.751A", "caution.atypical_femoral_fracture – atypical femoral fracture, now or ever which are used"),
        ("M84.751A", "checked 2026-11-20 (codes/fractures.csv:"),
    ],
)  # fmt: skip
def test_a_code_is_explained(asked: str, said: str) -> None:
    assert ran(asked).exit_code == 0
    assert said in text_of(asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("19831", "hardly reach the blood"),
        ("38266-3", "the heel does not diagnose osteoporosis"),
        ("Z87.81", "never fragility fractures; they count as an earlier fracture among the risk modifiers only"),
        ("88294-4", "an equation for one race group is out of use"),
        ("2693637", "it is no bone-building drug, although RxNorm files it under teriparatide"),
        ("2693637", "no fact reads it"),
        ("Yorvipath", "treats hypoparathyroidism"),
        ("M84.50XA", "the bone broke through a tumour"),
        ("K22.4", "they withhold no tablet"),
    ],
)
def test_the_reason_for_an_exclusion_is_told_in_plain_words(asked: str, why: str) -> None:
    assert why in text_of(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("pembrolizumb", "nearest pembrolizumab (Pembrolizumab)"),
        ("52552-5", "left out on purpose: it fails its check digit; falls in the past year is 52552-7"),
        ("Z13.820", "a screening encounter for osteoporosis is not a scan that was done"),
        ("Calcium score", "stands for nothing here"),
        ("xylophone", "xylophone: stands for nothing here"),
        ("", "nothing was asked"),
    ],
)
def test_what_stands_for_nothing_leaves_with_one(asked: str, said: str) -> None:
    result = ran(asked)
    assert result.exit_code == (1 if asked else 2)
    assert said in " ".join(result.output.split())


def test_a_system_narrows_the_question() -> None:
    assert ran("38267-1", "--system", "loinc").exit_code == 0
    assert ran("38267-1", "--system", "snomed").exit_code == 1
    assert "fails its check digit" in text_of("38267-2", "--system", "http://loinc.org")
    assert "the WHO's ICD-10 means the same" in text_of("M80.08", "--system", "icd-10")
    assert "ten bare digits" in text_of("0003377211", "--system", "ndc")
    wrong = ran("38267-1", "--system", "http://loinc.com")
    assert wrong.exit_code == 2
    assert "did you mean `http://loinc.org`?" in wrong.output


def test_json_says_the_same() -> None:
    told = json.loads(ran("M84.751A", "--json").stdout)
    assert told["known"] is True
    (match,) = told["matches"]
    assert match["concept"] == "atypical-femoral-fracture"
    assert {"how", "place", "system", "code", "display", "source", "checked_on"} <= match.keys()
    assert told["concepts"][0]["facts"][0]["id"] == "caution.atypical_femoral_fracture"
    assert json.loads(ran("xylophone", "--json").stdout)["known"] is False


def test_a_site_s_own_code_is_known_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("local_codes:\n  l1-hu: [{system: urn:lab, code: HU1, display: L1}]\n", encoding="utf-8")
    monkeypatch.setenv("BONE_CDS_SITE", str(site))
    assert "HU1 L1 – urn:lab: this code source: site settings, checked by the site (site settings)" in text_of("HU1")
    assert "bone.hu.latest" in text_of("HU1")


def test_notices_are_shipped_and_cpt_descriptors_are_not() -> None:
    notices = (rules_directory() / "codes" / "README.md").read_text(encoding="utf-8")
    assert "https://loinc.org/license" in notices
    assert "copyright © Regenstrief Institute" in " ".join(notices.split())
    assert "used by permission of SNOMED International" in notices
    assert "no descriptors" in notices


class Server:
    """A terminology server of a few lines, on this machine: every question is kept, ``answer`` answers it."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[Plain] = []
        outer = self

        class Desk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.asked.append({"path": self.path, "type": self.headers["content-type"], **question})
                status, body = answer(question)
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "http://elsewhere.example/")
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None:
                """Nothing is printed."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}/fhir"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Server]]:
    """Makes servers, and closes them."""
    made: list[Server] = []

    def make(answer: Answer) -> Server:
        made.append(Server(answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


SHIPPED = {(each.row.system, each.row.code): each.row for each in read_value_sets(rules_directory(), []).rows}


def contained(question: Plain) -> Iterator[Plain]:
    """The codes that are asked for, by the names that we give them."""
    (value_set,) = (each["resource"] for each in question["parameter"] if each["name"] == "valueSet")
    for include in value_set["compose"]["include"]:
        listed = [each["code"] for each in include.get("concept", ())]
        for code in listed or [include["filter"][0]["value"]]:
            yield {"system": include["system"], "code": code, "display": SHIPPED[include["system"], code].display}


def expansion(contains: list[Plain], **more: Any) -> tuple[int, Plain]:
    return 200, {"resourceType": "ValueSet", "expansion": {"contains": contains, **more}}


def agreeing(question: Plain) -> tuple[int, Plain]:
    """A server that knows what we know."""
    return expansion(list(contained(question)))


CAST = "http://snomed.info/sct|http://snomed.info/sct/900000000000207008/version/20260901"


def differing(question: Plain) -> tuple[int, Plain]:
    """A server that knows one descendant more, has lost one code, renamed one and withdrawn one."""
    found = list(contained(question))
    for each in list(found):
        if each["code"] == "64859006":
            finer = {"system": SNOMED, "code": "240154002", "display": "Idiopathic osteoporosis"}
            each["contains"] = [finer, {"system": SNOMED, "display": "a heading", "abstract": True}]
        elif each["code"] == "41171-0":
            each["display"] = "Collagen crosslinked C-telopeptide"
        elif each["code"] == "2160-0":
            found.remove(each)
        elif each["code"] == "38267-1":
            each["inactive"] = True
        elif each["code"] == "94222008":
            synonym = each["display"].upper()
            each.update(display="Bone metastasis", designation=[{"value": synonym}])
    return expansion(found, parameter=[{"name": "used-codesystem", "valueUri": CAST}])


def test_no_difference_with_a_server_that_knows_what_we_know(serve: Callable[[Answer], Server]) -> None:
    server = serve(agreeing)
    result = ran("--refresh", server.base)
    assert result.exit_code == 0, result.output
    assert "no difference" in result.output
    shipped = [each.row for each in read_value_sets(rules_directory(), []).rows]
    assert len(server.asked) == len(questions(shipped))
    assert {each["path"] for each in server.asked} == {"/fhir/ValueSet/$expand"}
    assert {each["type"] for each in server.asked} == {"application/fhir+json"}
    systems = {each["system"] for question in server.asked for each in contained(question)}
    assert systems == {SNOMED, LOINC, "http://www.nlm.nih.gov/research/umls/rxnorm"}


def test_differences_are_written_for_review_and_the_rules_stay(
    serve: Callable[[Answer], Server], tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in sorted((rules_directory() / "codes").iterdir())}
    file = tmp_path / "differences.csv"
    result = ran("--refresh", serve(differing).base, "--out", str(file))
    assert result.exit_code == 1, result.output
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    told = {(row["change"], row["concept"], row["code"]): row for row in rows}
    assert told.keys() >= {
        ("added", "osteoporosis", "240154002"),
        ("renamed", "ctx", "41171-0"),
        ("removed", "creatinine", "2160-0"),
        ("inactive", "t-score-spine", "38267-1"),
    }
    assert len(rows) == 4, "a synonym in capitals is no new name, a heading no code"
    added = told["added", "osteoporosis", "240154002"]
    assert added["theirs"] == "Idiopathic osteoporosis"
    assert "20260901" in added["note"]
    assert told["renamed", "ctx", "41171-0"]["theirs"] == "Collagen crosslinked C-telopeptide"
    assert "1 added, 1 inactive, 1 removed, 1 renamed" in result.output
    assert before == {path: path.read_bytes() for path in sorted((rules_directory() / "codes").iterdir())}


def test_one_value_set_that_fails_is_a_row_and_the_others_are_compared(serve: Callable[[Answer], Server]) -> None:
    def but_one(question: Plain) -> tuple[int, Plain]:
        if any(each["code"] == "2160-0" for each in contained(question)):
            issue = {"severity": "error", "code": "not-supported", "diagnostics": "LOINC is not loaded"}
            return 422, {"resourceType": "OperationOutcome", "issue": [issue]}
        return agreeing(question)

    result = ran("--refresh", serve(but_one).base)
    assert result.exit_code == 1
    assert "not-compared,creatinine,http://loinc.org,,,,the server answered 422: LOINC is not loaded" in result.stdout


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, b"<html>", "the server answered 404"),
        (302, b"", "redirects are not followed"),
        (200, b"not json", "the answer is no ValueSet"),
        (200, b"[]", "the answer is no ValueSet"),
        (401, b'{"resourceType": "OperationOutcome", "issue": [{"details": {"text": "who?"}}]}', "answered 401: who?"),
    ],
)  # fmt: skip
def test_a_server_that_answers_nothing_is_told_in_words(
    status: int, body: bytes, why: str, serve: Callable[[Answer], Server]
) -> None:
    server = serve(lambda _: (status, body))
    result = ran("--refresh", server.base)
    assert result.exit_code == 3
    assert why in result.output
    assert len(server.asked) == 3, "after three failures it is left in peace"


def test_nobody_there_and_wrong_words(tmp_path: Path) -> None:
    nobody = ran("--refresh", "http://127.0.0.1:9/fhir")
    assert nobody.exit_code == 3
    assert "could not be reached" in nobody.output
    assert ran("--refresh", "ftp://x").exit_code == 2
    inside = ran("--refresh", "http://127.0.0.1:9/fhir", "--out", str(rules_directory() / "codes" / "labs.csv"))
    assert inside.exit_code == 2
    assert "a refresh never changes the rules" in inside.output


async def test_pages_are_followed_and_bounded(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminology, "PAGE", 2)

    def paged(question: Plain) -> tuple[int, Plain]:
        asked = {each["name"]: each.get("valueInteger") for each in question["parameter"]}
        codes = [{"system": SNOMED, "code": str(number)} for number in range(5)]
        return expansion(codes[asked["offset"] : asked["offset"] + asked["count"]], total=5)

    def endless(question: Plain) -> tuple[int, Plain]:
        asked = {each["name"]: each.get("valueInteger") for each in question["parameter"]}
        return expansion([{"code": str(asked["offset"] + number)} for number in range(2)])

    async with make_client(reach=ANYWHERE) as client:
        found = await Terminology(client, serve(paged).base).expand({})
        assert not isinstance(found, Failed)
        assert [each.code for each in found.contains] == ["0", "1", "2", "3", "4"]
        many = await Terminology(client, serve(endless).base).expand({})
        assert many == Failed("the value set has more than 20 codes")


async def test_an_answer_that_is_too_slow_or_too_large_is_left(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = threading.Event()

    def slow(question: Plain) -> tuple[int, Plain]:
        wait.wait(3)
        return agreeing(question)

    monkeypatch.setattr(terminology, "LARGEST", 1000)
    async with make_client(reach=ANYWHERE) as client:
        late = await Terminology(client, serve(slow).base, seconds=0.2).expand({})
        large = await Terminology(client, serve(lambda _: (200, b"x" * 2000)).base).expand({})
    wait.set()
    assert late == Failed("no answer within 0.2 s")
    assert large == Failed("the answer is larger than 1000 bytes")
