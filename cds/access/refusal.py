"""Why a caller is not let in: for the log and the counters, never for the caller."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A closed list, so that a counter can carry it."""

    NO_TOKEN = "no-token"
    SEVERAL_HEADERS = "several-authorization-headers"
    NOT_BEARER = "not-a-bearer-token"
    TOO_LONG = "token-too-long"
    MALFORMED = "malformed-token"
    WRONG_TYPE = "wrong-typ"
    CRITICAL = "critical-header"
    NO_KID = "no-kid"
    UNKNOWN_ISSUER = "unknown-issuer"
    ALGORITHM = "algorithm-not-allowed"
    FOREIGN_JKU = "jku-not-allowed"
    UNKNOWN_KEY = "unknown-key"
    NO_KEYS = "keys-not-available"
    UNFIT_KEY = "key-does-not-fit"
    SIGNATURE = "bad-signature"
    CLAIMS = "claims-missing-or-misshapen"
    WRONG_AUDIENCE = "wrong-audience"
    EXPIRED = "expired"
    NOT_YET = "not-valid-yet"
    TOO_LASTING = "valid-for-too-long"
    WRONG_TENANT = "wrong-tenant"
    REPLAYED = "used-before"
    STORE_FULL = "too-many-tokens-remembered"


class Unauthorised(Exception):
    """A caller that is not let in. ``issuer`` is that of a known client, '' as long as none is."""

    def __init__(self, reason: Reason, issuer: str = "") -> None:
        super().__init__(reason.value)
        self.reason, self.issuer = reason, issuer
