from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.datastructures import QueryParams

from pipeline.errors import BadInput
from pipeline.index.facets import FACETS
from pipeline.index.paging import Cursor
from pipeline.web.links import MEANINGS, Search, outside_link, path_link


def search(query: str) -> Search:
    return Search.of(QueryParams(query))


def params(link: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(link).query)


def test_all_that_is_chosen_stands_in_the_address() -> None:
    address = "q=canal&actor=Vesta&since=7d&kind=statements&sort=date&speaker=Tavil&act=WARN&act=URGE"
    assert search(search(address).link().partition("?")[2]) == search(address)


def test_facets_are_added_and_taken_away_one_by_one() -> None:
    one = search("q=canal&act=WARN&country=ORL")
    assert params(one.adding("act", "URGE")) == [
        ("q", "canal"),
        ("country", "ORL"),
        ("act", "WARN"),
        ("act", "URGE"),
    ] or set(params(one.adding("act", "URGE"))) == {
        ("q", "canal"),
        ("country", "ORL"),
        ("act", "WARN"),
        ("act", "URGE"),
    }
    assert params(one.without("act", "WARN")) == [("q", "canal"), ("country", "ORL")]
    assert one.adding("act", "WARN") == one.link()
    assert params(one.without_words("text")) == [("country", "ORL"), ("act", "WARN")]


def test_what_is_not_known_is_left_aside() -> None:
    assert search("evil=1&q=a").link() == "/search?q=a"


def test_every_parameter_is_explained() -> None:
    assert set(FACETS) <= set(MEANINGS)
    assert set(Search.of(QueryParams("&".join(f"{name}=1" for name in MEANINGS))).params) >= {
        (name, "1") for name in MEANINGS if name != "sort"
    }


@pytest.mark.parametrize("size", ["0x1", "-1", "1e3", "²", "9" * 12])
def test_a_size_that_is_no_number_is_refused(size: str) -> None:
    with pytest.raises(BadInput, match="no number of hits"):
        Search.of(QueryParams(), size=size)


@pytest.mark.parametrize(
    "url, link",
    [
        ("https://example.org/a?b=c", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)//https://example.org", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//example.org", False),
        ("https://", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_only_addresses_on_the_web_are_links(url: str | None, link: bool) -> None:
    assert outside_link(url) == (url if link else None)


def test_ids_are_quoted_and_those_of_actors_stay_readable() -> None:
    assert path_link("actors", "person/maria x") == "/actors/person/maria%20x"
    assert path_link("alerts", "a/../b?c") == "/alerts/a%2F..%2Fb%3Fc"
    assert path_link("articles", "\ud800") == "/articles/%3F"


def test_a_cursor_comes_back_as_it_was() -> None:
    cursor = Cursor([1.5, 1700000000000, "é"], 20, "point==")
    assert Cursor.decoded(cursor.encoded()) == cursor


@pytest.mark.parametrize("text", ["", "x", "é", "W10", "bnVsbA", "e30", "W1tdLDEsIiJd", "W1tbMV1dLDEsIiJd", "A" * 9000])
def test_a_cursor_that_we_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not the address of a page"):
        Cursor.decoded(text)
