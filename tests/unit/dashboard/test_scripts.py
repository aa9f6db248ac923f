import re

from plotly.offline import get_plotlyjs_version

from tidemill.dashboard.app import ASSETS


def test_the_plotly_of_the_pages_is_the_version_that_figures_are_made_for():
    """Else: npm pack plotly.js-basic-dist-min@VERSION, and its plotly-basic.min.js belongs into the assets."""
    head = (ASSETS / "plotly-basic.min.js").read_text(encoding="utf-8")[:200]

    assert re.search(r"plotly\.js \(basic - minified\) v(\S+)", head).group(1) == get_plotlyjs_version()
