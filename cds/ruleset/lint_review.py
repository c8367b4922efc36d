"""Who answers for a rule: review fields, author and checker, where retired rules lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds.ruleset.fault import Level, RuleFault
from cds.ruleset.folder import RETIRED, Folder, Placed
from cds.ruleset.model import Review, WrittenRule
from cds.ruleset.page import Spot

NOBODY = "open"
"""``checked_by: open - …`` says that nobody has checked the rule yet."""


def reviews(folder: Folder, as_of: date) -> Iterator[RuleFault]:
    """Every rule has an author, another person as checker, and a review that is not overdue (a warning only)."""
    for rule in folder.rules:
        yield from _review(rule.it.review, rule.spot.at("review"), as_of)


def retirement(folder: Folder) -> Iterator[RuleFault]:
    """Retired rules, and only they, lie in ``_retired``; their ids are not used again."""
    for rule in folder.rules:
        if rule.it.status == "retired":
            fix = f"move the folder to {RETIRED}/{rule.it.id} and take it off the list in ruleset.yaml"
            yield _at_status(rule).fault("a retired rule lies among the others", "it is no longer judged", fix)
    living = {rule.it.id for rule in folder.rules}
    for rule in folder.retired:
        if rule.it.status != "retired":
            fix = "write status: retired, or move the folder back"
            yield _at_status(rule).fault(f"status {rule.it.status} in {RETIRED}", "nothing here is judged", fix)
        if rule.it.id in living:
            why = "old decisions name the retired rule by this id"
            yield rule.spot.at("id").fault(f"`{rule.it.id}` is in use again", why, "give the new rule another id")


def _at_status(rule: Placed[WrittenRule]) -> Spot:
    return rule.spot.at("status")


def _review(review: Review, spot: Spot, as_of: date) -> Iterator[RuleFault]:
    if review.authored_by.casefold() == review.checked_by.casefold():
        why = "whoever wrote a rule reads what was meant, not what stands there"
        yield spot.fault("author and checker are the same", why, "have somebody else check it")
    if review.next_review <= review.reviewed_on:
        fix = "write the day by which it must be read again"
        yield spot.fault("next_review is not after reviewed_on", "the review would be overdue at once", fix)
    if review.checked_by.casefold().startswith(NOBODY):
        yield _warning(
            spot, "nobody has checked this rule yet", "a second pair of eyes is part of every rule", "check it"
        )
    if review.next_review < as_of:
        what = f"the review is overdue since {review.next_review.isoformat()}"
        yield _warning(spot, what, "guidelines move on; what fires stays the same", "read it again and date the review")


def _warning(spot: Spot, what: str, why: str, fix: str) -> RuleFault:
    return RuleFault(spot.page.file, spot.line, what, why, fix, Level.WARNING)
