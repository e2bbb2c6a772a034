"""`demarche web`: the pages and the interface for programs, in the foreground."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from types import FrameType

import click

from pipeline.errors import BadSetting
from pipeline.settings import settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 is every one.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
def web(host: str, port: int) -> None:
    """Serve the pages: search, articles, actors, claims, the alerts' inbox; and /api for programs.

    There is no login. Listening beyond this machine, put a proxy with one in front. Stop with Ctrl-C.
    """
    import uvicorn

    from pipeline.web import create_app
    from pipeline.web.security import is_loopback

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)
    options = settings()
    app = create_app(options, loopback_only=is_loopback(host))

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.live.stop()
            super().handle_exit(sig, frame)

    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Pages at http://{shown}:{listening.getsockname()[1]}/  (Elasticsearch: {options.elasticsearch})")
    if not is_loopback(host):
        click.echo("Whoever reaches this address can read everything and act on alerts: there is no login.", err=True)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5, http="h11"
    )
    Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; raises BadSetting that says why not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BadSetting(
                f"Port {port} is taken: something listens at {host}:{port} already.", "Choose another with --port."
            ) from error
        raise BadSetting(f"Nothing can listen at {host}:{port}: {error.strerror}.", "Choose another --host.") from error
    return listening
