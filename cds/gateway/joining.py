"""The pages of one search become one source."""

from __future__ import annotations

from dataclasses import replace

from cds.fhir.chart import Empty, Failed, Found, NotAsked, Source
from cds.fhir.decode import MORE_PAGES
from cds.fhir.sequence import is_newest_first


def joined(before: Found, page: Source) -> Found:
    """What was read before, and the page after it. A page that failed leaves the whole incomplete."""
    match page:
        case Failed(why):
            return stopped(before, why)
        case NotAsked():
            return stopped(before, "the next page was not asked for")
        case Empty(notes):
            return _whole(before, Found((), notes=notes))
        case Found():
            return _whole(before, page)


def stopped(source: Found, why: str) -> Found:
    """The source of which no further page is read, and why not."""
    reasons = (*_own_reasons(source), f"{MORE_PAGES} ({why})")
    return replace(source, complete=False, why_incomplete="; ".join(reasons), next_page="")


def _whole(before: Found, page: Found) -> Found:
    """Both pages as one; incomplete if either lacks something, or if more pages follow."""
    reasons = (*_own_reasons(before), *_own_reasons(page))
    more = (MORE_PAGES,) if page.next_page else ()
    resources = before.resources + page.resources
    return Found(
        resources=resources,
        complete=not (reasons or more),
        why_incomplete="; ".join(dict.fromkeys((*more, *reasons))),
        newest_first=bool(more) and not reasons and is_newest_first(resources),
        next_page=page.next_page,
        unreadable=before.unreadable + page.unreadable,
        medications={**page.medications, **before.medications},
        patient_urls={**page.patient_urls, **before.patient_urls},
        notes=before.notes + page.notes,
    )


def _own_reasons(source: Found) -> tuple[str, ...]:
    """Why the page lacks something, apart from there being more pages."""
    return tuple(each for each in source.why_incomplete.split("; ") if each and each != MORE_PAGES)
