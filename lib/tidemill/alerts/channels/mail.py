"""Mail an alert over SMTP. Repeats have one Message-ID, by which mail clients and servers drop them."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from tidemill.alerts.channels.channel import NotDelivered, Refused, Unreachable
from tidemill.alerts.channels.signing import KEY
from tidemill.alerts.message import Message
from tidemill.config import SmtpChannel, revealed

TIMEOUT = 10.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
KIND = "mail server"
REFUSED_FOR_GOOD = 500


class WrongAuthorities(NotDelivered):
    """The file that says whom to trust cannot be used, whatever the server does."""

    def __init__(self, path: str | None, problem: str) -> None:
        super().__init__(
            f"ca_file {path}: {problem}; expected a PEM file of certificates that this user may read", KIND
        )


class Mail:
    """The channel.

    Args:
        channel: as configured.
    """

    def __init__(self, channel: SmtpChannel) -> None:
        self._channel = channel

    def send(self, message: Message) -> None:
        """Mail a message to all who are named; see `Channel.send`. It is delivered where one address is taken."""
        mail = self._composed(message)
        password = revealed(self._channel.password) if self._channel.password else None
        try:
            server = self._connected()
            try:
                if self._channel.user and password:
                    server.login(self._channel.user, password)
                left_out = server.send_message(mail)
            finally:
                # Once it has taken the mail, how the talk ends changes nothing.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            self._raise(min(codes), f"it takes mail for none of the addresses, {_codes(codes)}")
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            self._raise(error.smtp_code, f"{type(error).__name__}, {_codes([error.smtp_code])}")
        except smtplib.SMTPResponseException as error:
            raise Unreachable(f"{type(error).__name__}, {_codes([error.smtp_code])}", KIND) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(type(error).__name__, KIND) from None
        if left_out:
            structlog.get_logger().warning("mail_not_for_all", key=message.key, left_out=len(left_out))

    def remind(self, standing: Sequence[Message]) -> None:
        """A mailbox remembers."""

    def _connected(self) -> smtplib.SMTP:
        channel = self._channel
        port = channel.port or PORTS[channel.security]
        trusted = _trusted(channel.ca_file) if channel.security != "none" else None
        if channel.security == "tls":
            return smtplib.SMTP_SSL(channel.host, port, timeout=TIMEOUT, context=trusted)
        server = smtplib.SMTP(channel.host, port, timeout=TIMEOUT)
        if trusted is not None:
            try:
                server.starttls(context=trusted)
            except BaseException:
                server.close()
                raise
        return server

    def _composed(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._channel.sender
        mail["To"] = ", ".join(self._channel.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = self._id(message.key)
        if message.event == "closed":
            first = self._id(Message(message.alert, "opened").key)
            mail["In-Reply-To"] = first
            mail["References"] = first
        mail[KEY] = message.key
        # Answers by machines, such as "out of office", are not wanted (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.lines())
        return mail

    def _id(self, key: str) -> str:
        return f"<{key}@tidemill.{self._channel.sender.rpartition('@')[2]}>"

    def _raise(self, code: int, reason: str) -> None:
        raise (Refused if code >= REFUSED_FOR_GOOD else Unreachable)(reason, KIND) from None


def _trusted(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise WrongAuthorities(ca_file, "no certificates in it") from None
    except OSError as error:
        raise WrongAuthorities(ca_file, error.strerror or str(error)) from None


def _codes(codes: Sequence[int]) -> str:
    return f"status {', '.join(map(str, codes))}"
