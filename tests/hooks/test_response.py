"""What goes out holds no empty member, whatever went in, and loses nothing that means something."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks.response import encode
from cds.hooks.wire import Action, Card, Coding, HookResponse, Link, Source, Suggestion
from tests.hooks.hollow import hollow


def card(**members: Any) -> Card:
    """A small card."""
    return Card(**{"summary": "s", "indicator": "info", "source": Source(label="l"), **members})


def test_no_cards_is_an_empty_list_of_cards() -> None:
    assert encode(HookResponse(cards=())) == b'{"cards":[]}'


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


@given(st.text(max_size=9), st.text(max_size=9), st.booleans())
def test_members_that_hold_nothing_are_left_out_and_texts_stay(detail: str, display: str, recommended: bool) -> None:
    source = Source(label="l", topic=Coding(code="scope", display=display))
    suggestion = Suggestion(label="DXA", is_recommended=recommended)
    body = msgspec.json.decode(
        encode(HookResponse(cards=(card(detail=detail, source=source, suggestions=(suggestion,)),)))
    )
    assert not hollow(body)
    sent = body["cards"][0]
    assert sent.get("detail", "") == detail
    assert sent["source"]["topic"].get("display", "") == display
    assert sent["suggestions"][0].get("isRecommended", False) is recommended


def test_text_that_looks_like_an_empty_member_is_text() -> None:
    body = encode(HookResponse(cards=(card(detail='"x":[] and :null, and [""]'),)))
    assert msgspec.json.decode(body)["cards"][0]["detail"] == '"x":[] and :null, and [""]'
