"""What goes out holds no empty member, whatever went in, and loses nothing that means something."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks.response import encode, lean
from cds.hooks.wire import Action, Card, Coding, HookResponse, Link, Source, Suggestion

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def hollow(value: Any) -> bool:
    """Whether anything in the value is null or empty."""
    if isinstance(value, dict):
        return not value or any(hollow(member) for member in value.values())
    if isinstance(value, list):
        return not value or any(hollow(member) for member in value)
    return value is None or value == ""


def card(**members: Any) -> Card:
    """A small card."""
    return Card(**{"summary": "s", "indicator": "info", "source": Source(label="l"), **members})


def test_no_cards_is_an_empty_list_of_cards() -> None:
    assert encode(HookResponse(cards=())) == b'{"cards":[]}'
    assert encode(HookResponse(cards=(), extension={"x": []})) == b'{"cards":[]}'


def test_a_full_card_is_spelt_as_the_standard_says() -> None:
    action = Action(type="create", description="Order DXA", resource={"resourceType": "ServiceRequest"})
    suggestion = Suggestion(label="DXA", uuid="u", is_recommended=True, actions=(action,))
    full = card(
        uuid="c",
        detail="d",
        suggestions=(suggestion,),
        selection_behavior="at-most-one",
        override_reasons=(Coding(code="patient-refused", system="http://x", display="Refused"),),
        links=(Link(label="l", url="https://x"),),
        source=Source(label="l", topic=Coding(code="scope", system="http://t", display="Scope")),
    )
    assert msgspec.json.decode(encode(HookResponse(cards=(full,)))) == {
        "cards": [
            {
                "summary": "s",
                "indicator": "info",
                "source": {"label": "l", "topic": {"code": "scope", "system": "http://t", "display": "Scope"}},
                "uuid": "c",
                "detail": "d",
                "suggestions": [
                    {
                        "label": "DXA",
                        "uuid": "u",
                        "isRecommended": True,
                        "actions": [
                            {
                                "type": "create",
                                "description": "Order DXA",
                                "resource": {"resourceType": "ServiceRequest"},
                            }
                        ],
                    }
                ],
                "selectionBehavior": "at-most-one",
                "overrideReasons": [{"code": "patient-refused", "system": "http://x", "display": "Refused"}],
                "links": [{"label": "l", "url": "https://x", "type": "absolute"}],
            }
        ]
    }


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.text(max_size=9))
def test_no_member_is_empty_and_texts_stay(extension: dict[str, Any], detail: str) -> None:
    body = msgspec.json.decode(encode(HookResponse(cards=(card(detail=detail, extension=extension),))))
    assert not hollow(body)
    assert body["cards"][0].get("detail", "") == detail
    assert body["cards"][0].get("extension", {}) == lean(extension)


def test_false_and_zero_are_not_empty() -> None:
    assert lean({"a": False, "b": 0, "c": None, "d": [{}, {"e": ""}], "f": [0]}) == {"a": False, "b": 0, "f": [0]}


def test_text_that_looks_like_an_empty_member_is_text() -> None:
    body = encode(HookResponse(cards=(card(detail='"x":[] and :null, and [""]'),)))
    assert msgspec.json.decode(body)["cards"][0]["detail"] == '"x":[] and :null, and [""]'
