"""Collect from an MQTT broker: each message to a sink, and an acknowledgement once it is safe there."""

import random
import select
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tidemill.contract.sources import MqttSource
from tidemill.errors import TidemillError
from tidemill.sources.mqtt.connection import Refused, client_id, connect, lasts, subscribe
from tidemill.sources.mqtt.records import Message, properties_json
from tidemill.sources.mqtt.remembering import Filters
from tidemill.sources.mqtt.sinks import Receipt, Sink

# How long more messages are waited for before those at hand are made safe; a stop and a due segment wait longer.
_LINGER_SECONDS = 0.002
_TURN_SECONDS = 0.1
_READ_AT_ONCE = 512
_PROGRESS_SECONDS = 60.0
_LONGEST_PAUSE = 30.0
_ANSWER_SECONDS = 15.0
_CLOSE_SECONDS = 5.0


class Bridge:
    """One client and one sink, in one thread.

    Args:
        dataset: for the log.
        settings: of the contract.
        client: as `new_client` makes it.
        sink: where messages go.
        filters: that the session at the broker has.
        started: called at each connection once it has the subscription.
    """

    def __init__(
        self,
        dataset: str,
        settings: MqttSource,
        client: Client,
        sink: Sink,
        filters: Filters,
        started: Callable[[], None],
    ) -> None:
        self._settings, self._client, self._sink = settings, client, sink
        self._filters, self._started = filters, started
        self._log = structlog.get_logger().bind(dataset=dataset, broker=settings.url)
        self._name = client_id(settings, dataset)
        self._taken = self._told = 0
        self._told_at = time.monotonic()
        self._connection = 0
        self._connected = self._answered = False
        self._pause = 0.0
        self._refused: TidemillError | None = None
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        # Or paho would send each acknowledgement by itself, in the midst of the others.
        client.on_socket_register_write = lambda *_: None

    def run(self, stopping: Event) -> int:
        """Collect until told to stop; see `collecting.run_bridge`."""
        try:
            while not stopping.is_set():
                if self._opened(stopping):
                    self._collect(stopping)
                if not stopping.is_set():
                    self._rest(stopping)
        except TidemillError:
            # What is safe already is to be seen by the stream, though nothing comes after it.
            with suppress(TidemillError):
                self._sink.close()
            raise
        self._acknowledge(self._sink.close())
        self._goodbye()
        self._log.info("stopped", messages=self._taken)
        return self._taken

    def _opened(self, stopping: Event) -> bool:
        """Connect and wait for the broker's answer."""
        self._connection += 1
        self._answered = False
        try:
            connect(self._client, self._settings)
        except OSError as error:
            self._log.warning("unreachable", problem=error.strerror or str(error), again_in=round(self._longer(), 1))
            return False
        until = time.monotonic() + _ANSWER_SECONDS
        while not self._connected and self._client.socket() and not stopping.is_set() and time.monotonic() < until:
            self._turn()
        if not self._answered and not stopping.is_set():
            self._log.warning("no_answer", again_in=round(self._longer(), 1))
        return self._connected

    def _collect(self, stopping: Event) -> None:
        while not stopping.is_set() and self._client.socket() is not None:
            self._turn()
            self._progress()

    def _turn(self) -> None:
        """Read what is there, make safe what is due, acknowledge it."""
        idle = not self._read()
        self._settle(idle=idle)
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        if self._refused:
            raise self._refused

    def _read(self) -> bool:
        """Whether something came before the linger was over."""
        socket = self._client.socket()
        if socket is None:
            return False
        laden = self._sink.laden and self._connected  # the broker's answer to a connection is read whatever is held
        waiting = 0 if laden else getattr(socket, "pending", lambda: 0)()
        timeout = 0.0 if waiting else _LINGER_SECONDS if self._sink.pending and not laden else _TURN_SECONDS
        reading = [] if laden else [socket]
        readable, _, _ = select.select(reading, [socket] if self._client.want_write() else [], [], timeout)
        if not readable and not waiting:
            return False
        for _ in range(_READ_AT_ONCE):
            taken = self._taken
            if self._client.loop_read() or self._taken == taken:
                break
        return True

    def _settle(self, *, idle: bool) -> None:
        self._acknowledge(self._sink.settle(idle=idle))

    def _acknowledge(self, receipts: list[Receipt]) -> None:
        for receipt in receipts:
            # An id of a connection that is gone may be another message's by now.
            if receipt.id and receipt.connection == self._connection and self._connected:
                self._client.ack(receipt.id, 1)

    def _goodbye(self) -> None:
        """Send what is to be sent, then end the connection; the session stays."""
        for send_last in (lambda: None, self._client.disconnect):
            send_last()
            self._connected = False  # what ends from here on is not lost
            until = time.monotonic() + _CLOSE_SECONDS
            while (socket := self._client.socket()) and self._client.want_write() and time.monotonic() < until:
                select.select([], [socket], [], _TURN_SECONDS)
                self._client.loop_write()

    def _longer(self) -> float:
        """The pause before the next attempt: twice the last one, up to half a minute, none like another."""
        self._pause = min(_LONGEST_PAUSE, max(1.0, self._pause * 2)) * random.uniform(0.75, 1.0)  # noqa: S311
        return self._pause

    def _rest(self, stopping: Event) -> None:
        """Between two connections; a sink that takes no more is waited for, as the next would be lost too."""
        until = time.monotonic() + (self._pause or self._longer())
        while (time.monotonic() < until or self._sink.laden) and not stopping.wait(0.1):
            self._settle(idle=True)
            self._progress()

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_SECONDS:
            per_second = round((self._taken - self._told) / (now - self._told_at), 1)
            self._log.info("progress", messages=self._taken, per_second=per_second, **self._sink.figures())
            self._told, self._told_at = self._taken, now

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self._taken += 1
        sent = getattr(message.properties, "UserProperty", ()) if message.properties else ()
        self._sink.add(
            Message(
                time.time_ns() // 1_000_000,
                message.topic.encode("utf-8", "surrogatepass"),
                bool(message.retain),
                properties_json(sent),
                bytes(message.payload),
            ),
            Receipt(self._connection, message.mid if message.qos else 0),
        )

    def _on_connect(self, _: Client, __: Any, flags: ConnectFlags, reason: ReasonCode, ___: Properties | None) -> None:
        self._answered = True
        if reason.is_failure:
            if lasts(reason):
                self._refused = Refused(self._settings, f"client '{self._name}'", str(reason))
            else:
                self._log.warning("refused", reason=str(reason), again_in=round(self._longer(), 1))
            return
        self._connected, self._pause = True, 0.0
        self._log.info("connected", client_id=self._name, session_kept=flags.session_present)
        wanted = self._settings.filter
        kept = flags.session_present and self._filters.confirmed(wanted)
        # With MQTT 3.1.1 the broker would send again all that it retains; with 5 that is asked for once.
        if kept and self._settings.version != "5":
            self._begun()
            return
        if not kept:
            self._filters.ask(wanted)
        subscribe(self._client, self._settings, self._filters.others(wanted))

    def _on_subscribe(self, _: Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Properties | None) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = Refused(self._settings, f"topic '{self._settings.filter}'", str(reasons[0]))
            return
        self._filters.confirm(self._settings.filter)
        self._begun()

    def _begun(self) -> None:
        self._log.info("subscribed", topic=self._settings.filter)
        self._started()

    def _on_disconnect(
        self, _: Client, __: Any, ___: DisconnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if self._connected:
            self._log.warning("lost", reason=str(reason))
        self._connected = False
