"""Titles, encodings and what is no text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.inputs import decode, decode_page, split_title

RUSSIAN = "Министерство иностранных дел предостерегло соседей от военного вмешательства, заявила его представитель."


@pytest.mark.parametrize(
    "raw, title, text",
    [
        ("Minister warns neighbours\n\nHe spoke.\n", "Minister warns neighbours", "He spoke.\n"),
        ("Minister warns neighbours\r\n\r\nHe spoke.", "Minister warns neighbours", "He spoke."),
        ("  Minister “warns” U.S.?  \n\n\n\n  He spoke.", "Minister “warns” U.S.?", "  He spoke."),
        ("The minister spoke on Monday.\n\nHe warned.", "", "The minister spoke on Monday.\n\nHe warned."),
        ('He said: "Stop."\n\nHe warned.', "", 'He said: "Stop."\n\nHe warned.'),
        ("Minister warns\nHe spoke.", "", "Minister warns\nHe spoke."),
        ("Minister warns\n\n", "", "Minister warns\n\n"),
        ("Minister warns", "", "Minister warns"),
        ("word " * 60 + "\n\nHe spoke.", "", "word " * 60 + "\n\nHe spoke."),
        ("\n\nHe spoke.", "", "\n\nHe spoke."),
    ],
)
def test_a_first_line_is_a_title_only_where_it_looks_like_one(raw: str, title: str, text: str) -> None:
    assert split_title(raw) == (title, text)


@given(st.text(alphabet=st.sampled_from("ab. \n\r\t“”"), max_size=60))
def test_the_text_is_always_an_unmodified_end_of_the_file(raw: str) -> None:
    title, text = split_title(raw)
    assert raw.endswith(text)
    assert title in raw
    assert title or text == raw


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig", "utf-16", "cp1251", "koi8-r"])
def test_text_is_decoded_where_its_encoding_is_certain(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding)) == RUSSIAN


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"\x89PNG\r\n", "a PNG image"),
        (bytes(range(256)) * 4, "binary"),
        (b"text with a\x00 zero", "binary"),
        (b"caf\xe9 is \xff\xfe here", "iconv"),
        (b"\xff\xfea", "byte order mark"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        decode(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    for reader in (decode, decode_page):
        with suppress(BadInput):
            reader(data).encode("utf8")


@pytest.mark.parametrize(
    "data, content_type",
    [
        (f"<p>{RUSSIAN}</p>".encode("cp1251"), "text/html; charset=windows-1251"),
        (f'<meta charset="windows-1251"><p>{RUSSIAN}</p>'.encode("cp1251"), "text/html"),
        (f'<meta charset="windows-1251"><p>{RUSSIAN}</p>'.encode(), None),
        (f"<p>{RUSSIAN}</p>".encode("cp1251"), None),
    ],
)
def test_pages_are_decoded_as_declared_unless_they_are_utf8(data: bytes, content_type: str | None) -> None:
    assert RUSSIAN in decode_page(data, content_type)


def test_a_page_in_utf8_with_a_cut_character_is_read() -> None:
    page = b'<meta charset="utf-8"><p>' + "Ministers met in Zürich. ".encode() * 20 + b"\xc3</p>"
    assert "Zürich" in decode_page(page)
    assert decode_page(page).count("\ufffd") == 1
