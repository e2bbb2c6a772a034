"""Real receivers on loopback: an HTTP server that answers as told and an SMTP server that keeps what it gets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from pipeline.records import Alert, AlertSource, Delivery, Party, Publisher, Telling

SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Receiver(ThreadingHTTPServer):
    """Keeps requests; answers with the next of `answers`, and 200 when there are none."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class Postbox:
    """An SMTP handler: keeps mails, refuses recipients at refused.example."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        if address.endswith("@busy.example"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def make_alert(number: int = 1, *deliveries: Delivery, **changes: Any) -> Alert:
    source = AlertSource(
        article_id="a1",
        url="https://herald.example/1",
        title="Orlandia warns <Vesta> & others",
        publisher=Publisher(id="herald", name="The Herald"),
        said_at=SEEN,
    )
    telling = Telling(statement_id="s1", article_id="a1", url=source.url, words="w", said_at=SEEN)
    values: dict[str, Any] = {
        "alert_id": f"{number:032x}",
        "rule": "any-warning",
        "claim_id": "c1",
        "act": "WARN",
        "speakers": [Party(name="Irena Tavil", country="ORL", country_name="Orlandia")],
        "addressees": [Party(name="Vesta", country="VES", country_name="Vesta")],
        "about": "closing the canal",
        "words": "“Do not close <the canal>,” she warned\nVesta.",
        "why": "speaker Orlandia; act WARN",
        "confidence": 0.9,
        "sources": [source],
        "tellings": [telling],
        "publisher_count": 1,
        "deliveries": list(deliveries),
        "first_seen_at": SEEN,
        "last_seen_at": SEEN,
        "created_at": SEEN,
    }
    return Alert.model_validate(values | changes)


@pytest.fixture
def alert() -> Callable[..., Alert]:
    return make_alert
