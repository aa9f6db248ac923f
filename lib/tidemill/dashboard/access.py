"""Who may see the dashboard: this machine alone, or whoever knows the password; and what a browser may do with it."""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit

from dash import Dash
from flask import Flask, Response, make_response, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from tidemill.config import Config, revealed
from tidemill.errors import RequestWrong

COOKIE = "tidemill_session"
SESSION_SECONDS = 12 * 3600
SHORTEST_PASSWORD = 12
# After a wrong password an address waits so many seconds, twice as many after each further one.
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
MOST_ADDRESSES = 10_000
MOST_BYTES = 2**20
LOGIN = (Path(__file__).parent / "assets" / "login.html").read_text(encoding="utf-8")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class DashboardNeedsPassword(RequestWrong):
    """The dashboard is to be reached from other machines, and anybody there could read it."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"--host {host}: others could read the dashboard and acknowledge alerts. Set dashboard.password to "
            "${env:TIDEMILL_DASHBOARD_PASSWORD} and that variable in the environment, or leave out --host."
        )


class PasswordTooShort(RequestWrong):
    """The password can be guessed."""

    def __init__(self, characters: int) -> None:
        super().__init__(
            f"dashboard.password: the secret has {characters} characters, expected at least {SHORTEST_PASSWORD}. "
            "Make one with: openssl rand -base64 18"
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address is reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def required_password(config: Config, host: str) -> str | None:
    """What a person must know to see the dashboard at this host; None where it asks for nothing.

    Raises:
        DashboardNeedsPassword: the host is not this machine's own, and no password is configured.
        PasswordTooShort: there is one of too few characters.
        MissingSecret: the environment lacks it.
    """
    if config.dashboard.password is None:
        if not is_loopback(host):
            raise DashboardNeedsPassword(host)
        return None
    password = revealed(config.dashboard.password)
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(len(password))
    return password


@dataclass
class _Wait:
    until: float
    length: float


class Attempts:
    """Wrong passwords by address: each has to wait, ever longer, before its next one is looked at."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._waits: OrderedDict[str, _Wait] = OrderedDict()

    def wait(self, where: str) -> float:
        """How many seconds an address still has to wait."""
        with self._lock:
            known = self._waits.get(where)
            return max(0.0, known.until - self._clock()) if known else 0.0

    def wrong(self, where: str) -> None:
        """A wrong password came from there."""
        with self._lock:
            known = self._waits.pop(where, None)
            length = min(known.length * 2, LONGEST_WAIT) if known else FIRST_WAIT
            self._waits[where] = _Wait(self._clock() + length, length)
            while len(self._waits) > MOST_ADDRESSES:
                self._waits.popitem(last=False)

    def right(self, where: str) -> None:
        """The right one came from there."""
        with self._lock:
            self._waits.pop(where, None)


def protect(app: Dash, password: str | None) -> None:
    """Let nobody in who may not, and tell browsers what they must not do.

    Without a password only requests that name this machine are answered, so that another site's name that is made to
    point here reads nothing. A request that changes something must come from a page of the dashboard itself. With a
    password, a session lasts SESSION_SECONDS, or until the dashboard is started again.

    Args:
        app: all of its callbacks registered.
        password: None where the server is reached from this machine alone.
    """
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    policy = _policy(app)

    @server.before_request
    def only_from_here() -> Response | None:
        if password is None and not is_loopback(_host(request.host)):
            return _refused(f"This dashboard is for this machine alone; {request.host} is no name of it.", 403)
        if request.method not in ("GET", "HEAD", "OPTIONS") and not _same_site():
            return _refused("The request came from another site.", 403)
        return None

    if password is not None:
        _ask(server, password)

    @server.after_request
    def headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = policy
        if "_dash-component-suites" not in request.path and "/assets/" not in request.path:
            response.headers["Cache-Control"] = "no-store"
        return response


def _ask(server: Flask, password: str) -> None:
    """Add the page that asks for the password, and refuse what comes without a session."""
    sessions = URLSafeTimedSerializer(secrets.token_bytes(32), salt="session")
    attempts = Attempts()

    @server.before_request
    def only_with_session() -> Response | None:
        if request.path == "/login":
            return None
        try:
            sessions.loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS)
        except BadSignature:
            asks = request.method == "GET" and not request.path.startswith("/_")
            return make_response(redirect("/login", 303)) if asks else _refused("Sign in again at /login.", 401)
        return None

    @server.get("/login")
    def login_form() -> Response:
        return _login("")

    @server.post("/login")
    def login() -> Response:
        where = request.remote_addr or ""
        wait = attempts.wait(where)
        if wait:
            return _login(f"Too many wrong passwords. Try again in {wait:.0f} seconds.", 429)
        if not hmac.compare_digest(request.form.get("password", "").encode(), password.encode()):
            attempts.wrong(where)
            return _login("That is not the password.", 401)
        attempts.right(where)
        response = make_response(redirect("/", 303))
        session, secure = sessions.dumps("in"), _behind_tls()
        response.set_cookie(COOKIE, session, SESSION_SECONDS, secure=secure, httponly=True, samesite="Strict")
        return response


def _login(told: str, status: int = 200) -> Response:
    return make_response(LOGIN.replace("<!--told-->", told), status)


def _policy(app: Dash) -> str:
    scripts = " ".join(["'self'", *app.csp_hashes()])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _host(given: str) -> str:
    return urlsplit(f"//{given}").hostname or ""


def _same_site() -> bool:
    """Whether a request comes from the dashboard's own pages; what is no browser sends neither header."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _behind_tls() -> bool:
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"


def _refused(told: str, status: int) -> Response:
    response = make_response(told, status)
    response.mimetype = "text/plain"
    return response
