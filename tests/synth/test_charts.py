"""Charts are whole, plainly synthetic, valid to the letter of R4, and written with codes that the rule book knows."""

from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds.fhir.elements import CodeableConcept, Coding
from cds.synth import Person, Population
from cds.synth.population import PRESENT
from cds.synth.sources import codes, figures, habits, stories
from cds.synth.sources import people as people_of
from tests.synth.deciding import ruleset

FRAME = ("http://terminology.hl7.org/", "urn:oid:2.999.")
"""Code systems of the resources' frame, and an example hospital's own."""

SIZE = 260
GALLERY = len(stories())


@pytest.fixture(scope="module")
def people() -> list[Person]:
    """The gallery and some of the cohort."""
    return list(Population(SIZE, 1))


def codings(value: Any) -> Iterator[dict[str, str]]:
    """Every coding, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from codings(each)
    elif isinstance(value, dict):
        yield from value.get("coding", ())
        for name, each in value.items():
            if name != "route":
                yield from codings(each)


def references(value: Any) -> Iterator[str]:
    """Every reference, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        if "reference" in value:
            yield value["reference"]
        for each in value.values():
            yield from references(each)


def test_bundles_are_valid_fhir(people: list[Person]) -> None:
    for person in people[::7]:
        Bundle.model_validate(person.bundle(PRESENT))


def test_nobody_could_be_taken_for_real(people: list[Person]) -> None:
    for person in people:
        patient = person.resources[0]
        assert patient["resourceType"] == "Patient"
        assert patient["meta"]["tag"][0]["code"] == "HTEST"
        assert patient["name"][0]["family"].startswith("Test-")


def test_each_has_a_story_on_one_line(people: list[Person]) -> None:
    for person in people:
        patient = person.resources[0]
        assert person.story == patient["extension"][0]["valueString"]
        assert person.story in patient["text"]["div"]
        assert person.story.endswith(".")
        assert "\n" not in person.story


def test_everything_belongs_to_the_patient_and_points_to_what_is_there(people: list[Person]) -> None:
    for person in people:
        own = {f"{each['resourceType']}/{each['id']}" for each in person.resources}
        for each in person.resources[1:]:
            assert set(references(each)) <= own
            if each["resourceType"] != "Medication":
                assert each.get("subject", each.get("patient")) == {"reference": f"Patient/{person.id}"}


def test_every_code_is_one_that_the_rule_book_knows(people: list[Person]) -> None:
    book, strange = ruleset().codes, set()
    for person in people:
        for each in codings(person.resources):
            concept = CodeableConcept(coding=(Coding(system=each["system"], code=each["code"]),))
            if not each["system"].startswith(FRAME) and not book.concepts_of(concept):
                strange.add((each["system"], each["code"]))
    assert not strange


@pytest.mark.parametrize("kind", ["problems", "drugs", "results"])
def test_every_code_stands_for_what_it_is_listed_as(kind: str) -> None:
    book, listed = ruleset().codes, codes()
    for name, coded in getattr(listed, kind).items():
        for system in ("icd", "sct", "rx", "ndc", "atc", "loinc", "site"):
            pair = coded.site_code if system == "site" else getattr(coded, system)
            if pair:
                concept = CodeableConcept(coding=(Coding(system=listed.systems[system], code=pair[0]),))
                assert name in book.concepts_of(concept), f"{name}: {pair}"


def test_a_text_heavy_chart_names_drugs_by_words_that_are_known() -> None:
    for name, coded in codes().drugs.items():
        assert ruleset().codes.named_in(coded.text), name


def test_every_habit_writes_and_shares_add_up(people: list[Person]) -> None:
    assert {person.habit for person in people} == {each.id for each in habits()}
    assert sum(each.share for each in habits()) == pytest.approx(1)


def test_the_gallery_comes_first_and_only_once(people: list[Person]) -> None:
    assert [person.archetype for person in people[:GALLERY]] == [each.id for each in stories()]
    assert {person.archetype for person in people[GALLERY:]} == {"cohort"}


def test_every_figure_is_cited_or_said_to_be_assumed() -> None:
    for name, figure in figures().items():
        assert bool(figure.source and figure.locator) != bool(figure.assumption), name
        assert not figure.source or figure.source in ruleset().sources, name


def test_histories_are_full(people: list[Person]) -> None:
    treated = [each for each in people[GALLERY:] if each.life.course.days > 100]
    for person in treated:
        kinds = [each["resourceType"] for each in person.resources]
        assert kinds.count("MedicationAdministration") >= len(person.life.cycles)
        assert kinds.count("Encounter") == len(person.life.cycles)
        assert "Condition" in kinds
        assert "MedicationRequest" in kinds


def test_everything_that_may_be_drawn_can_be_written() -> None:
    named, listed = people_of(), codes()
    drawn = [*named.agents.values(), *named.partners.values(), named.bone_agents]
    assert {name for each in drawn for name in each} <= set(listed.drugs)
    cancers = {*named.cancers_male, *named.cancers_female}
    assert cancers | set(named.fractures) | (set(named.others) - set(listed.drugs)) <= set(listed.problems)
    assert {name for table in (named.agents, named.partners) for name in table} - {"otherwise"} <= cancers
