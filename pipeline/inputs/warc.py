"""WARC archives: every page that was answered with status 200 is read as an article of the time it was fetched.

Requests, redirects, errors, pictures and scripts are what an archive is mostly made of, and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from pipeline.errors import BadInput
from pipeline.inputs.pages import article_from_page
from pipeline.inputs.text import decode_page
from pipeline.records import Article, SourceRef

_PAGES = ("text/html", "application/xhtml+xml")


def articles_from_warc(
    file: IO[bytes], *, source: SourceRef, fetched_at: datetime, max_chars: int, max_bytes: int
) -> Iterator[Article | tuple[str, bytes, BadInput]]:
    """The articles in an archive; a page that none can be made of comes out with its address, bytes and the reason.

    `fetched_at` is for records without a date; `max_bytes` holds for one page. Raises BadInput where the archive
    breaks off: what comes before is read.
    """
    empty = True
    try:
        for record in ArchiveIterator(file):
            empty = False
            if not _is_page(record):
                continue
            url = record.rec_headers.get_header("WARC-Target-URI", "").strip("<>")
            body = record.content_stream().read(max_bytes + 1)
            try:
                if len(body) > max_bytes:
                    raise BadInput(f"The page is larger than {max_bytes:,} bytes.", "Raise DEMARCHE_MAX_FILE_BYTES.")
                yield article_from_page(
                    decode_page(body, record.http_headers.get_header("Content-Type")),
                    url=url,
                    source=source,
                    fetched_at=_fetched_at(record) or fetched_at,
                    max_chars=max_chars,
                )
            except BadInput as error:
                yield url or "a record without address", body, error
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, AttributeError) as error:
        raise BadInput(f"It is not a valid WARC archive from here on: {error}.", "Make it again.") from None
    if empty:
        raise BadInput("There is no record in it.", "Check that it is a WARC archive.")


def _is_page(record: ArcWarcRecord) -> bool:
    if record.rec_type != "response" or record.http_headers is None:
        return False
    media_type = (record.http_headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    return str(record.http_headers.get_statuscode()) == "200" and media_type in _PAGES


def _fetched_at(record: ArcWarcRecord) -> datetime | None:
    try:
        moment = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date") or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
