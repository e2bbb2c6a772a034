"""Fetching from the web: http and https only, with limits on time, hops and size, under an honest name."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx

from pipeline.errors import BadInput, DemarcheError, Unreachable
from pipeline.settings import Settings

MAX_BYTES = 10 * 2**20
MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_WORTH_RETRYING = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `url` is the address that answered, after redirects; `body` is decompressed."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", ""))


def user_agent(settings: Settings) -> str:
    contact = f" (+{settings.contact})" if settings.contact else ""
    return f"demarche/{version('demarche')}{contact}"


class Fetcher:
    """Fetches one address after the other, with a pause between two requests to the same host."""

    def __init__(self, settings: Settings, *, max_bytes: int = MAX_BYTES) -> None:
        self._timeout_s = settings.request_timeout_s
        self._gap_s = settings.request_gap_s
        self._max_bytes = max_bytes
        self._last_request: dict[str, float] = {}
        # Only gzip: other encodings would be unpacked by httpx, without a limit on what comes out.
        headers = {"User-Agent": user_agent(settings), "Accept-Encoding": "gzip"}
        self._client = httpx.Client(timeout=settings.request_timeout_s, headers=headers)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Response:
        """Fetch an address, following redirects; with a validator, the answer may be `not_modified`.

        Raises Unreachable where trying again later may help, BadInput where it cannot.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in conditions.items() if value}
        deadline = time.monotonic() + self._timeout_s
        here = url
        for _hop in range(MAX_REDIRECTS + 1):
            answer = self._get_once(here, headers, deadline)
            if answer.status not in _REDIRECTS:
                return answer
            location = answer.headers.get("location")
            if not location:
                raise BadInput(f"{here} redirects to nowhere.", "Check the address in a browser.")
            here = urljoin(here, location)
        raise BadInput(f"{url} redirects more than {MAX_REDIRECTS} times.", "Check the address in a browser.")

    def _get_once(self, url: str, headers: dict[str, str], deadline: float) -> Response:
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError as error:
            raise BadInput(f"The address {url!r} is not valid: {error}.") from None
        if parts.scheme not in ("http", "https") or not host:
            raise BadInput(f"{url} is not an http or https address.", "Other schemes are not fetched.")
        self._wait_for(host)
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code not in _REDIRECTS | {304} and not answer.is_success:
                    raise _refused(url, answer.status_code)
                body = self._read(url, answer, deadline) if answer.is_success else b""
                return Response(url, answer.status_code, answer.headers, body)
        except DemarcheError:
            raise
        except httpx.TimeoutException:
            raise self._too_slow(url) from None
        except httpx.UnsupportedProtocol as error:
            raise BadInput(f"{url} cannot be fetched: {error}.") from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise BadInput(f"The address {url!r} is not valid: {error}.") from None
        except (httpx.HTTPError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise Unreachable(f"{url} does not answer: {detail}.", "Check the address and the network.") from None

    def _read(self, url: str, answer: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for piece in self._unpacked(url, answer):
            body += piece
            if len(body) > self._max_bytes:
                raise BadInput(f"{url} sends more than {self._max_bytes:,} bytes.", "Name a smaller feed or page.")
            # httpx limits the time between two bytes; a server that drips them must not hold us for hours.
            if time.monotonic() > deadline:
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

    def _too_slow(self, url: str) -> Unreachable:
        return Unreachable(
            f"{url} did not answer within {self._timeout_s:g} seconds.",
            "Try again later, or raise DEMARCHE_REQUEST_TIMEOUT_S.",
        )

    def _wait_for(self, host: str) -> None:
        last = self._last_request.get(host)
        if last is not None:
            time.sleep(max(0.0, last + self._gap_s - time.monotonic()))
        self._last_request[host] = time.monotonic()


def _refused(url: str, status: int) -> DemarcheError:
    if status >= 500 or status in _WORTH_RETRYING:
        return Unreachable(f"{url} answers with status {status}.", "Try again later.")
    if status in (401, 403):
        return BadInput(f"{url} refuses access (status {status}).", "Ask the publisher, or name another address.")
    return BadInput(f"{url} answers with status {status}.", "Check the address in a browser.")
