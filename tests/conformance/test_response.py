"""Statements of CDS Hooks about responses, held against the answers to every recorded request."""

import re
from urllib.parse import urlsplit

from tests.conformance.asked import actions, answers, cards, objects, suggestions

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
HTML = re.compile(r"<\s*/?\s*[a-zA-Z!]")


def test_there_is_enough_to_look_at() -> None:
    assert len(answers()) > 100
    assert len(list(cards())) > 100
    assert len(list(actions())) > 100


def test_cards_is_always_there_and_may_be_empty() -> None:
    assert all(isinstance(answer["cards"], list) for answer in answers())
    assert any(answer["cards"] == [] for answer in answers())


def test_nothing_else_stands_in_a_response() -> None:
    assert {name for answer in answers() for name in answer} == {"cards", "extension"}


def test_system_actions_are_never_sent() -> None:
    for version in ("1.0", "1.1", "2.0", "3.0"):
        assert not any("systemActions" in each for answer in answers(version) for each in objects(answer))


def test_no_member_is_null_or_empty() -> None:
    for answer in answers():
        for each in objects({name: value for name, value in answer.items() if value != []}):
            assert not [name for name, value in each.items() if value in (None, "", [], {})], each


def test_a_summary_is_one_sentence_of_less_than_140_characters() -> None:
    for card in cards():
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]


def test_the_indicator_is_one_of_three() -> None:
    assert {card["indicator"] for card in cards()} <= {"info", "warning", "critical"}


def test_a_source_has_a_label_and_absolute_addresses() -> None:
    for card in cards():
        assert card["source"]["label"]
        for name in ("url", "icon"):
            assert urlsplit(card["source"].get(name, "https://x")).scheme == "https"


def test_a_topic_is_a_whole_coding() -> None:
    for card in cards():
        assert set(card["source"]["topic"]) == {"code", "system", "display"}


def test_details_are_markdown_without_html() -> None:
    assert not [card["detail"] for card in cards() if HTML.search(card.get("detail", ""))]


def test_ids_are_uuids_and_never_the_same_twice() -> None:
    ids = [each["uuid"] for each in [*cards(), *suggestions()]]
    assert all(UUID.fullmatch(each) for each in ids)
    assert len(ids) == len(set(ids))


def test_suggestions_come_with_their_selection_behaviour_and_not_without() -> None:
    for card in cards():
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        assert card.get("selectionBehavior", "any") in {"at-most-one", "any"}


def test_at_most_one_suggestion_is_recommended_where_one_can_be_taken() -> None:
    for card in cards():
        recommended = [each for each in card.get("suggestions", ()) if each.get("isRecommended")]
        assert len(recommended) <= 1 or card["selectionBehavior"] == "any"


def test_a_suggestion_has_a_label_and_something_to_do() -> None:
    assert all(each["label"] and each["actions"] for each in suggestions())


def test_an_action_has_a_type_a_description_and_what_its_type_needs() -> None:
    for action in actions():
        assert action["type"] in {"create", "update", "delete"}
        assert action["description"]
        assert ("resource" in action) == (action["type"] != "delete")
        assert ("resourceId" in action) == (action["type"] == "delete")
        assert action.get("resource", {"resourceType": "x"})["resourceType"]


def test_override_reasons_are_whole_codings_with_a_display() -> None:
    reasons = [reason for card in cards() for reason in card.get("overrideReasons", ())]
    assert reasons
    assert all(set(reason) == {"code", "system", "display"} for reason in reasons)


def test_links_are_labelled_typed_and_absolute() -> None:
    links = [link for card in cards() for link in card.get("links", ())]
    assert links
    for link in links:
        assert link["label"]
        assert link["type"] == "absolute"
        assert urlsplit(link["url"]).scheme == "https"
        assert urlsplit(link["url"]).hostname


def test_app_context_belongs_to_smart_links_alone_and_nothing_launches_by_itself() -> None:
    for link in (link for card in cards() for link in card.get("links", ())):
        assert "appContext" not in link or link["type"] == "smart"
        assert not link.get("autolaunchable")


def test_extensions_are_objects_with_names_of_our_own() -> None:
    extensions = [each["extension"] for each in [*answers(), *cards()] if "extension" in each]
    assert extensions
    assert all(name.startswith("bone-cds.") for each in extensions for name in each)
