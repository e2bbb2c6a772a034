"""One address for one article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.inputs.urls import canonical_url, host_of


@pytest.mark.parametrize(
    "url, canonical",
    [
        ("HTTPS://News.Example.ORG:443/a?utm_source=x&b=2&a=1#top", "https://news.example.org/a?a=1&b=2"),
        ("http://example.org", "http://example.org/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/a?fbclid=1&id=7", "https://example.org/a?id=7"),
        ("https://example.org/a?id=7&amp;page=2", "https://example.org/a?id=7&page=2"),
        ("https://example.org/a?cid=7", "https://example.org/a?cid=7"),
        ("https://example.org/a?amp", "https://example.org/a"),
        ("https://example.org/a?q=%ef%f0", "https://example.org/a?q=%EF%F0"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("file:///x/y.jsonl#7", "file:///x/y.jsonl#7"),
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "example.org", "", "http://", "http://[::1", "https://e.org/" + "a" * 3000]
)
def test_addresses_that_no_article_can_have(url: str) -> None:
    with pytest.raises(BadInput, match="address"):
        canonical_url(url)


@given(st.text(max_size=40), st.text(max_size=20))
def test_canonical_once_is_canonical_for_good(path: str, query: str) -> None:
    try:
        once = canonical_url(f"https://example.org/{path}?{query}")
    except BadInput:
        return
    assert canonical_url(once) == once


def test_host_without_www() -> None:
    assert host_of("https://www.example.org/a") == "example.org"
    assert host_of("file:///a") == ""
