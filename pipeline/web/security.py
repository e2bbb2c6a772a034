"""What keeps other sites, hostile articles and hostile requests from doing anything here.

Nobody logs in: whoever reaches the address may read and may act on alerts. So a browser must not be led by another
site to do either. Requests that change something must come from our own pages; on a loopback address, requests must
name one, so that no name of another site can be pointed at us; and nothing but our own files may run in our pages.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import BadInput

MAX_BODY_BYTES = 64_000
MAX_ADDRESS_CHARS = 16_000
COOKIE = "demarche_visit"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Refused(BadInput):
    """A request that is turned away, with the HTTP status that says why."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status


class Tokens:
    """Form tokens: only a page that we sent to this browser can name one. The secret lives as long as the process."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, request: Request) -> str:
        """The token for forms on a page; `remember` must then send the cookie it belongs to."""
        visit = request.cookies.get(COOKIE) or getattr(request.state, "visit", None) or secrets.token_urlsafe(16)
        request.state.visit = visit
        return self._token(visit)

    def remember(self, request: Request, response: Response) -> None:
        visit = getattr(request.state, "visit", None)
        if visit and request.cookies.get(COOKIE) != visit:
            response.set_cookie(COOKIE, visit, httponly=True, samesite="lax", secure=request.url.scheme == "https")

    def check(self, request: Request, token: str) -> None:
        """Raises Refused unless one of our own pages sent this."""
        check_same_origin(request)
        visit = request.cookies.get(COOKIE, "")
        if not visit or not hmac.compare_digest(self._token(visit).encode(), token.encode("utf8", "replace")):
            raise Refused(403, "This form is out of date.", "Go back, load the page again, and repeat what you did.")

    def _token(self, visit: str) -> str:
        return hmac.new(self._secret, visit.encode("utf8", "replace"), hashlib.sha256).hexdigest()


def check_same_origin(request: Request) -> None:
    """Raises Refused if a browser says that another site makes this request. Programs say nothing, and may."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in ("same-origin", "none") if site else _foreign(origin, request.headers.get("host", ""))
    if foreign:
        raise Refused(403, "Another site tried to change something here.", "Use the pages of Démarche itself.")


def _foreign(origin: str | None, host: str) -> bool:
    try:
        return origin is not None and urlsplit(origin).netloc != host
    except ValueError:
        return True


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """Outermost: refuses what is too large or meant for another host, and puts our headers on every answer."""

    def __init__(self, app: ASGIApp, *, loopback_only: bool, told: Callable[[Request, Refused], Response]) -> None:
        self._app = app
        self._loopback_only = loopback_only
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await self._told(Request(scope), refusal)(scope, receive, send_guarded)
        else:
            await self._app(scope, _Limited(receive), send_guarded)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers = Headers(scope=scope)
        host = _host_name(headers.get("host", ""))
        if self._loopback_only and not is_loopback(host):
            return Refused(
                421, f"No such host here: {host[:100]}.", "Use the address that `demarche web` printed when it started."
            )
        if len(scope["query_string"]) + len(scope.get("raw_path") or b"") > MAX_ADDRESS_CHARS:
            return Refused(
                414, f"The address is longer than {MAX_ADDRESS_CHARS} characters.", "Search for fewer words."
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return too_large()
        return None


def too_large() -> Refused:
    return Refused(413, f"The request is larger than {MAX_BODY_BYTES} bytes.", "Send less.")


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class _Limited:
    """A request body that ends in Refused when it grows too large, whatever length was announced."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY_BYTES:
            raise too_large()
        return message
