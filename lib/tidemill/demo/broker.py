"""An MQTT broker within this process, for a laptop and the demo; it speaks MQTT 3.1.1 and forgets all when it ends."""

import asyncio
import logging
import socket
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Any, Self

from amqtt.broker import Broker

from tidemill.errors import RunFailed

USER = "laptop"
"""Any name will do, and any password: but a client without one would lose its session with each connection."""

_UP_SECONDS = 20


class NoBroker(RunFailed):
    """The embedded broker cannot listen."""

    def __init__(self, port: int, problem: str) -> None:
        super().__init__(f"the embedded MQTT broker cannot listen on 127.0.0.1:{port}: {problem}. Choose another port.")


class EmbeddedBroker:
    """A broker on loopback for the length of a with block.

    A contract reaches it with `version: "3.1.1"` and any user and password.

    Args:
        port: to listen on; any free one where it is 0.

    Raises:
        NoBroker: on entering: it cannot listen.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port or _free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._serve, name="mqtt-broker", daemon=True)
        self._started: Future[None] = Future()
        self._broker: Broker | None = None

    @property
    def url(self) -> str:
        """As a contract's `source.url` has it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        self._thread.start()
        try:
            self._started.result(_UP_SECONDS)
        except Exception as error:
            raise NoBroker(self.port, str(error) or type(error).__name__) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._broker is not None:
            asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(_UP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_UP_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        if self._broker is not None:
            self._loop.run_forever()

    async def _start(self) -> None:
        plugins: dict[str, Any] = {
            "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": False},
        }
        listener = {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}
        try:
            broker = Broker({"listeners": {"default": listener}, "plugins": plugins})
            await broker.start()
        except Exception as error:
            self._started.set_exception(error)
            return
        self._broker = broker
        self._started.set_result(None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
