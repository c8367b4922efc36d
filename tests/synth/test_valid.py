"""What is written is valid FHIR R4 by validators that know nothing of each other; each refuses what is not."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import fhirkit
import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds.synth import Population

Plain = dict[str, Any]
SIZE = 240


def by_fhir_resources(resource: Plain) -> object:
    """The resource as ``fhir.resources`` models it; ValidationError if it is not valid."""
    return get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def by_fhirclient(resource: Plain) -> object:
    """The resource as the SMART client models it, strictly; FHIRValidationError if it is not valid."""
    kind = resource["resourceType"]
    return getattr(import_module(f"fhirclient.models.{kind.lower()}"), kind)(resource, strict=True)


def by_fhirkit(resource: Plain) -> object:
    """The resource as ``fhirkit`` generates it from the R4 definitions; its ValidationError if it is not valid."""
    return fhirkit.parse(msgspec.json.encode(resource), strict=True)


Validator = Callable[[Plain], object]
VALIDATORS: list[Validator] = [by_fhir_resources, by_fhirclient, by_fhirkit]
CLIENT_REFUSES: type[Exception] = import_module("fhirclient.models.fhirabstractbase").FHIRValidationError


def wounds(resource: Plain) -> Iterator[Plain]:
    """The resource with something that R4 does not allow."""
    yield {**resource, "subject": "Patient/1", "patient": 7}
    yield {**resource, "invented": True}
    if resource["resourceType"] == "Observation":
        yield {name: value for name, value in resource.items() if name != "code"}


@pytest.mark.parametrize("validator", VALIDATORS)
def test_every_resource_is_valid(validator: Validator) -> None:
    for person in Population(SIZE, 1):
        for resource in person.resources:
            validator(resource)


@pytest.mark.parametrize("validator", VALIDATORS)
def test_a_validator_refuses_what_is_wounded(validator: Validator) -> None:
    person = Population(1, 1).person(0)
    one_of_each = {each["resourceType"]: each for each in person.resources}
    for resource in one_of_each.values():
        for wounded in wounds(resource):
            with pytest.raises((ValidationError, CLIENT_REFUSES, fhirkit.ValidationError)):
                validator(wounded)
