"""A way to a server that can be cut: both ends stay open, and nothing comes through."""

import socket
from contextlib import suppress
from threading import Condition, Thread


class Cable:
    """Carries what comes to `port` on to another port of this machine, and back.

    Args:
        target: the port to carry to.
        port: to listen on; any that is free where none is given.
        swallows: what a cut catches is lost, and so are its connections, as where a router forgets them; else it is
            held back and comes through afterwards, as the two ends' kernels send it again.
    """

    def __init__(self, target: int, port: int = 0, swallows: bool = False) -> None:
        self._target, self._swallows = target, swallows
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        self.caught = 0
        self._whole, self._cut = Condition(), False
        self._ends: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing comes through; `caught` counts what has tried."""
        with self._whole:
            self._cut, self.caught = True, 0

    def mend(self) -> None:
        with self._whole:
            self._cut = False
            self._whole.notify_all()

    def close(self) -> None:
        self.mend()
        for end in (self._server, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for it
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                with self._whole:
                    if self._cut:
                        self.caught += 1
                        if self._swallows:
                            return
                    self._whole.wait_for(lambda: not self._cut)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            other.close()
