"""Articles that are sent to us over HTTP: signed, and answered only when Kafka has them.

    POST /articles
    Demarche-Timestamp: 1750420800                     seconds since 1970, at most five minutes off
    Demarche-Signature: sha256=HEX                     HMAC-SHA256 of "TIMESTAMP.BODY" under the shared secret

The body is one article or a list of them, as in a line of JSONL, each with `url` or `id`. All are published or none.
A request that is sent again within its five minutes changes nothing: what is known is not published twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from connectors.base import Checkpoint, Connector, Declared, Found
from connectors.publish import Summary
from connectors.session import Session, open_session
from pipeline.errors import BadInput, BadSetting, DemarcheError
from pipeline.inputs import article_from_fields
from pipeline.records import Article
from pipeline.settings import Settings

CONNECTOR = "push"
MAX_SKEW_S = 300
MAX_ARTICLES = 1000
_SHORTEST_SECRET = 16
_RETRY_AFTER = {"Retry-After": "10"}

log = logging.getLogger("demarche.push")


class Rejected(Exception):
    """A request that is answered with an error of the sender's."""

    def __init__(self, status: int, reason: str, **details: Any) -> None:
        super().__init__(reason)
        self.status = status
        self.content = {"error": reason, **details}


def shared_secret(settings: Settings) -> bytes:
    """The secret of the settings or of the file that they name. Raises BadSetting where it is missing or short."""
    secret = settings.push_secret.get_secret_value().encode()
    if settings.push_secret_file is not None:
        try:
            secret = settings.push_secret_file.read_bytes().strip()
        except OSError as error:
            raise BadSetting(f"The file of push_secret_file cannot be read: {error}.") from None
    if len(secret) < _SHORTEST_SECRET:
        raise BadSetting(
            f"The secret for pushed articles is missing or shorter than {_SHORTEST_SECRET} characters.",
            "Set DEMARCHE_PUSH_SECRET or DEMARCHE_PUSH_SECRET_FILE, for example to: openssl rand -hex 32",
        )
    return secret


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Desk:
    """Publishes what arrives, for many threads. After an error of Kafka's the next request connects anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._stack: ExitStack | None = None
        self._session: Session | None = None

    def open(self) -> Session:
        """Raises Unreachable where Kafka is away."""
        with self._lock:
            if self._session is None:
                self._stack = ExitStack()
                self._session = self._stack.enter_context(open_session(self.settings, again=False))
            return self._session

    def close(self) -> None:
        with self._lock:
            stack, self._stack, self._session = self._stack, None, None
        if stack is not None:
            stack.close()

    def publish(self, source: str, connector: Connector, declared: Declared) -> Summary:
        """Return when Kafka has acknowledged everything; raises DemarcheError where it has not."""
        summary = Summary()
        session = self.open()
        try:
            for _ in session.producer.publish(source, connector, declared, summary, followed=True):
                pass
        except DemarcheError:
            self.close()
            raise
        return summary


class _Pushed:
    """The articles of one request."""

    def __init__(self, articles: list[Article]) -> None:
        self._articles = articles

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        yield from self._articles


def make_app(desk: Desk, secret: bytes, *, clock: Callable[[], float] = time.time) -> FastAPI:
    """The server's routes. `POST /articles` as above; `GET /health` answers while the process can."""
    app = FastAPI(title="Démarche", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Rejected)
    async def rejected(_request: Request, error: Rejected) -> JSONResponse:
        return JSONResponse(error.content, error.status)

    @app.exception_handler(DemarcheError)
    async def failed(_request: Request, error: DemarcheError) -> JSONResponse:
        log.warning("A request could not be served: %s", error)
        return JSONResponse({"error": str(error)}, 503, _RETRY_AFTER)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/articles")
    async def articles(request: Request) -> JSONResponse:
        body = await read_body(request, desk.settings.max_file_bytes)
        _check_signature(request, body, secret, clock())
        received = _articles(body, desk.settings)
        summary = await run_in_threadpool(desk.publish, CONNECTOR, _Pushed(received), Declared())
        if summary.refusals:
            raise Rejected(413, str(summary.refusals[0]))
        return JSONResponse(
            {"published": summary.published, "revised": summary.revised, "unchanged": summary.unchanged}
        )

    return app


async def read_body(request: Request, limit: int) -> bytes:
    """The body, never more than `limit` bytes of it in memory. Raises Rejected."""
    too_large = Rejected(413, f"The body is larger than {limit:,} bytes. Send fewer articles at once.")
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        raise too_large
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _check_signature(request: Request, body: bytes, secret: bytes, now: float) -> None:
    timestamp = request.headers.get("demarche-timestamp", "")
    given = request.headers.get("demarche-signature", "")
    if not timestamp or not given:
        raise Rejected(401, "The headers Demarche-Timestamp and Demarche-Signature are needed.")
    if not hmac.compare_digest(given.encode(), signature(secret, timestamp, body).encode()):
        raise Rejected(401, "The signature is not that of this timestamp and body under the shared secret.")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(int(timestamp[:15]) - now) > MAX_SKEW_S:
        raise Rejected(
            401, f"The timestamp is more than {MAX_SKEW_S} seconds off: set the sender's clock.", now=int(now)
        )


def _articles(body: bytes, settings: Settings) -> list[Article]:
    """All articles of a body. Raises Rejected for the whole, naming each that is wrong."""
    try:
        received = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected(400, f"The body is not valid JSON in UTF-8: {error}.") from None
    listed = received if isinstance(received, list) else [received]
    if not listed or len(listed) > MAX_ARTICLES:
        raise Rejected(400, f"The body is a list of {len(listed):,} articles: send 1 to {MAX_ARTICLES:,} at once.")
    now = datetime.now(UTC)
    articles, wrong = [], []
    for number, fields in enumerate(listed):
        try:
            articles.append(_article(fields, now, settings.max_article_chars))
        except BadInput as error:
            wrong.append({"index": number, "error": str(error)})
    if wrong:
        raise Rejected(422, "Nothing was published: correct these articles, or leave them out.", articles=wrong)
    return articles


def _article(fields: Any, now: datetime, max_chars: int) -> Article:
    if not isinstance(fields, dict):
        raise BadInput(f"It is a JSON {type(fields).__name__}, not an object.")
    ident = fields.get("id")
    if not fields.get("url"):
        if not isinstance(ident, (str, int)) or not str(ident).strip():
            raise BadInput("It has neither 'url' nor 'id'.", "Without one its next version would be another article.")
        fields = {**fields, "url": f"urn:push:{quote(str(ident), safe='')}"}
    return article_from_fields(
        fields, file_url="", connector=CONNECTOR, stem=CONNECTOR, fetched_at=now, max_chars=max_chars
    )
