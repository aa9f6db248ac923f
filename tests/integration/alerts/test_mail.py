import socket

import pytest
from structlog.testing import capture_logs

from tests.services.smtp import PASSWORD, USER, MailServer, certificate
from tests.unit.alerts.events import closed, event, opened, written
from tidemill.alerts import Deliverer, open_alerts


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailing(configured, trusted, monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)

    def make(port, **more):
        channel = {
            **{"kind": "smtp", "host": "127.0.0.1", "port": port, "ca_file": str(trusted / "cert.pem")},
            **{"user": USER, "password": "${env:SMTP_PASSWORD}", "from": "mill@example.com"},
            **{"to": ["ada@example.com", "bob@example.com"], **more},
        }
        return configured(channels={"mail": {name: value for name, value in channel.items() if value is not None}})

    return make


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_beginning_and_its_end_are_mailed_over_tls_as_one_thread(mailing, trusted, clock, security):
    with MailServer(trusted, at_once=security == "tls") as server:
        config = mailing(server.port, security=security)
        one, _ = written(config, opened(0, limit="80"), closed(5, began=0))
        clock.goes_on(minutes=6)

        Deliverer(config, clock).deliver_once()

    first, last = server.taken
    assert (first.to, first.encrypted, first.authenticated) == (("ada@example.com", "bob@example.com"), True, True)
    assert first.message["Subject"] == "[warning] readings: 91.5 is above 80"
    assert first.message["Message-ID"] == f"<{one}-opened@tidemill.example.com>"
    assert "sensor: pump/1" in first.message.get_content()
    assert "limit: 80" in first.message.get_content()
    assert last.message["Subject"] == "[over] readings: below 75 again"
    assert last.message["In-Reply-To"] == first.message["Message-ID"]


def test_a_server_of_ones_own_network_may_be_used_without_tls_and_password(mailing, clock):
    with MailServer() as server:
        config = mailing(server.port, security="none", user=None, password=None)
        written(config, opened(0))

        Deliverer(config, clock).deliver_once()

    assert [(mail.encrypted, mail.authenticated) for mail in server.taken] == [(False, False)]


def test_a_mail_that_is_sent_again_has_the_same_message_id(mailing, trusted, clock):
    with MailServer(trusted) as server:
        config = mailing(server.port)
        written(config, opened(0))
        deliverer = Deliverer(config, clock)
        deliverer._outlets[0]._channel.send(
            deliverer._outlets[0]._due(open_alerts(config, clock.now), clock.now)[0].message
        )

        deliverer.deliver_once()

    assert len(server.taken) == 2
    assert len({mail.message["Message-ID"] for mail in server.taken}) == 1


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"DATA": ["451 try later"]}, "SMTPDataError, status 451"),
        ({"END": ["452 full"]}, "SMTPDataError, status 452"),
        ({"MAIL": ["421 closing"]}, "SMTPSenderRefused, status 421"),
        ({"AUTH": ["454 not now"]}, "SMTPAuthenticationError, status 454"),
        ({"RCPT": ["450 busy"] * 2}, "it takes mail for none of the addresses, status 450"),
        ({"RCPT": ["550 unknown"] * 2}, "it takes mail for none of the addresses, status 550"),
        ({"END": ["554 spam"]}, "SMTPDataError, status 554"),
    ],
)
def test_what_a_server_does_not_take_is_mailed_again_later(mailing, trusted, clock, replies, reason):
    with MailServer(trusted) as server:
        server.replies = {command: list(lines) for command, lines in replies.items()}
        config = mailing(server.port)
        one, *_ = written(config, opened(0))
        deliverer = Deliverer(config, clock)

        before = deliverer.deliver_once()["mail"]
        clock.goes_on(minutes=1)
        after = deliverer.deliver_once()["mail"]

    assert (before.sent, before.waiting) == ([], {f"{one}-opened": reason})
    assert after.sent == [f"{one}-opened"]
    assert len(server.taken) == 1


def test_one_address_that_is_refused_keeps_the_other_from_nothing(mailing, trusted, clock):
    with MailServer(trusted) as server:
        server.replies = {"RCPT": ["550 unknown"]}
        config = mailing(server.port)
        written(config, opened(0))

        with capture_logs() as logs:
            Deliverer(config, clock).deliver_once()

    assert [mail.to for mail in server.taken] == [("bob@example.com",)]
    assert [(log["event"], log["left_out"]) for log in logs] == [("mail_not_for_all", 1)]


def test_a_server_that_is_away_or_not_trusted_takes_nothing_and_no_password_is_told(mailing, trusted, clock, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed_port:
        port = closed_port.getsockname()[1]
    away = mailing(port)
    written(away, opened(0))
    with MailServer(certificate(tmp_path)) as server, capture_logs() as logs:
        gone = Deliverer(away, clock).deliver_once()["mail"]
        stranger = Deliverer(mailing(server.port), clock).deliver_once()["mail"]

    assert list(gone.waiting.values()) == ["ConnectionRefusedError"]
    assert list(stranger.waiting.values()) == ["SSLCertVerificationError"]
    assert server.taken == []
    assert PASSWORD not in str(logs)


@pytest.mark.parametrize(("content", "problem"), [(None, "No such file or directory"), ("?", "no certificates in it")])
def test_a_file_of_authorities_that_cannot_be_used_is_named_and_no_job_waits_for_it(
    mailing, clock, tmp_path, content, problem
):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    config = mailing(1, ca_file=str(file))
    written(config, opened(0))

    passed = Deliverer(config, clock).deliver_once()["mail"]

    expected = f"ca_file {file}: {problem}; expected a PEM file of certificates that this user may read"
    assert (list(passed.waiting.values()), passed.soon) == ([expected], False)


def test_a_text_with_line_ends_puts_no_header_into_a_mail(mailing, trusted, clock):
    with MailServer(trusted) as server:
        config = mailing(server.port)
        written(config, opened(0, text="hot\r\nBcc: eve@example.com\r\n\r\n" + "x" * 300, sensor="pump/ü"))

        Deliverer(config, clock).deliver_once()

    (mail,) = server.taken
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"].startswith("[warning] readings: hot Bcc: eve@example.com xxx")
    assert "sensor: pump/ü" in mail.message.get_content()


def test_alerts_below_a_channel_s_severity_are_not_mailed(mailing, trusted, clock):
    with MailServer(trusted) as server:
        config = mailing(server.port, min_severity="critical")
        written(config, opened(0), opened(0, sensor="pump/2", severity="critical"), event("noted", 1, note="hm"))

        Deliverer(config, clock).deliver_once()

    assert [mail.message["Subject"][:10] for mail in server.taken] == ["[critical]"]
