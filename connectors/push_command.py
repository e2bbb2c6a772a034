"""`demarche push`: the server to which articles are pushed, and at which hubs of feeds tell of news."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click
import uvicorn

from connectors.following import watch
from connectors.http import Fetcher
from connectors.push import Desk, make_app, shared_secret
from connectors.secrets import HidingFilter
from connectors.sources import sources_path
from connectors.websub import Subscriber, add_routes
from pipeline.errors import BadSetting
from pipeline.settings import settings

_DRAIN_S = 70
"""A request that waits for Kafka is let finish."""


class _Server(uvicorn.Server):
    """Ends when it is told to and gives way to what is left to do; uvicorn's own would raise the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--port", default=8600, show_default=True, type=click.IntRange(1, 65535))
def push(host: str, port: int) -> int:
    """Take articles that are pushed, signed with the shared secret.

    POST /articles takes one article or a list, as in a line of JSONL, and answers when Kafka has acknowledged them.
    With the setting push_url, hubs of the followed feeds are asked to tell of news at /websub (WebSub); the feeds are
    polled by `demarche sources run` all the same. Serve it over TLS: put a proxy in front. See docs/connectors.md.
    """
    options = settings()
    secret = shared_secret(options)
    if options.push_url and not options.push_url.startswith(("http://", "https://")):
        raise BadSetting(f"The setting 'push_url' is no http or https address: {options.push_url}.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(HidingFilter())
    stop = threading.Event()
    with ExitStack() as stack:
        desk = Desk(options)
        stack.callback(desk.close)
        desk.open()
        app = make_app(desk, secret)
        if options.push_url:
            fetcher = stack.enter_context(Fetcher(options))
            subscriber = Subscriber(desk, fetcher, secret, watch(sources_path(options)))
            stack.callback(subscriber.close)
            add_routes(app, subscriber, options)
            keeper = threading.Thread(target=subscriber.run, args=(stop,), name="websub")
            keeper.start()
            stack.callback(keeper.join)
            stack.callback(fetcher.stop)
            stack.callback(stop.set)
        server = _Server(uvicorn.Config(app, host=host, port=port, log_config=None, timeout_graceful_shutdown=_DRAIN_S))
        server.run()
    return 0 if server.started else 1
