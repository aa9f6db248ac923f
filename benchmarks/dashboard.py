"""How soon the dashboard shows its first graph, over 30 days of 1,000 sensors, in a browser without a window.

    make bench NAME=dashboard      about two minutes on two cores, 300 MB of disk

The lake is written without a JVM as the streams lay it out: a folder a day, sorted by sensor. Windows of 1 hour and of
1 day cover all 30 days; those of 1 minute the last 2 days alone (up to 4 million rows; 30 days would be 43 million, of
which no page reads more than two days). Silver has the last 15 minutes, a reading a sensor and 10 seconds.

Each page is opened some times in a browser of its own, from an empty cache, until its first graph is drawn. `cold` is
of a dashboard just started. There is no other dashboard to compare with: `theirs` is the goal of 2 s. In turn with them
a bare page is opened, a file with plotly.js and one line of 720 points: `bare` tells how fast the machine is, and
`over_bare` what the dashboard adds.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from dashboards.lake import write_lake
from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs

GOAL = 2.0
DRAWN = ".js-plotly-plot .scatterlayer path"
PAGES = {
    "overview": "/",
    "sensor, 15 minutes": "/sensor?dataset=site_readings&sensor=site-0500%2Ftemp&range=15m",
    "sensor, 24 hours": "/sensor?dataset=site_readings&sensor=site-0500%2Ftemp&range=24h",
    "sensor, 30 days": "/sensor?dataset=site_readings&sensor=site-0500%2Ftemp&range=30d",
}
LIST = "/sensors"


@contextmanager
def served(home: Path, conf: Path) -> Iterator[str]:
    """The address of a dashboard that has just begun to answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from tidemill.cli.main import run; run()", "dashboard", "--port", str(port)]
    variables = {**os.environ, "TIDEMILL_CONF": str(conf), "PYTHONPATH": str(Path(__file__).parents[1] / "lib")}
    process = subprocess.Popen([*command, "--home", str(home)], env=variables, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_dash-layout", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the dashboard ended; start it by hand to see why") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def bare_page(folder: Path) -> str:
    """The address of a page that draws one line by plotly.js, and does nothing else."""
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    line = {"x": list(range(720)), "y": [(one * 37) % 100 for one in range(720)], "mode": "lines"}
    draw = f"Plotly.newPlot('drawn', [{json.dumps(line)}])"
    page = f'<!doctype html><div id="drawn"></div><script src="plotly.min.js"></script><script>{draw}</script>'
    (folder / "bare.html").write_text(page, encoding="utf-8")
    return (folder / "bare.html").as_uri()


def opened(browser: Any, address: str, until: str) -> float:
    """Seconds from asking for a page to `until` being on it, with nothing in the browser's cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(until, state="attached", timeout=60_000)
    taken = time.perf_counter() - begun
    context.close()
    return taken


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each page is opened (5)")
    parser.add_argument("--sensors", type=int, default=1000, help="how many there are (1000)")
    request = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not here: sudo apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder, sync_playwright() as driver:
        rows = write_lake(Path(folder), request.sensors)
        home, conf = Path(folder) / "home", Path(folder) / "conf"
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with served(home, conf) as address:
            cold = opened(browser, address + PAGES["sensor, 30 days"], DRAWN)
        bare: list[float] = []
        address_of_bare = bare_page(Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in (*PAGES, "list of sensors")}
        with served(home, conf) as address:
            for _ in range(request.rounds):
                for name, where in PAGES.items():
                    bare.append(opened(browser, address_of_bare, DRAWN))
                    taken[name].append(opened(browser, address + where, DRAWN))
                taken["list of sensors"].append(opened(browser, address + LIST, "#page tbody tr"))
        browser.close()
    medians = {name: round(median(times), 2) for name, times in taken.items()}
    ours = max(medians.values())
    detail = {
        **{"medians": medians, "worst": {name: round(max(times), 2) for name, times in taken.items()}},
        **{"bare": round(median(bare), 2), "over_bare": round(ours - median(bare), 2), "cold": round(cold, 2)},
        **{"rows": rows, "sensors": request.sensors, "rounds": request.rounds},
    }
    told = {"ratio": round(ours / GOAL, 2), "goal": 1.0, "unit": "seconds to the first graph", "ours": ours}
    print(json.dumps({"bench": "dashboard", **told, "theirs": GOAL, "detail": detail}))


if __name__ == "__main__":
    main()
