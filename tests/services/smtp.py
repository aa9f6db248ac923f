"""A mail server for tests, on a free port: it keeps what it takes, and refuses or falls silent when told to.

It speaks what smtplib needs of RFC 5321: EHLO, STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA, RSET, QUIT.
"""

import base64
import ssl
import subprocess
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

USER, PASSWORD = "tidemill", "correct-horse"


@dataclass(frozen=True)
class Mail:
    """A mail as it was taken: to whom, what, and whether over TLS and by a user who gave the password."""

    to: tuple[str, ...]
    message: EmailMessage
    encrypted: bool
    authenticated: bool


class MailServer:
    """Takes mail. `replies` holds answers to a command (MAIL, RCPT, DATA, AUTH or END of the data) in the place of 250.

    Args:
        certificate: of a folder from `certificate`; without one there is no TLS.
        at_once: TLS from the first byte instead of STARTTLS.
        port: to listen on; a free one if not given.
    """

    def __init__(self, certificate: Path | None = None, at_once: bool = False, port: int = 0) -> None:
        self.taken: list[Mail] = []
        self.replies: dict[str, list[str]] = {}
        self.tls = _context(certificate) if certificate else None
        self.at_once = at_once
        self._server = _Server(("127.0.0.1", port), _Talk)
        self._server.mail = self
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> "MailServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, command: str, usual: str) -> str:
        waiting = self.replies.get(command)
        return waiting.pop(0) if waiting else usual


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mail: MailServer

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


class _Talk(StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        mail = self.server.mail
        self.encrypted = mail.at_once
        if mail.at_once and mail.tls:
            self.request = mail.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.known = False
        self.to: list[str] = []

    def handle(self) -> None:
        self._say("220 localhost")
        while line := self.rfile.readline():
            command, _, rest = line.decode().strip().partition(" ")
            if not self._answer(command.upper(), rest):
                return

    def _answer(self, command: str, rest: str) -> bool:
        mail = self.server.mail
        if command == "EHLO":
            starts = ["250-STARTTLS"] if mail.tls and not self.encrypted else []
            self._say(*["250-localhost", *starts, "250 AUTH PLAIN"])
        elif command == "STARTTLS" and mail.tls:
            self._say("220 go ahead")
            self.request = mail.tls.wrap_socket(self.request, server_side=True)
            self.encrypted = True
            super().setup()
        elif command == "AUTH":
            self._authenticate(rest)
        elif command == "RCPT":
            answer = mail.reply("RCPT", "250 ok")
            if answer.startswith("250"):
                self.to.append(rest.partition(":")[2].split()[0].strip("<>"))
            self._say(answer)
        elif command == "DATA":
            self._take(mail.reply("DATA", "354 go ahead"))
        elif command == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say(mail.reply(command, "250 ok"))
        return True

    def _authenticate(self, rest: str) -> None:
        given = base64.b64decode(rest.partition(" ")[2]).decode()
        self.known = given == f"\0{USER}\0{PASSWORD}"
        self._say(self.server.mail.reply("AUTH", "235 ok" if self.known else "535 who are you"))

    def _take(self, answer: str) -> None:
        self._say(answer)
        if not answer.startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        answer = self.server.mail.reply("END", "250 taken")
        if answer.startswith("250"):
            self.server.mail.taken.append(Mail(tuple(self.to), message, self.encrypted, self.known))
        self.to = []
        self._say(answer)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()


def certificate(folder: Path) -> Path:
    """Make a key and a certificate for 127.0.0.1 in a folder; `cert.pem` is also what a client trusts."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def _context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
