"""A name is the same person however it is spelt."""

import pytest

from cds.releases.fault import ReleaseFault
from cds.releases.people import person, same_person


@pytest.mark.parametrize(
    "other",
    [
        "ada lovelace",
        "ADA  LOVELACE",
        " Ada\tLovelace ",
        "Ada\u00a0Lovelace",
        "Ada\u200bLovelace",
        "Ada-Lovelace",
        "Ada Lovelace.",
        "Ａｄａ Ｌｏｖｅｌａｃｅ",
        "Ada\u202eLovelace",
    ],
)
def test_spelling_makes_nobody_another_person(other: str) -> None:
    assert same_person("Ada Lovelace", other)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert same_person("Jos\u00e9 M\u00fcller", "Jose\u0301 Mu\u0308ller")
    assert same_person("Straße", "STRASSE")


def test_other_people_are_others() -> None:
    assert not same_person("Ada Lovelace", "Ada Loveless")


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "--", "\n", "a" * 121])
def test_what_names_nobody_is_refused(name: str) -> None:
    with pytest.raises(ReleaseFault, match="no name of a person"):
        person(name)


def test_a_name_is_written_on_one_line_without_controls() -> None:
    assert person(" Ada \n\x1b[31mLovelace\u200b ") == "Ada [31mLovelace"
