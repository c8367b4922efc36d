"""What the page shows, as its address says it: patient, draft, hook, what-if, broken source, open panels.

Every state has a link, and only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from cds.web.sandbox.panels import AS_USUAL, Panels, panels_asked

UNKNOWN: Final = "unknown"
SUPPOSED: Final = "if."
VIEW: Final = "patient-view"
SELECT: Final = "order-select"
SIGN: Final = "order-sign"
HOOKS: Final = (VIEW, SELECT, SIGN)
MODES: Final = {"prefetch": "prefetch sent along", "fhir": "read from the FHIR server"}
FAULTS: Final = {
    "500": "fails (500)",
    "401": "refuses the token (401)",
    "timeout": "does not answer in time",
    "html": "says FHIR and sends a web page",
    "lies": "sends another type of resource",
}
"""How a FHIR source can be broken, and in words."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of the page. ``supposed`` are the changes of the what-if: id and value, or ``unknown``."""

    patient: str
    drugs: tuple[str, ...] = ()
    dxa: bool = False
    hook: str = VIEW
    mode: str = "prefetch"
    supposed: tuple[tuple[str, str], ...] = ()
    broken: str = ""
    fault: str = ""
    panels: Panels = AS_USUAL

    @property
    def is_real(self) -> bool:
        """Whether nothing is supposed and nothing broken: what is signed then is remembered and can be answered."""
        return not self.supposed and not self.broken

    @property
    def real(self) -> State:
        """The same without what-if and broken source."""
        return replace(self, supposed=(), broken="", fault="")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query of its address, in a fixed order, without what is as usual."""
        told = [("drug", each) for each in self.drugs]
        told += [("dxa", "1")] if self.dxa else []
        told += [("hook", self.hook)] if self.hook != VIEW else []
        told += [("mode", self.mode)] if self.mode != "prefetch" else []
        told += [(SUPPOSED + name, value) for name, value in self.supposed]
        told += [("broken", self.broken), ("fault", self.fault)] if self.broken else []
        return told + self.panels.pairs

    def rest(self, *names: str) -> list[tuple[str, str]]:
        """The query without those parameters (``if.`` stands for all of the what-if): a form's hidden fields."""
        return [(name, value) for name, value in self.pairs if not name.startswith(names)]

    @property
    def query(self) -> str:
        """The query of its address."""
        return urlencode(self.pairs)

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"/sandbox/patients/{quote(self.patient, safe='')}"

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.path}?{self.query}" if self.pairs else self.path

    def but(self, **changes: Any) -> State:
        """The same state with these members changed."""
        return replace(self, **changes)

    def turned(self, name: str) -> State:
        """The same with that panel the other way round."""
        return self.but(panels=self.panels.turned(name))

    def opened(self, name: str) -> State:
        """The same with that panel open."""
        return self.but(panels=self.panels.opened(name))

    def closed(self, name: str) -> State:
        """The same with that panel closed."""
        return self.but(panels=self.panels.closed(name))

    def below(self, name: str) -> str:
        """The address of something that belongs to this state."""
        return f"{self.path}/{name}?{self.query}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A state that an address asks for, and in words what of the address could not be followed."""

    state: State
    problems: tuple[str, ...] = ()


def asked(
    patient: str,
    query: QueryParams,
    drugs: Iterable[str],
    changes: Mapping[str, Any],
    sources: Iterable[str],
    rules: Iterable[str],
) -> Asked:
    """The state that the address asks for, as far as it makes sense.

    ``drugs``, ``changes``, ``sources`` and ``rules`` are the names that are known; a change has a method ``objection``.
    """
    problems: list[str] = []
    known = tuple(drugs)
    chosen = [each for each in query.getlist("drug") if each]
    problems += [f"“{each}” is not a drug that can be ordered here." for each in chosen if each not in known]
    hook = query.get("hook") or VIEW
    mode = query.get("mode") or "prefetch"
    problems += [f"There is no hook “{hook}” here."] if hook not in HOOKS else []
    problems += [f"There is no way “{mode}” of reading the chart here."] if mode not in MODES else []
    supposed, wrong = _supposed(query, changes)
    broken, fault, unheard = _broken(query, tuple(sources))
    panels, unknown = panels_asked(query, rules)
    drafted = tuple(dict.fromkeys(each for each in chosen if each in known))
    if hook in (SELECT, SIGN) and not drafted and query.get("add") is None:
        problems += ["Choose a drug first: there is nothing to sign yet."]
        hook = VIEW
    state = State(
        patient=patient,
        drugs=drafted,
        dxa=query.get("dxa") == "1",
        hook=hook if hook in HOOKS else VIEW,
        mode=mode if mode in MODES else "prefetch",
        supposed=supposed,
        broken=broken,
        fault=fault,
        panels=panels,
    )
    return Asked(state, (*problems, *wrong, *unheard, *unknown))


def _supposed(query: QueryParams, changes: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """The changes of the what-if in the order of the list, and what is wrong with the others."""
    told = {name.removeprefix(SUPPOSED): value.strip() for name, value in query.items() if name.startswith(SUPPOSED)}
    told |= dict.fromkeys(query.getlist("unknown"), UNKNOWN)
    told = {name: value for name, value in told.items() if value}
    wrong = [f"There is no what-if called “{name}”." for name in told if name not in changes]
    fit = []
    for name, change in changes.items():
        if name not in told:
            continue
        objection = change.objection(told[name])
        if objection:
            wrong.append(objection)
        else:
            fit.append((name, told[name]))
    return tuple(fit), wrong


def _broken(query: QueryParams, sources: tuple[str, ...]) -> tuple[str, str, list[str]]:
    """The broken source, how it is broken, and what is wrong with the wish."""
    broken, fault = query.get("broken") or "", query.get("fault") or "500"
    if not broken:
        return "", "", []
    if broken not in sources:
        return "", "", [f"There is no FHIR source called “{broken}”."]
    if fault not in FAULTS:
        return "", "", [f"A source cannot be broken by “{fault}” here."]
    return broken, fault, []
