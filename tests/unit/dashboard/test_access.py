import pytest

from tidemill.config import MissingSecret, load_config
from tidemill.dashboard import DashboardNeedsPassword, PasswordTooShort, dashboard_app, required_password
from tidemill.dashboard.access import LONGEST_WAIT, Attempts, is_loopback

PASSWORD = "correct horse battery"
UPDATE = "/_dash-update-component"


@pytest.fixture
def open_to_all(board):
    return dashboard_app(board, PASSWORD).server.test_client()


@pytest.fixture
def on_loopback(board):
    return dashboard_app(board).server.test_client()


@pytest.fixture
def config(sensor_lake, monkeypatch):
    monkeypatch.delenv("TIDEMILL_DASHBOARD_PASSWORD", raising=False)
    return load_config(overrides=["dashboard.password=${env:TIDEMILL_DASHBOARD_PASSWORD}"])


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_what_is_reached_from_this_machine_alone(host, loopback):
    assert is_loopback(host) is loopback


def test_another_host_than_loopback_needs_a_password_that_is_set_and_long_enough(board, config, monkeypatch):
    assert required_password(board.config, "127.0.0.1") is None
    with pytest.raises(DashboardNeedsPassword, match="TIDEMILL_DASHBOARD_PASSWORD"):
        required_password(board.config, "0.0.0.0")
    with pytest.raises(MissingSecret):
        required_password(config, "0.0.0.0")
    monkeypatch.setenv("TIDEMILL_DASHBOARD_PASSWORD", "short")
    with pytest.raises(PasswordTooShort, match="has 5 characters"):
        required_password(config, "0.0.0.0")
    monkeypatch.setenv("TIDEMILL_DASHBOARD_PASSWORD", PASSWORD)
    assert required_password(config, "0.0.0.0") == PASSWORD


@pytest.mark.parametrize(
    "path", ["/", "/sensors", "/_dash-layout", "/_dash-dependencies", "/assets/behaviour.js", "/_reload-hash"]
)
def test_nothing_is_shown_before_the_password(open_to_all, path):
    answer = open_to_all.get(path)

    assert answer.status_code in (303, 401)
    assert b"tidemill" not in answer.data.replace(b"/login", b"")


def test_nothing_is_changed_before_the_password(open_to_all):
    assert open_to_all.post(UPDATE, json={}).status_code == 401


def test_the_password_opens_a_session_that_scripts_and_other_sites_do_not_get(open_to_all):
    answer = open_to_all.post("/login", data={"password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert PASSWORD not in cookie
    assert open_to_all.get("/_dash-layout").status_code == 200


def test_behind_tls_the_session_is_for_tls_alone(open_to_all):
    answer = open_to_all.post("/login", data={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"})

    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_forged_session_opens_nothing(open_to_all):
    open_to_all.set_cookie("tidemill_session", "ImluIg.aWrong.signature")

    assert open_to_all.get("/_dash-layout").status_code == 401


def test_after_a_wrong_password_even_the_right_one_must_wait(open_to_all):
    assert open_to_all.post("/login", data={"password": "wrong"}).status_code == 401

    answer = open_to_all.post("/login", data={"password": PASSWORD})

    assert answer.status_code == 429
    assert "Set-Cookie" not in answer.headers


def test_each_wrong_password_doubles_the_wait_of_its_address_and_of_no_other():
    clock = [0.0]
    attempts = Attempts(lambda: clock[0])
    waits = []
    for _ in range(8):
        attempts.wrong("10.0.0.1")
        waits.append(attempts.wait("10.0.0.1"))
        clock[0] += waits[-1]

    assert waits == [1, 2, 4, 8, 16, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert attempts.wait("10.0.0.1") == attempts.wait("10.0.0.2") == 0
    attempts.right("10.0.0.1")
    attempts.wrong("10.0.0.1")
    assert attempts.wait("10.0.0.1") == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_changes_nothing(on_loopback, headers):
    assert on_loopback.post(UPDATE, json={}, headers=headers).status_code == 403


def test_another_name_for_this_machine_reads_nothing_without_a_password(on_loopback):
    assert on_loopback.get("/_dash-layout", headers={"Host": "evil.example:8050"}).status_code == 403
    for host in ("localhost:8050", "127.0.0.1:8050", "[::1]:8050"):
        assert on_loopback.get("/_dash-layout", headers={"Host": host}).status_code == 200


def test_a_browser_is_told_to_run_nothing_but_the_dashboard_s_own_scripts(on_loopback):
    headers = on_loopback.get("/").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert "'unsafe-eval'" not in policy
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert headers["Cache-Control"] == "no-store"


def test_the_page_asks_no_other_machine_for_anything(on_loopback):
    page = on_loopback.get("/").get_data(as_text=True)

    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
