"""How long an answer took, and how much of it was waiting for Elasticsearch: the header Server-Timing says both."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any

from elastic_transport import Transport, TransportApiResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_waits: ContextVar[list[float] | None] = ContextVar("waits", default=None)


class TimedTransport(Transport):
    """A transport that notes how long each request took, for the page that made it."""

    def perform_request(self, *args: Any, **options: Any) -> TransportApiResponse:
        start = time.perf_counter()
        try:
            return super().perform_request(*args, **options)
        finally:
            waits = _waits.get()
            if waits is not None:
                waits.append(time.perf_counter() - start)


class ServerTiming:
    """Middleware that measures from the request to the first byte of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        waits: list[float] = []
        start = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                waited = sum(waits)
                own = time.perf_counter() - start - waited
                header = f"search;dur={waited * 1000:.1f}, page;dur={own * 1000:.1f}"
                MutableHeaders(scope=message)["Server-Timing"] = header
            await send(message)

        token = _waits.set(waits)
        try:
            await self._app(scope, receive, send_timed)
        finally:
            _waits.reset(token)
