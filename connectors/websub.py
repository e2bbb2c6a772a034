"""WebSub: hubs tell us of news in feeds at once, instead of when we next ask.

For every feed of the list that names a hub a subscription is asked for, confirmed by the hub at our address, and
renewed before it ends. What the hub sends is signed with a secret that only it and we know, and read as the feed is.
The feeds are polled all the same (`demarche sources run`): a hub that falls silent costs time, no article.

Nothing is stored. Path and secret of a subscription follow from the shared secret and the feed's address; a restart
asks the hubs again, which is harmless.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

import httpx
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from connectors.base import Target
from connectors.feeds import FeedConnector
from connectors.http import Fetcher, Response, user_agent
from connectors.network import Deadline, Guard, GuardedTransport, as_networks
from connectors.parsing import parse_feed
from connectors.push import Desk, Rejected, read_body
from connectors.sources import Source
from pipeline.errors import DemarcheError
from pipeline.settings import Settings

LEASE_S = 10 * 86_400
"""What is asked for; the hub says what it gives."""

_RENEW_BEFORE = 0.2
"""The part of a lease that is left when it is renewed."""

_UNCONFIRMED_S = 3600.0
"""After this time without a confirmation a hub is asked again."""

_LOOK_AGAIN_S = 86_400.0
"""A feed without a hub may get one."""

_LOOK_EVERY_S = 30.0
_LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}

log = logging.getLogger("demarche.websub")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where news of a topic is had; `topic` is the address that the feed gives itself."""

    url: str
    topic: str


@dataclass
class Subscription:
    """One feed's. `asked` holds what we have asked for and the hub has not confirmed yet."""

    source: Source
    hub: Hub
    asked: bool = False
    due_at: float = 0.0
    confirmed_until: float = 0.0


def hub_of(response: Response) -> Hub | None:
    """The hub that a feed names in its headers or, failing that, in itself."""
    links = [(rel, url) for url, rels in _header_links(response) for rel in rels]
    if not any(rel == "hub" for rel, _ in links):
        try:
            feed = parse_feed(response.body, {}, 0).feed
        except DemarcheError:
            return None
        links += [(str(link.get("rel", "")), str(link.get("href", ""))) for link in feed.get("links", [])]
    hub = next((url for rel, url in links if rel == "hub" and url), None)
    own = next((url for rel, url in links if rel == "self" and url), response.url)
    try:
        return Hub(urljoin(response.url, hub), urljoin(response.url, own)) if hub else None
    except ValueError:
        return None


def _header_links(response: Response) -> Iterator[tuple[str, list[str]]]:
    for value in response.headers.get_list("link"):
        for url, parameters in _LINK.findall(value):
            rel = re.search(r";\s*rel\s*=\s*\"?([^\";]+)", parameters, re.IGNORECASE)
            yield url.strip(), rel[1].lower().split() if rel else []


class Subscriber:
    """All subscriptions. `run` keeps them; `confirm` and `take` answer the hubs."""

    def __init__(
        self,
        desk: Desk,
        fetcher: Fetcher,
        secret: bytes,
        load: Callable[[], list[Source]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._desk = desk
        self._fetcher = fetcher
        self._secret = secret
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._subscriptions: dict[str, Subscription] = {}
        self._without_hub: dict[str, float] = {}
        settings = desk.settings
        self._deadline = Deadline()
        guard = Guard(as_networks(settings.private_networks))
        self._client = httpx.Client(
            timeout=settings.request_timeout_s,
            headers={"User-Agent": user_agent(settings)},
            transport=GuardedTransport(guard, self._deadline),
        )

    def token(self, url: str) -> str:
        """The last part of a feed's address here: nobody guesses it."""
        return hmac.new(self._secret, b"websub path " + url.encode(), hashlib.sha256).hexdigest()[:40]

    def hub_secret(self, url: str) -> str:
        return hmac.new(self._secret, b"websub secret " + url.encode(), hashlib.sha256).hexdigest()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.refresh(stop)
            except DemarcheError as error:
                log.warning("The list of sources cannot be used: %s", error)
            stop.wait(_LOOK_EVERY_S)

    def refresh(self, stop: threading.Event | None = None) -> None:
        """Find hubs of feeds that are new, ask for subscriptions that are missing or end soon, drop what is gone."""
        feeds = {source.url: source for source in self._load() if source.kind == "feed"}
        with self._lock:
            for token, subscription in list(self._subscriptions.items()):
                if subscription.source.url not in feeds:
                    del self._subscriptions[token]
        for url, source in feeds.items():
            if stop is not None and stop.is_set():
                return
            found = self._subscriptions.get(self.token(url))
            if found is None and self._without_hub.get(url, 0) <= self._clock():
                found = self._discover(source)
            if found is not None and found.due_at <= self._clock():
                self._ask(found)

    def _discover(self, source: Source) -> Subscription | None:
        try:
            hub = hub_of(Target(source.url, self._desk.settings, self._fetcher, options=source).response)
        except DemarcheError as error:
            log.info("%s: no hub can be looked for: %s", source.url, error)
            hub = None
        if hub is None:
            self._without_hub[source.url] = self._clock() + _LOOK_AGAIN_S
            return None
        subscription = Subscription(source, hub)
        with self._lock:
            self._subscriptions[self.token(source.url)] = subscription
        return subscription

    def _ask(self, subscription: Subscription) -> None:
        source, hub = subscription.source, subscription.hub
        settings = self._desk.settings
        form = {
            "hub.mode": "subscribe",
            "hub.topic": hub.topic,
            "hub.callback": f"{settings.push_url.rstrip('/')}/websub/{self.token(source.url)}",
            "hub.secret": self.hub_secret(source.url),
            "hub.lease_seconds": str(LEASE_S),
        }
        # Set first: the hub may confirm before it answers.
        subscription.asked = True
        subscription.due_at = self._clock() + _UNCONFIRMED_S
        self._deadline.at = time.monotonic() + settings.request_timeout_s
        try:
            status = self._client.post(hub.url, data=form).status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, DemarcheError) as error:
            log.warning("%s: the hub %s does not answer: %s", source.url, hub.url, error)
            return
        if not 200 <= status < 300:
            log.warning("%s: the hub %s answers with status %d.", source.url, hub.url, status)

    def confirm(self, token: str, mode: str, topic: str, lease: str) -> bool:
        """Whether the hub asks about something that we have asked for."""
        with self._lock:
            subscription = self._subscriptions.get(token)
            if subscription is None:
                # A feed that is followed no more: let the hub forget it too.
                return mode == "unsubscribe"
            if topic != subscription.hub.topic:
                return False
            if mode == "denied":
                log.warning("%s: the hub %s has refused.", subscription.source.url, subscription.hub.url)
                subscription.due_at = self._clock() + _LOOK_AGAIN_S
                subscription.asked = False
                return True
            if mode != "subscribe" or not subscription.asked:
                return False
            lease_s = min(int(lease), 10 * LEASE_S) if lease.isdigit() and len(lease) < 12 else LEASE_S
            subscription.asked = False
            subscription.confirmed_until = self._clock() + lease_s
            subscription.due_at = self._clock() + max(60.0, lease_s * (1 - _RENEW_BEFORE))
        log.info("%s: its hub tells us of news for %d hours.", subscription.source.url, lease_s // 3600)
        return True

    def take(self, token: str, body: bytes, headers: httpx.Headers) -> None:
        """Publish what a hub sends. Raises Rejected for what it did not sign."""
        subscription = self._subscriptions.get(token)
        if subscription is None:
            raise Rejected(410, "There is no such subscription.")
        source = subscription.source
        if not _is_signed(body, headers.get("x-hub-signature", ""), self.hub_secret(source.url)):
            raise Rejected(403, "The header X-Hub-Signature is not that of this body.")
        target = Target(source.url, self._desk.settings, self._fetcher, datetime.now(UTC), source)
        sent = {name: value for name, value in headers.items() if name.lower() == "content-type"}
        # The feed as the hub has it, with its new entries alone.
        vars(target)["response"] = Response(subscription.hub.topic, 200, httpx.Headers(sent), body)
        self._desk.publish(f"websub {source.url}", FeedConnector(target), source.declared)

    def close(self) -> None:
        self._client.close()


def _is_signed(body: bytes, given: str, secret: str) -> bool:
    method, _, digest = given.partition("=")
    algorithm = _ALGORITHMS.get(method.strip().lower())
    if algorithm is None:
        return False
    expected = hmac.new(secret.encode(), body, algorithm).hexdigest()
    return hmac.compare_digest(digest.strip().lower().encode(), expected.encode())


def add_routes(app: FastAPI, subscriber: Subscriber, settings: Settings) -> None:
    """`/websub/TOKEN`, where hubs confirm subscriptions and send news."""

    @app.get("/websub/{token}")
    async def confirm(token: str, request: Request) -> PlainTextResponse:
        asked = request.query_params
        mode, topic = asked.get("hub.mode", ""), asked.get("hub.topic", "")
        if not subscriber.confirm(token, mode, topic, asked.get("hub.lease_seconds", "")):
            return PlainTextResponse("This was not asked for.", 404)
        return PlainTextResponse(asked.get("hub.challenge", ""))

    @app.post("/websub/{token}")
    async def take(token: str, request: Request) -> PlainTextResponse:
        body = await read_body(request, settings.max_file_bytes)
        await run_in_threadpool(subscriber.take, token, body, httpx.Headers(request.headers.raw))
        return PlainTextResponse("Published.")
