"""A card answered at the bedside: what is accepted is written to the FHIR server, and the service is told.

The feedback goes over the service's own HTTP interface, as an EHR would send it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import msgspec
from starlette.datastructures import FormData

from cds.hooks.wire import Action, Suggestion
from cds.web.problems import UNAUTHORISED
from cds.web.sandbox.exchange import UNSIGNED
from cds.web.sandbox.memory import ShownCard
from cds.web.sandbox.reply import Done, Written
from cds.web.sandbox.ward import NotWritten, Ward

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bedside:
    """Where answers are given: the FHIR server, the service's address, and the day."""

    ward: Ward
    service: httpx.AsyncBaseTransport
    origin: str
    today: date

    async def answer(self, shown: ShownCard, form: FormData) -> Done:
        """What comes of the form, if the card was not answered before."""
        if form.get("outcome") == "overridden":
            return await self.override(shown, str(form.get("reason", "")), str(form.get("comment", ""))[:1000])
        return await self.accept(shown, [str(each) for each in form.getlist("suggestion")])

    async def accept(self, shown: ShownCard, chosen: Sequence[str]) -> Done:
        """The suggestions' actions are carried out and the service is told. Nothing is told if one could not be."""
        suggestions = [each for each in shown.card.suggestions if each.uuid in chosen]
        if not suggestions:
            return Done("", ("Choose something to accept first; nothing was written.",))
        written: list[Written] = []
        for name, place, action in _steps(suggestions):
            try:
                if (name, place) not in shown.reply.written:
                    shown.reply.written[name, place] = await self._carry_out(action)
                written.append(shown.reply.written[name, place])
            except NotWritten as refused:
                told = f"“{action.description}” was not written: {refused}. The service was not told."
                return Done("", (told,), tuple(written))
        ids = [{"id": each.uuid} for each in suggestions]
        told, sent = await self._tell(shown, {"outcome": "accepted", "acceptedSuggestions": ids})
        labels = "; ".join(each.label for each in suggestions)
        return Done("accepted", (f"Accepted: {labels}.", told), tuple(written), sent)

    async def override(self, shown: ShownCard, reason: str, comment: str) -> Done:
        """The service is told that the card was overridden, and why."""
        reasons = {each.code: each for each in shown.card.override_reasons}
        if reasons and reason not in reasons:
            return Done("", ("Choose one of the card's reasons; the service was not told.",))
        why: Plain = {"reason": msgspec.to_builtins(reasons[reason])} if reason in reasons else {}
        why |= {"userComment": comment} if comment else {}
        told, sent = await self._tell(shown, {"outcome": "overridden", **({"overrideReason": why} if why else {})})
        named = (reasons[reason].display or reason) if reason in reasons else "no reason asked for"
        return Done("overridden", (f"Overridden: {named}.", told), feedback=sent)

    async def _carry_out(self, action: Action) -> Written:
        """The action of a suggestion; a draft becomes an active order. Raises NotWritten."""
        words, resource = action.description, action.resource
        if action.type == "create" and resource is not None:
            return Written(words, await self.ward.create(self._signed(resource)))
        if action.type == "update" and resource is not None:
            return Written(words, await self.ward.update(resource))
        if action.type == "delete" and action.resource_id:
            return Written(words, await self.ward.delete(action.resource_id))
        raise NotWritten(f"a {action.type} without what it is about cannot be carried out")

    def _signed(self, resource: Plain) -> Plain:
        """The order as the EHR keeps it once it is signed."""
        ordered = {"status": "active", "intent": "order", "authoredOn": self.today.isoformat()}
        return {**resource, **ordered} if resource.get("status") == "draft" else resource

    async def _tell(self, shown: ShownCard, answer: Plain) -> tuple[str, Plain]:
        """In words how the service took the feedback, and the feedback."""
        stamp = f"{self.today.isoformat()}T12:00:00Z"
        sent = {"feedback": [{"card": shown.card.uuid, **answer, "outcomeTimestamp": stamp}]}
        url = f"{self.origin}/cds-services/{shown.service}/feedback"
        headers = {"content-type": "application/json"}
        async with httpx.AsyncClient(transport=self.service, trust_env=False) as client:
            response = await client.post(url, content=msgspec.json.encode(sent), headers=headers)
        if response.is_success:
            return f"Feedback was sent to the service, which answered {response.status_code}.", sent
        why = f" {UNSIGNED}" if response.status_code == UNAUTHORISED else ""
        return f"The service did not take the feedback ({response.status_code}).{why}", sent


def _steps(suggestions: Sequence[Suggestion]) -> Iterator[tuple[str, int, Action]]:
    """Every action, with its suggestion and its place in it."""
    for each in suggestions:
        for place, action in enumerate(each.actions):
            yield each.uuid, place, action
