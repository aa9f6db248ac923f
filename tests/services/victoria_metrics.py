"""A real VictoriaMetrics on this machine: one node on a port of its own, which it keeps when it is started again."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.services.postgres import free_port


class VictoriaMetrics:
    """A server with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"

    def start(self) -> "VictoriaMetrics":
        program = shutil.which("victoria-metrics")
        if program is None:
            pytest.skip("VictoriaMetrics is missing: sudo apt-get install victoria-metrics")
        options = [f"-storageDataPath={self._folder}", f"-httpListenAddr={self.url.removeprefix('http://')}"]
        with (self._folder.parent / "victoria.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, *options, "-retentionPeriod=100y", "-dedup.minScrapeInterval=1ms"], stdout=log, stderr=log
            )
        self._answered()
        return self

    def stop(self) -> None:
        """End the server in its own time: what it took is on disk only then, or after a second."""
        self._process.terminate()
        self._process.wait(timeout=60)

    def series(self, name: str) -> dict[frozenset, dict[int, float]]:
        """What is stored under a metric's name: its labels -> milliseconds -> value."""
        httpx.get(f"{self.url}/internal/force_flush", timeout=30).raise_for_status()
        answer = httpx.get(f"{self.url}/api/v1/export", params={"match[]": name, "reduce_mem_usage": "0"}, timeout=30)
        found = map(json.loads, answer.raise_for_status().text.splitlines())
        return {
            frozenset((key, value) for key, value in each["metric"].items() if key != "__name__"): dict(
                zip(each["timestamps"], each["values"], strict=True)
            )
            for each in found
        }

    @retry(retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(0.05), stop=stop_after_delay(60))
    def _answered(self) -> None:
        httpx.get(f"{self.url}/health")
