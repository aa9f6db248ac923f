"""An S3 of one's own: moto's server (s3_server.py) in a process of its own, with one bucket."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import boto3
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

BUCKET = "deliveries"


class S3:
    """A store with one empty bucket."""

    def __init__(self) -> None:
        self.endpoint = f"http://127.0.0.1:{_free_port()}"
        # The server believes any; they are for finding them where they should not be.
        self.access_key, self.secret_key = f"AKIA{uuid4().hex[:16].upper()}", uuid4().hex

    def start(self) -> None:
        """Start the server and wait until it answers."""
        server = [sys.executable, str(Path(__file__).with_name("s3_server.py")), self.endpoint[-5:]]
        self._process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._answered()
        self._client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )
        self._client.create_bucket(Bucket=BUCKET)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(timeout=60)

    def put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def contents(self, prefix: str = "") -> Mapping[str, bytes]:
        """All objects under a prefix, by key."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {key: self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    @retry(retry=retry_if_exception_type(OSError), wait=wait_fixed(0.05), stop=stop_after_delay(60))
    def _answered(self) -> None:
        urlopen(f"{self.endpoint}/moto-api/data.json").close()


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port >= 10000:
            return port


@contextmanager
def running_s3() -> Iterator[S3]:
    """A store for the length of a with block."""
    store = S3()
    try:
        store.start()
        yield store
    finally:
        store.stop()
