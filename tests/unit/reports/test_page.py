import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tidemill.reports import KeyFigure, KeyFigures, Note, Plot, Plots, Section, Table, figures, page
from tidemill.reports.page import shown

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_a_note_may_go_on_to_a_page_beside_this_one():
    html = page("title", [Section("one", [Note("Its report:", link="models/churn-1.html")])], made_at=NOON)

    assert 'Its report: <a href="models/churn-1.html">models/churn-1.html</a></p>' in html


def test_text_is_escaped_wherever_it_stands():
    blocks = [Note("<b>1</b>"), KeyFigures([KeyFigure("<b>2</b>", "<b>3</b>")]), Table(["<b>4</b>"], [["<b>5</b>"]])]

    html = page("<b>0</b>", [Section("<b>6</b>", blocks)], made_at=NOON)

    assert "<b>" not in html
    assert "&lt;b&gt;5" in html


def test_a_plot_s_data_cannot_end_its_script():
    plot = Plot(figures.bars({"</script><script>alert(1)": {"a": 1.0}}, "rows"), "a plot")

    html = page("title", [Section("one", [plot])], made_at=NOON)

    assert "</script><script>alert" not in html


def test_plotly_comes_in_once_and_only_where_something_is_plotted():
    plots = [Plot(figures.lines({"a": ([1, 2], [3.0, 4.0])}, "b"), "c")] * 2

    with_plots = page("title", [Section("one", plots)], made_at=NOON)
    without = page("title", [Section("one", [Note("text")])], made_at=NOON)

    assert with_plots.count("plotly.js v") == 1
    assert len(without) < 20_000


def test_small_plots_side_by_side_each_have_a_place_of_their_own():
    one = Plot(figures.histogram([0, 1, 2], [3, 4], "error", "rows"), "c")

    html = page("title", [Section("one", [one, Plots([one, one])])], made_at=NOON)

    places = re.findall(r'class="plot" id="([^"]+)"', html)
    assert len(set(places)) == 3
    assert places == re.findall(r'data-plot="([^"]+)"', html)


def test_a_label_from_data_is_no_markup_and_no_longer_than_its_lines():
    assert figures.label("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"
    assert figures.label("one two three", 8) == "one two<br>three"
    assert figures.label("") == "\N{EN DASH}"


def test_nothing_is_fetched():
    html = page("title", [Section("one", [Table(["a"], [[1]]), Note("text")])], made_at=NOON)

    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", html)
    assert "url(" not in html


def test_each_section_is_reached_from_the_contents():
    html = page("title", [Section("one", []), Section("two", [])], made_at=NOON)

    assert set(re.findall(r'href="#([^"]+)"', html)) == set(re.findall(r'<section id="([^"]+)"', html))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (float("nan"), "\N{EN DASH}"),
        (1234567, "1,234,567"),
        (0.84567, "0.8457"),
        (13402.4, "13,402"),
        (Decimal("12.50"), "12.5"),
        (True, "yes"),
        (NOON, "2024-05-01 12:00:00"),
        ("as it is", "as it is"),
    ],
)
def test_a_cell_is_shown_as_a_reader_expects(value, text):
    assert shown(value) == text
