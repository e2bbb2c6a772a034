"""A search as the address of a page: everything that is chosen stands in the query string, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import QueryParams

from pipeline.errors import BadInput
from pipeline.index.facets import FACETS, Kind
from pipeline.index.search import Query, Sort

_WORDS = {"q": "text", "actor": "actor", "addressed": "addressee", "since": "since", "until": "until"}
PAGE_SIZE = 20
MEANINGS = {
    "q": 'Words that must all be there: "words in a row", word*, -word, this | that.',
    "actor": "Who speaks. A country covers its officials, ministries and metonyms.",
    "addressed": "Who is spoken to; as for `actor`.",
    "since": "From this date or age on: 2026-03-01, 2026-03-01T12:00, 36h, 7d, 2w.",
    "until": "Up to this date or age, the day included.",
    "sort": "`relevance` or `date`.",
    "speaker": "Facet: name of a speaker, exactly.",
    "country": "Facet: ISO 3166 alpha-3 code of a speaker's country.",
    "act": "Facet: speech act, such as WARN.",
    "addressee": "Facet: name of an addressee, exactly.",
    "against": "Facet: whom the speaker is against.",
    "for": "Facet: whom the speaker is in favour of.",
    "publisher": "Facet: name of the publisher, exactly.",
    "language": "Facet: ISO 639-1 code.",
    "source": "Facet: id of the source that the article came from.",
}
"""The parameters of a search, for those who write programs. Facets can be given several times."""


@dataclass(frozen=True)
class Search:
    """What a reader has chosen."""

    query: Query

    @classmethod
    def of(cls, params: QueryParams, *, kind: str = "", size: str = "") -> Search:
        """From the parameters of an address; what is not known there is left aside."""
        words = {name: params.get(key, "") for key, name in _WORDS.items()}
        choices = tuple(dict.fromkeys((name, value) for name in FACETS for value in params.getlist(name) if value))
        chosen_kind = cast(Kind, kind or params.get("kind") or "articles")
        sort = cast(Sort, params.get("sort", ""))
        query = Query(**words, kind=chosen_kind, choices=choices, sort=sort, size=_size(size))
        return cls(query)

    @cached_property
    def params(self) -> list[tuple[str, str]]:
        query = self.query
        found = [(key, getattr(query, name)) for key, name in _WORDS.items()]
        found += [("kind", query.kind if query.kind != "articles" else ""), ("sort", query.sort)]
        return [(key, value) for key, value in [*found, *query.choices] if value]

    def link(self, path: str = "/search", after: str = "") -> str:
        params = [*self.params, *([("after", after)] if after else [])]
        return f"{path}?{_encoded(params)}" if params else path

    def adding(self, facet: str, value: str) -> str:
        """This search and one value more; a page has a hundred of these."""
        if (facet, value) in self.query.choices:
            return self._address
        return f"{self._address}{'&' if self.params else '?'}{_encoded([(facet, value)])}"

    @cached_property
    def _address(self) -> str:
        return self.link()

    def without(self, facet: str, value: str) -> str:
        return self._with(choices=tuple(c for c in self.query.choices if c != (facet, value))).link()

    def without_words(self, name: str) -> str:
        return self._with(**{name: ""}).link()

    def as_kind(self, kind: Kind) -> str:
        return self._with(kind=kind).link()

    def sorted_by(self, sort: Sort) -> str:
        return self._with(sort=sort).link()

    def between(self, since: str, until: str) -> str:
        return self._with(since=since, until=until).link()

    def hidden(self, *besides: str) -> list[tuple[str, str]]:
        """Parameters that a form must carry along, those left out that it asks for itself."""
        return [(key, value) for key, value in self.params if key not in besides]

    def _with(self, **changes: object) -> Search:
        return Search(replace(self.query, **changes))  # type: ignore[arg-type]


def _size(text: str) -> int:
    if not text:
        return PAGE_SIZE
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInput(f"'{text[:20]}' is no number of hits.", "Write a number from 1 to 1000.")
    return int(text)


def search_link(**params: str) -> str:
    """The address of a search."""
    return f"/search?{_encoded([(key, value) for key, value in params.items() if value])}"


def path_link(kind: str, name: str) -> str:
    """The address of one article, actor, claim or alert. Ids of actors have slashes, which stay readable."""
    return f"/{kind}/{quote(_printable(name), safe='/' if kind == 'actors' else '')}"


def outside_link(url: str | None) -> str | None:
    """The address of a source if a browser may be sent there: http and https only."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _encoded(params: list[tuple[str, str]]) -> str:
    return urlencode([(key, _printable(value)) for key, value in params])


def _printable(text: str) -> str:
    return text.encode("utf8", "replace").decode("utf8")
