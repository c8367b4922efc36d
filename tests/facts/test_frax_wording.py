"""Only plain words say whether a FRAX entry is adjusted for glucocorticoids."""

import pytest

from cds.engine.truth import Truth
from cds.facts.frax_wording import says_adjusted


@pytest.mark.parametrize(
    "text",
    [
        "Adjusted FRAX",
        "FRAX, adjusted for glucocorticoid dose",
        "FRAX MOF (glucocorticoid-adjusted)",
        "FRAX adjusted for corticosteroids",
        "FRAX with glucocorticoid adjustment",
        "Glucocorticoid adjustment applied",
        "FRAX without BMD, adjusted for prednisone 10 mg",
        "adjusted for steroid use",
    ],
)
def test_it_is_adjusted(text: str) -> None:
    assert says_adjusted([text]) is Truth.TRUE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Major osteoporotic fracture 10-year probability",
        "FRAX unadjusted",
        "FRAX (un-adjusted)",
        "non-adjusted FRAX",
        "FRAX MOF, not adjusted for glucocorticoids",
        "FRAX not yet glucocorticoid-adjusted",
        "FRAX without glucocorticoid adjustment",
        "FRAX, no glucocorticoid dose adjustment",
        "no adjustment for corticosteroids",
        "Adjusted for glucocorticoids: no",
        "glucocorticoid adjustment not applied",
        "adjustment = none",
        "prednisone 10 mg; not adjusted",
        "FRAX with BMD",
        "not adjusted for BMD",
    ],
)
def test_it_is_not_adjusted_or_does_not_speak_of_it(text: str) -> None:
    assert says_adjusted([text]) is Truth.FALSE


@pytest.mark.parametrize(
    "text",
    [
        "FRAX on glucocorticoids",
        "FRAX, glucocorticoids: yes",
        "FRAX without glucocorticoids",
        "adjust for glucocorticoids",
        "glucocorticoid adjustment required",
        "to be adjusted",
        "adjusted for glucocorticoids?",
        "TBS-adjusted FRAX",
        "adjusted for diabetes",
        "adjusted (glucocorticoids: no)",
    ],
)
def test_it_may_be_either(text: str) -> None:
    assert says_adjusted([text]) is Truth.UNKNOWN


def test_texts_that_contradict_each_other_tell_nothing() -> None:
    assert says_adjusted(["Adjusted FRAX", "FRAX unadjusted"]) is Truth.UNKNOWN
    assert says_adjusted(["FRAX", "FRAX unadjusted"]) is Truth.FALSE
    assert says_adjusted(["TBS-adjusted", "not adjusted for glucocorticoids"]) is Truth.FALSE
    assert says_adjusted([]) is Truth.FALSE
