"""Plots are well-formed SVG with a title and a description, and no text in them can become markup."""

from datetime import date
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from cds.web.plots.course import Level, Series, course_plot
from cds.web.plots.scale import Scale, days_scale, years
from cds.web.plots.spark import Point, sparkline
from cds.web.plots.timeline import Lane, Spell, timeline

EVIL = "</svg><script>alert(1)</script>"
DAYS = [date(2018, 3, 1), date(2022, 3, 1), date(2026, 3, 1)]
POINTS = tuple(Point(day, value) for day, value in zip(DAYS, (-2.7, -2.4, -2.1), strict=True))
TODAY = date(2026, 11, 24)
SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> list[Markup]:
    """One plot of each kind."""
    lane = Lane("Drug", "ici", (Spell(DAYS[0], EVIL, DAYS[1]), Spell(DAYS[2], "on", open=True), Spell(DAYS[1], "once")))
    return [
        sparkline("s", EVIL, "three results", POINTS, (-2.5, None)),
        course_plot("c", EVIL, "one place", [Series(EVIL, POINTS)], [Level(-2.5, "low")]),
        timeline("t", EVIL, "one lane", [lane], TODAY),
    ]


@pytest.mark.parametrize("plot", drawn(), ids=["sparkline", "course", "timeline"])
def test_a_plot_is_well_formed_named_and_described(plot: Markup) -> None:
    tree = ElementTree.fromstring(str(plot).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))
    assert tree.get("role") == "img"
    title, description = tree.find(f"{SVG}title"), tree.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text == EVIL
    assert description.text
    assert tree.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert not [each for each in tree.iter() if each.tag.endswith("script") or each.get("style")]


def test_newer_is_further_right_and_more_is_further_up() -> None:
    plot = str(course_plot("c", "t", "d", [Series("spine", POINTS)], []))
    places = plot.partition('points="')[2].partition('"')[0].split()
    across, down = zip(*[map(float, each.split(",")) for each in places], strict=True)
    assert list(across) == sorted(across)
    assert list(down) == sorted(down, reverse=True)


def test_a_course_that_goes_on_reaches_today() -> None:
    lane = Lane("Drug", "ici", (Spell(DAYS[0], "on", open=True), Spell(DAYS[0], "over", DAYS[1])))
    bars = list(str(timeline("t", "t", "d", [lane], TODAY)).split("<rect")[1:])
    open_, over = (float(each.partition('width="')[2].partition('"')[0]) for each in bars)
    assert open_ > over > 0


def test_one_day_and_one_value_can_be_drawn() -> None:
    assert sparkline("s", "t", "d", POINTS[:1])
    assert Scale(3, 3, 0, 10)(3) == 5
    assert "circle" in course_plot("c", "t", "d", [Series("spine", POINTS[:1])], [])


def test_years_are_thinned_out_before_they_touch() -> None:
    many = days_scale([date(1950, 1, 1), date(2026, 1, 1)], 0, 100)
    assert 3 <= len(years(many)) <= 8
    assert [each.year for each in years(days_scale([date(2024, 6, 1), date(2026, 6, 1)], 0, 100))] == [2025, 2026]
