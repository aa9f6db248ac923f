"""Certificates that cannot be used are told before a client is made."""

import pytest

from tidemill.contract.sources.kafka import Security
from tidemill.sources.kafka.security import MissingCertificates, client_settings, spark_options

BEGINNING = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("content", ["", "no certificate", BEGINNING, "ä"])
@pytest.mark.parametrize("settings", [client_settings, spark_options])
def test_a_file_without_certificates_is_told_with_its_name(tmp_path, settings, content):
    (tmp_path / "ca.pem").write_text(content)

    with pytest.raises(MissingCertificates, match=r"ca\.pem: no PEM file of certificates\. Set source\.security\.ca"):
        settings(Security(protocol="SSL", ca=str(tmp_path / "ca.pem")))


def test_a_file_that_is_not_there_is_told_as_such(tmp_path):
    with pytest.raises(MissingCertificates, match=r"none\.pem: No such file or directory"):
        client_settings(Security(protocol="SSL", ca=str(tmp_path / "none.pem")))
