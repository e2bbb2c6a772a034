"""Fetching from the web: http and https only, public addresses only, with limits on time, hops and size, under an
honest name, one request at a time to a host."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx

from connectors.hosts import HeldBack, Hosts
from connectors.network import Deadline, Guard, GuardedTransport, as_networks
from connectors.robots import Robots, RobotsFile
from connectors.secrets import has_secret, hide, reveal
from pipeline.errors import BadInput, DemarcheError, Unreachable
from pipeline.settings import Settings

MAX_BYTES = 10 * 2**20
MAX_REDIRECTS = 5
MAX_URL_CHARS = 2048
LONGEST_RETRY_AFTER_S = 86_400.0
_MOVED = {301, 302, 303, 307, 308}
_MOVED_FOR_GOOD = {301, 308}
_WORTH_RETRYING = {408, 425, 429}
_ROBOTS_BYTES = 512 * 1024
"""As much of robots.txt as RFC 9309 asks to be read."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `url` is the address that answered, after redirects, `permanent` the one that permanent redirects
    led to; `body` is decompressed. Secrets are hidden in both addresses."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    permanent: str = ""

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", ""))


class Unavailable(Unreachable):
    """An answer that may be another one later (429, 5xx), with the time after which to ask again, if it was named."""

    def __init__(self, message: str, hint: str, status: int, retry_after_s: float | None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after_s = retry_after_s


class NotServed(BadInput):
    """An answer that will not change by itself, such as 404 or 403."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


def user_agent(settings: Settings) -> str:
    contact = f" (+{settings.contact})" if settings.contact else ""
    return f"demarche/{version('demarche')}{contact}"


class Fetcher:
    """Fetches addresses, for many threads. Whoever shares a Fetcher shares its manners towards each host."""

    def __init__(self, settings: Settings, *, max_bytes: int = MAX_BYTES) -> None:
        self.hosts = Hosts(settings.request_gap_s)
        self._timeout_s = settings.request_timeout_s
        self._max_bytes = max_bytes
        self._deadline = Deadline()
        self._robots = Robots(self._robots_file, self.hosts)
        # Only gzip: other encodings would be unpacked by httpx, without a limit on what comes out.
        headers = {"User-Agent": user_agent(settings), "Accept-Encoding": "gzip"}
        guard = Guard(as_networks(settings.private_networks))
        transport = GuardedTransport(guard, self._deadline)
        self._client = httpx.Client(timeout=settings.request_timeout_s, headers=headers, transport=transport)
        # Cookies would only grow over months; no feed needs one.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stop(self) -> None:
        """Begin no request any more; threads that wait for their turn get Stopped."""
        self.hosts.stop()

    def close(self) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        robots: bool = False,
    ) -> Response:
        """Fetch an address, following redirects; with a validator, the answer may be `not_modified`.

        Placeholders of secrets in `url` and `headers` are filled in here and nowhere else; the headers go to the host
        of the address only. With `robots`, every address on the way must be allowed by its robots.txt.
        Raises Unreachable where trying again later may help, BadInput where it cannot.
        """
        _refuse_open_password(url)
        here = first = reveal(url)
        permanent, only_permanent = here, True
        time_left = self._timeout_s
        own = {name: reveal(value) for name, value in (headers or {}).items()}
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        asked = {name: value for name, value in conditions.items() if value}
        for _hop in range(MAX_REDIRECTS + 1):
            host = _host_of(here)
            if robots:
                self._robots.check(here)
            sent = asked | own if _origin(here) == _origin(first) else asked
            with self._turn(here, host):
                started = time.monotonic()
                answer = self._get_once(here, sent, time_left)
                time_left -= time.monotonic() - started
            if answer.status not in _MOVED:
                if answer.not_modified and not asked:
                    raise Unreachable(f"{hide(here)} answers 'not modified' though it was not asked.")
                return Response(hide(here), answer.status, answer.headers, answer.body, hide(permanent))
            location = answer.headers.get("location")
            if not location:
                raise BadInput(f"{hide(here)} redirects to nowhere.", "Check the address in a browser.")
            here = _joined(here, location)
            only_permanent = only_permanent and answer.status in _MOVED_FOR_GOOD
            permanent = here if only_permanent else permanent
        raise BadInput(f"{hide(url)} redirects more than {MAX_REDIRECTS} times.", "Check the address in a browser.")

    def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that the site of this address names in its robots.txt."""
        return self._robots.sitemaps(reveal(url))

    @contextmanager
    def _turn(self, url: str, host: str) -> Iterator[None]:
        try:
            with self.hosts.turn(host):
                yield
        except HeldBack as held:
            reason = f"{hide(url)} is not asked for now: its server wants to be left alone."
            raise Unavailable(reason, "It is tried again by itself.", 429, held.seconds) from None

    def _get_once(self, url: str, headers: dict[str, str], time_left: float) -> Response:
        self._deadline.at = time.monotonic() + time_left
        shown = hide(url)
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code not in _MOVED | {304} and not answer.is_success:
                    raise self._refused(shown, _host_of(url), answer)
                body = self._read(shown, answer) if answer.is_success else b""
                return Response(url, answer.status_code, answer.headers, body)
        except DemarcheError:
            raise
        except httpx.TimeoutException:
            raise self._too_slow(shown) from None
        except httpx.UnsupportedProtocol as error:
            raise BadInput(f"{shown} cannot be fetched: {error}.") from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise BadInput(f"The address {shown!r} is not valid: {error}.") from None
        except (httpx.HTTPError, OSError, ValueError) as error:
            detail = hide(str(error)) or type(error).__name__
            raise Unreachable(f"{shown} does not answer: {detail}.", "Check the address and the network.") from None

    def _read(self, url: str, answer: httpx.Response) -> bytes:
        body = bytearray()
        for piece in self._unpacked(url, answer):
            body += piece
            if len(body) > self._max_bytes:
                raise BadInput(f"{url} sends more than {self._max_bytes:,} bytes.", "Name a smaller feed or page.")
            # A server that drips its bytes must not hold us for hours.
            if time.monotonic() > self._deadline.at:
                raise self._too_slow(url)
        return bytes(body)

    def _unpacked(self, url: str, answer: httpx.Response) -> Iterator[bytes]:
        """The body in pieces of bounded size, however well it was compressed."""
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            yield from answer.iter_raw()
            return
        if encoding not in ("gzip", "x-gzip"):
            raise BadInput(f"{url} is sent in the encoding {encoding!r}, for which we did not ask.")
        unpack = zlib.decompressobj(wbits=31)
        try:
            for packed in answer.iter_raw():
                rest = packed
                while rest:
                    yield unpack.decompress(rest, 65536)
                    rest = unpack.unconsumed_tail
            yield unpack.flush()
        except zlib.error as error:
            raise Unreachable(f"{url} sends broken gzip data: {error}.", "Try again later.") from None

    def _refused(self, url: str, host: str, answer: httpx.Response) -> DemarcheError:
        status = answer.status_code
        if status >= 500 or status in _WORTH_RETRYING:
            wait_s = retry_after_s(answer.headers, datetime.now(UTC))
            if wait_s:
                self.hosts.hold(host, wait_s)
            return Unavailable(f"{url} answers with status {status}.", "Try again later.", status, wait_s)
        if status in (401, 403):
            reason = f"{url} refuses access (status {status})."
            return NotServed(reason, "Ask the publisher, or name another address.", status)
        return NotServed(f"{url} answers with status {status}.", "Check the address in a browser.", status)

    def _robots_file(self, url: str) -> RobotsFile:
        """What robots.txt says; its absence allows everything, a server in trouble nothing for now (RFC 9309)."""
        try:
            return RobotsFile(self.get(url).body[:_ROBOTS_BYTES].decode("utf8", "replace"))
        except BadInput:
            return RobotsFile("")
        except Unreachable as error:
            return RobotsFile(None, str(error))

    def _too_slow(self, url: str) -> Unreachable:
        return Unreachable(
            f"{url} did not answer within {self._timeout_s:g} seconds.",
            "Try again later, or raise DEMARCHE_REQUEST_TIMEOUT_S.",
        )


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Retry-After in seconds, whether written as seconds or as a date; None without one that can be read."""
    written = headers.get("retry-after", "").strip()
    try:
        seconds = float(written) if written.isdigit() else (parsedate_to_datetime(written) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(seconds, LONGEST_RETRY_AFTER_S) if seconds > 0 else None


def _host_of(url: str) -> str:
    """Raises BadInput for what is no address that we fetch."""
    if len(url) > MAX_URL_CHARS:
        raise BadInput(f"The address {hide(url)[:80]}… is longer than {MAX_URL_CHARS:,} characters.")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise BadInput(f"The address {hide(url)!r} is not valid: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"{hide(url)} is not an http or https address.", "Other schemes are not fetched.")
    return host


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise BadInput(f"{hide(base)} redirects to an address that is not valid: {error}.") from None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _refuse_open_password(url: str) -> None:
    """A password written into an address would end up in logs and in every record of the source."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password and not has_secret(password):
        raise BadInput(
            f"The address at {urlsplit(url).hostname} has a password in it.",
            "Write ${NAME} for it and set NAME in the environment, or ${file:/path}.",
        )
