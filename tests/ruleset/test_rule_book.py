"""The shipped rule book: lint has nothing to refuse."""

from datetime import date

from cds.resources import rules_directory
from cds.ruleset.fault import Level
from cds.ruleset.lint import lint
from cds.ruleset.load import load


def test_the_rule_book_is_whole() -> None:
    reviewed = max(rule.written.review.reviewed_on for rule in load(rules_directory()).rules)
    errors = [each for each in lint(rules_directory(), reviewed) if each.level is Level.ERROR]
    assert errors == [], "\n".join(map(str, errors))


def test_a_review_that_is_overdue_is_no_error() -> None:
    far = date(2099, 1, 1)
    overdue = [each for each in lint(rules_directory(), far) if "overdue" in each.what]
    assert overdue
    assert {each.level for each in overdue} == {Level.WARNING}
