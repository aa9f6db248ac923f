"""The contract's security in the words of both clients: librdkafka's on the driver, Java's in Spark."""

import ssl
from pathlib import Path

from tidemill.config import revealed
from tidemill.contract.sources.kafka import Security
from tidemill.errors import RequestWrong


class MissingCertificates(RequestWrong):
    """The file of certificates cannot be read, or holds none."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}. Set source.security.ca to a PEM file with the brokers' certificates.")


def client_settings(security: Security | None) -> dict[str, str]:
    """Librdkafka's settings.

    Raises:
        MissingSecret: the environment lacks the password.
        MissingCertificates: `ca` cannot be read, or holds no certificate.
    """
    if security is None:
        return {}
    settings: dict[str, str] = {"security.protocol": security.protocol}
    if security.mechanism and security.username and security.password:
        settings |= {
            "sasl.mechanism": security.mechanism,
            "sasl.username": revealed(security.username),
            "sasl.password": revealed(security.password),
        }
    if security.ca:
        settings["ssl.ca.pem"] = _certificates(security.ca)
    return settings


def spark_options(security: Security | None) -> dict[str, str]:
    """Options of Spark's reader; certificates go along, so that no executor needs the file. Errors as above."""
    if security is None:
        return {}
    options: dict[str, str] = {"kafka.security.protocol": security.protocol}
    if security.mechanism and security.username and security.password:
        module = "plain.PlainLoginModule" if security.mechanism == "PLAIN" else "scram.ScramLoginModule"
        login = f"username={_quoted(revealed(security.username))} password={_quoted(revealed(security.password))}"
        options |= {
            "kafka.sasl.mechanism": security.mechanism,
            "kafka.sasl.jaas.config": f"org.apache.kafka.common.security.{module} required {login};",
        }
    if security.ca:
        options |= {
            "kafka.ssl.truststore.type": "PEM",
            "kafka.ssl.truststore.certificates": _certificates(security.ca),
        }
    return options


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _certificates(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="ascii")
        # Clients say of a broken file only that they could not be made.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise MissingCertificates(path, "no PEM file of certificates") from None
    except OSError as error:
        raise MissingCertificates(path, error.strerror or str(error)) from None
    return text
