"""Which addresses may be connected to, decided where the connection is made.

A feed may link or redirect to anything, also to a server in our own network or to a cloud's metadata service. A name
is resolved once and the connection goes to the very address that was checked, so that a name that answers differently
the second time (DNS rebinding) gains nothing; the Host header and TLS keep the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from pipeline.errors import BadInput, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_RESERVED = ipaddress.IPv4Network("192.0.0.0/24")
"""Holds a metadata service (192.0.0.192), though Python calls it global."""


class Forbidden(BadInput):
    """An address that is not to be connected to."""


class UnknownHost(Unreachable):
    """A name that could not be resolved; often the fault is ours and passes."""


def meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where that is what a connection would end up at."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


class Guard:
    """Tells public addresses from all others: loopback, private, link-local (metadata), multicast, reserved."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: Address) -> bool:
        inner = meant(address)
        if any(one in network for network in self._allowed for one in (address, inner)):
            return True
        return inner.is_global and not inner.is_multicast and inner not in _RESERVED

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to. Raises UnknownHost and Forbidden."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise UnknownHost(
                f"The host {host} cannot be found: {error}.", "Check its name, and that DNS works here."
            ) from None
        addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        permitted = [one for one in addresses if self.permits(ipaddress.ip_address(one))]
        if not permitted:
            raise Forbidden(
                f"The host {host} is at {', '.join(addresses)}, which is not a public address.",
                "If it is a source of your own network, add that network to DEMARCHE_PRIVATE_NETWORKS.",
            )
        return permitted


class Deadline(threading.local):
    """When the request of this thread must be over (time.monotonic)."""

    at: float = float("inf")

    def left(self, timeout: float | None) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The time for the request is over.")
        return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the request's time: a server may drip headers for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to permitted addresses only."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in self._guard.resolve(host, port):
            try:
                left = self._deadline.left(timeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failed


class GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport on guarded connections. Proxies of the environment are not used: behind one, nobody could
    tell which address is asked."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        super().__init__()
        # httpx has no argument for the backend; the pool is what its constructor would have made, but for that.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=256,
            max_keepalive_connections=64,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(guard, deadline),
        )


def as_networks(written: Iterable[str]) -> list[Network]:
    """Raises ValueError naming what is no network."""
    return [ipaddress.ip_network(one.strip(), strict=False) for one in written]
