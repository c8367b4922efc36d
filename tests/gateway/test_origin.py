"""Whom we may call, and where a token never goes."""

import pytest

from cds.gateway.origin import CallPolicy, check_allowed, origin, within

BASE = "https://ehr.example.org/fhir"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ehr.example.org/fhir", ("https", "ehr.example.org", 443)),
        ("HTTP://EHR.example.org:80/x", ("http", "ehr.example.org", 80)),
        ("http://[::1]:8080/fhir", ("http", "::1", 8080)),
        ("https://user:pw@ehr.example.org/fhir", None),
        ("https://@ehr.example.org/fhir", None),
        ("ftp://ehr.example.org", None),
        ("file:///etc/passwd", None),
        ("gopher://ehr.example.org", None),
        ("//ehr.example.org/fhir", None),
        ("https://ehr.example.org:99999/fhir", None),
        ("https://ehr.example.org:x/fhir", None),
        ("http://[::1/fhir", None),
        ("", None),
    ],
)
def test_origin(url: str, expected: tuple[str, str, int] | None) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ehr.example.org/fhir?page=2", "https://ehr.example.org/fhir?page=2"),
        ("https://EHR.example.org:443/fhir?page=2", "https://EHR.example.org:443/fhir?page=2"),
        ("?page=2", "https://ehr.example.org/fhir/?page=2"),
        ("Medication/7", "https://ehr.example.org/fhir/Medication/7"),
        ("/other?page=2", "https://ehr.example.org/other?page=2"),
        ("https://evil.example.org/fhir?page=2", ""),
        ("//evil.example.org/x", ""),
        ("http://ehr.example.org/fhir?page=2", ""),
        ("https://ehr.example.org:8443/fhir?page=2", ""),
        ("https://ehr.example.org@evil.example.org/", ""),
        ("urn:uuid:1", ""),
    ],
)
def test_only_addresses_of_the_same_origin_are_within(url: str, expected: str) -> None:
    assert within(BASE, url) == expected


@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        (BASE, True),
        (BASE + "/", True),
        (BASE + "/tenant-1", True),
        ("https://ehr.example.org/other", False),
        ("https://ehr.example.org/fhirx", False),
        ("https://ehr.example.org/fhir/../admin", False),
        ("https://ehr.example.org/fhir/%2e%2e/admin", False),
        ("https://ehr.example.org/fhir%2f..%2fadmin", False),
        ("https://ehr.example.org/fhir?base=/admin", False),
        ("https://ehr.example.org/fhir#", False),
        ("https://ehr.example.org\\@evil.example.org/fhir", False),
        ("https://token@ehr.example.org/fhir", False),
        ("http://ehr.example.org/fhir", False),
        ("https://ehr.example.org.evil.example.org/fhir", False),
        ("http://127.0.0.1:9/fhir", False),
        ("http://169.254.169.254/latest", False),
        ("nonsense", False),
    ],
)
def test_production_calls_the_allow_list_alone(server: str, allowed: bool) -> None:
    assert (CallPolicy((BASE,)).objection(server) == "") is allowed


@pytest.mark.parametrize("server", ["http://127.0.0.1:8080/fhir", "http://localhost/fhir", "http://[::1]:1/fhir"])
def test_development_calls_this_machine_too(server: str) -> None:
    assert CallPolicy(loopback=True).objection(server) == ""
    assert CallPolicy(loopback=True).objection(BASE) != ""


def test_production_sends_no_token_in_the_clear() -> None:
    listed = CallPolicy(("http://ehr.example.org/fhir", "http://127.0.0.1:8080/fhir", BASE), https_only=True)
    assert "https" in listed.objection("http://ehr.example.org/fhir")
    assert listed.objection(BASE) == listed.objection("http://127.0.0.1:8080/fhir") == ""


def test_an_allow_list_with_a_slip_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"ehr\.example\.org"):
        check_allowed(["https://fine.example.org", "ehr.example.org"])
