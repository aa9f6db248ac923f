import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tidemill.config import WrongDocument, load_config

CONF = Path(__file__).parents[3] / "conf"
HOOK = {"kind": "webhook", "url": "${env:HOOK}"}
MAIL = {"kind": "smtp", "host": "mail", "from": "a@x.org", "to": ["b@x.org"]}
MANAGER = {"kind": "alertmanager", "url": "http://manager:9093"}


def channels(**given):
    return load_config(overrides=[f"alerts.channels={json.dumps(given)}"]).alerts.all_channels()


def test_channels_have_names_and_the_one_of_webhook_is_called_so():
    config = load_config(overrides=["alerts.webhook=${env:HOOK}", "alerts.signing_key=${env:KEY}"])

    (name, channel), *others = config.alerts.all_channels().items()

    assert (name, channel.url, channel.signing_key, others) == ("webhook", "${env:HOOK}", "${env:KEY}", [])
    assert list(channels(hook=HOOK, mail=MAIL, manager=MANAGER)) == ["hook", "mail", "manager"]


def test_by_default_there_is_no_channel():
    assert load_config().alerts.all_channels() == {}


def test_a_time_without_a_zone_is_utc():
    assert channels(hook={**HOOK, "since": "2026-05-01T12:00:00"})["hook"].since == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "line"),
    [
        ({**HOOK, "url": "https://host/s3cret"}, "a secret is written ${env:NAME}"),
        ({**HOOK, "signing_key": "s3cret"}, "a secret is written ${env:NAME}"),
        ({**MAIL, "user": "me", "password": "s3cret"}, "a secret is written ${env:NAME}"),
        ({**MAIL, "user": "me"}, "user and password are given together"),
        ({**MAIL, "user": "me", "password": "${env:P}", "security": "none"}, "over starttls or tls alone"),
        ({**MAIL, "to": []}, "alerts.channels.own.to"),
        ({**MAIL, "to": ["nobody"]}, "alerts.channels.own.to.0"),
        ({**MANAGER, "url": "http://me:s3cret@manager"}, "the URL has a user or password in it"),
        ({**MANAGER, "user": "me"}, "user and password are given together"),
        ({**MANAGER, "password": "${env:P}"}, "user and password are given together"),
        ({**MANAGER, "resend_every": "often"}, "alerts.channels.own.resend_every"),
        ({**HOOK, "severity": "info"}, "unknown key"),
        ({"kind": "pager"}, "alerts.channels.own"),
    ],
)
def test_a_wrong_channel_in_a_file_is_told_without_its_secret(tmp_path, monkeypatch, channel, line):
    shutil.copy(CONF / "base.yaml", tmp_path)
    (tmp_path / "local.yaml").write_text(json.dumps({"alerts": {"channels": {"own": channel}}}))
    monkeypatch.setenv("TIDEMILL_CONF", str(tmp_path))

    with pytest.raises(WrongDocument) as told:
        load_config()

    assert line in str(told.value)
    assert "s3cret" not in str(told.value)


def test_two_channels_cannot_both_be_called_webhook():
    with pytest.raises(WrongDocument, match="give the other one another name"):
        load_config(overrides=["alerts.webhook=${env:A}", f"alerts.channels={json.dumps({'webhook': HOOK})}"])
