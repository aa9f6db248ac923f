"""The stations: publish readings over MQTT, each known to have reached the broker."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from tidemill.demo.live.sensors import Message
from tidemill.errors import RunFailed

_ANSWER_SECONDS = 120


class NotPublished(RunFailed):
    """The broker did not take a message."""

    def __init__(self, port: int, problem: str) -> None:
        super().__init__(f"the demo's sensors cannot publish to 127.0.0.1:{port}: {problem}. Run again: tidemill demo")


class Stations:
    """All stations as one client of a broker on this machine, for the length of a with block.

    Args:
        port: of the broker.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="demo-stations", protocol=MQTTProtocolVersion.MQTTv311
        )
        self._client.username_pw_set("stations", "any")
        self._client.max_queued_messages_set(0)

    def __enter__(self) -> Self:
        try:
            self._client.connect("127.0.0.1", self._port)
        except OSError as error:
            raise NotPublished(self._port, error.strerror or str(error)) from error
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish messages, and return when the broker has them all.

        Raises:
            NotPublished: it has not within two minutes.
        """
        self._await([self._client.publish(message.topic, message.payload, qos=1) for message in messages])

    def _await(self, under_way: Sequence[MQTTMessageInfo]) -> None:
        until = time.monotonic() + _ANSWER_SECONDS
        for info in under_way:
            if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
                raise NotPublished(self._port, str(info.rc))
            info.wait_for_publish(max(until - time.monotonic(), 0))
            if not info.is_published():
                raise NotPublished(self._port, f"no answer for {_ANSWER_SECONDS} s")
