"""GDELT as a discovery source: the articles behind the events of the last quarter of an hour.

The source is the address of `lastupdate.txt`, which names the newest tables. Of the table of events only the addresses
of articles are taken: who did what to whom is for our own enrichment to say.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator

from connectors.base import Checkpoint, Found, Refusal, Target
from connectors.entries import Entries
from connectors.http import Response
from connectors.listing import Listed, read_list, read_listed
from pipeline.errors import BadInput, Unreachable
from pipeline.inputs.urls import host_of

CONNECTOR = "gdelt"
MAX_TABLE_BYTES = 100 * 2**20
MAX_ARTICLES = 500
"""Articles that one visit takes: an update names some thousand, of all the world's papers."""

_REACH_S = 1500.0
"""An update is replaced by the next after a quarter of an hour: it must be asked for before."""

_UPDATE = re.compile(rb"^\d+ ([0-9a-f]{32}) (\S+\.export\.csv\.zip)\s*$", re.IGNORECASE | re.MULTILINE)


def accepts(target: Target) -> bool:
    return target.is_address and len(target.response.body) < 10_000 and bool(_UPDATE.search(target.response.body))


class GdeltConnector:
    """The articles that the newest table of events names. The checkpoint holds which table was read last."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        self._target.reach_s = _REACH_S
        return read_list(self._target, checkpoint, self._parse, self._take)

    def _parse(self, response: Response) -> list[str]:
        named = _UPDATE.search(response.body)
        if named is None:
            raise BadInput(f"{response.url} names no table of events.", "Name the address of lastupdate.txt.")
        return self._addresses(named[2].decode("ascii", "replace"), named[1].decode())

    def _take(self, addresses: list[str], response: Response, entries: Entries) -> Iterator[Found]:
        hosts = self._target.options.only_hosts
        wanted = [url for url in addresses if not hosts or _is_on(url, hosts)]
        if len(wanted) > MAX_ARTICLES:
            reason = f"The update names {len(wanted):,} articles; the first {MAX_ARTICLES} are read."
            yield Refusal(response.url, f"{reason} Name the hosts that you want: only_hosts.")
        yield from read_listed(map(Listed, wanted[:MAX_ARTICLES]), entries, self._target, CONNECTOR)

    def _addresses(self, url: str, md5: str) -> list[str]:
        response = self._target.page(url)
        if hashlib.md5(response.body, usedforsecurity=False).hexdigest() != md5.lower():
            raise Unreachable(f"{url} did not arrive as it was announced.", "Try again later.")
        table = unzipped(response.body, url)
        last_columns = (line.rpartition(b"\t")[2].strip() for line in table.split(b"\n") if b"\t" in line)
        found = (column.decode("utf8", "replace") for column in last_columns)
        return list(dict.fromkeys(url for url in found if url.startswith(("http://", "https://"))))


def unzipped(body: bytes, url: str) -> bytes:
    """The first file in a zip archive, if it is not too large. Raises BadInput."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(archive.infolist()[0]) as file:
            table = file.read(MAX_TABLE_BYTES + 1)
    except (zipfile.BadZipFile, IndexError, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise BadInput(f"{url} is not a usable zip archive: {error}.", "Try the next update.") from None
    except Exception as error:  # zlib, lzma and bz2 raise errors of their own
        raise BadInput(f"{url} cannot be unpacked: {error}.", "Try the next update.") from None
    if len(table) > MAX_TABLE_BYTES:
        raise BadInput(f"{url} unpacks to more than {MAX_TABLE_BYTES:,} bytes.", "It is no table of one update.")
    return table


def _is_on(url: str, hosts: tuple[str, ...]) -> bool:
    try:
        host = host_of(url)
    except ValueError:
        return False
    return any(host == wanted or host.endswith("." + wanted) for wanted in hosts)
