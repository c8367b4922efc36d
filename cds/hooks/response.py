"""A response as bytes. What holds nothing was never put in: structs leave their defaults out, and so do extensions."""

from __future__ import annotations

from typing import Final

import msgspec

from cds.hooks.wire import HookResponse

_ENCODER: Final = msgspec.json.Encoder()


def encode(response: HookResponse) -> bytes:
    """The body of the response."""
    return _ENCODER.encode(response)
