"""Ports on the loopback address: the usual ones, or the next that are free."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from pipeline.errors import Terminal

LOOPBACK = "127.0.0.1"
TRIES = 200


@dataclass(frozen=True)
class Ports:
    """Where to start looking. The controller is Kafka's own affair: nobody connects to it but the broker."""

    kafka: int = 9092
    elasticsearch: int = 9200
    controller: int = 19092


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections of the last run that still linger do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def first_free(wanted: int) -> int:
    """The wanted port or the next free one above it."""
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if is_free(port):
            return port
    raise Terminal(
        f"No port from {wanted} to {wanted + TRIES - 1} is free on {LOOPBACK}.",
        "See what holds them with: ss -ltnp",
    )
