"""Bytes to text, and a text's headline."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from pipeline.errors import BadInput

HEADLINE_CHARS = 200
_CLOSED = re.compile(r"[.;:,…][\"'”’»)\]]*$")
_MAGIC = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"\x7fELF": "a program",
}
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WESTERN = {"cp1252", "iso8859-1", "latin-1", "ascii"}
_NOT_WESTERN = re.compile(rb"[\xc0-\xff]{4,}")
"""A word of nothing but accented letters: common in Cyrillic that is called Western, unheard of in the West."""

_FEWEST_NOT_WESTERN = 10
_SURE_CHAOS_PERCENT = 5.0
_SURE_COHERENCE_PERCENT = 25.0


def split_title(raw: str) -> tuple[str, str]:
    """Title and text of a text file.

    The first line is the title where it looks like a headline: short, without a closing full stop, and followed by
    an empty line. The text is then the unmodified rest without its leading line breaks. Else the title is empty and
    the text is all of `raw`, so that offsets always refer to what the file says.
    """
    first, newline, rest = raw.partition("\n")
    title = first.strip()
    next_line = rest.partition("\n")[0]
    body = rest.lstrip("\r\n")
    if not newline or not title or len(title) > HEADLINE_CHARS or _CLOSED.search(title):
        return "", raw
    if next_line.strip() or not body.strip():
        return "", raw
    return title, body


def refuse_binary(data: bytes) -> None:
    """Raise BadInput for what is no text; UTF-16 and UTF-32 with a byte order mark are text."""
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise BadInput(f"It is {what}, not text.", "Convert it to plain text (UTF-8) or HTML first.")
    if read_bom(data)[0]:
        return
    head = data[:65536]
    if b"\x00" in head or len(_CONTROLS.findall(head)) > len(head) // 50:
        raise BadInput("It is a binary file, not text.", "Convert it to plain text (UTF-8) or HTML first.")


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, or what its byte order mark says, or an encoding that is beyond doubt."""
    marked = _checked_mark(data)
    if marked is not None:
        return marked
    try:
        return data.decode("utf8")
    except UnicodeDecodeError as error:
        text = _decode_detected(data)
        if text is None:
            raise BadInput(
                f"It is not valid UTF-8 (byte {error.start} is 0x{data[error.start]:02x}), and its encoding "
                "cannot be told with certainty.",
                "Convert it, for example with: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT",
            ) from None
        return text


def decode_page(data: bytes, content_type: str | None = None) -> str:
    """The markup of a page: valid UTF-8 first, then what the server and the page declare, then detection.

    UTF-8 comes before the declaration because mislabelled UTF-8 is common, while no other text is valid UTF-8 by
    chance. Western encodings are declared by servers that know no other: what has words without one plain letter is
    detected first. A page that declares UTF-8 and has a few broken bytes is read with replacement marks: a cut
    character in an advertisement is no reason to lose the article.
    """
    marked = _checked_mark(data)
    if marked is not None:
        return marked
    try:
        return data.decode("utf8")
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(data)
    mislabelled = declared in _WESTERN and len(_NOT_WESTERN.findall(data[:200_000])) >= _FEWEST_NOT_WESTERN
    text = (mislabelled and _decode_detected(data)) or _decode_declared(data, declared) or _decode_detected(data)
    if text is None:
        raise BadInput(
            "Its character encoding is neither declared nor recognisable.",
            'Convert it to UTF-8, or declare its encoding in <meta charset="...">.',
        )
    return text


def _checked_mark(data: bytes) -> str | None:
    """The text, if a byte order mark tells how to read it; raises BadInput for what is no text at all."""
    if not data.strip():
        raise BadInput("It is empty.", "Leave it out, or check how it was saved.")
    refuse_binary(data)
    return _decode_marked(data)


def _decode_marked(data: bytes) -> str | None:
    encoding, mark = read_bom(data)
    if not encoding or not mark:
        return None
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"Its byte order mark says {encoding}, but byte {error.start + len(mark)} is not valid in it.",
            "Save it as UTF-8 again.",
        ) from None


def _decode_declared(data: bytes, encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        if codecs.lookup(encoding).name != "utf-8":
            return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    text = data.decode("utf8", "replace")
    return text if text.count("\ufffd") <= 3 + len(text) // 1000 else None


def _decode_detected(data: bytes) -> str | None:
    match = from_bytes(data).best()
    if match is None or match.percent_chaos > _SURE_CHAOS_PERCENT or match.percent_coherence < _SURE_COHERENCE_PERCENT:
        return None
    return str(match)
