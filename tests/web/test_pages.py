"""What pages show, and what they do not let through. No Elasticsearch: its answers are given."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.index.documents import article_document, statement_documents
from pipeline.index.reading import StoredArticle
from pipeline.records import Telling
from tests.index.conftest import SEEN, full_alert, full_article
from tests.web.conftest import Answer

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """All tags of a page with their attributes, and whether they nest."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.found


def assert_harmless(html: str) -> None:
    for tag, attributes in tags(html):
        assert tag != "script" or attributes == {"src": "/static/pages.js", "defer": None}
        assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "data:"))


def stored(**changes: Any) -> StoredArticle:
    article = full_article(**changes)
    return StoredArticle(document=article_document(article), entities=article.entities, statements=article.statements)


def show_article(web: TestClient, answer: Answer, **changes: Any) -> str:
    answer(find_article=stored(**changes), alerts_with=[], revisions_of=[])
    response = web.get("/articles/a1")
    assert response.status_code == 200
    return response.text


def test_an_article_is_marked_and_its_statements_are_linked_both_ways(web: TestClient, answer: Answer) -> None:
    html = show_article(web, answer)
    assert_harmless(html)
    ids = [attributes.get("id") for _, attributes in tags(html) if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for tag, attributes in tags(html) if tag == "a"]
    for link in ("#p-1", "#s-s1"):
        assert link in links
        assert link[1:] in ids
    assert '<span class="m cue" data-n="1">warned</span>' in html
    assert "/actors/orl" in links
    assert "https://example.org/1" in links


def test_whatever_an_article_says_is_only_text(web: TestClient, answer: Answer) -> None:
    html = show_article(
        web, answer, title=HOSTILE, text=HOSTILE * 3, url="javascript:alert(1)", authors=[HOSTILE], section=HOSTILE
    )
    assert_harmless(html)
    assert "&lt;script&gt;alert(1)" in html
    assert "javascript:alert(1)" in html, "the address is shown"


def test_a_broken_quotation_is_said_to_be_one(web: TestClient, answer: Answer) -> None:
    said = full_article().statements[0].model_copy(update={"closed": False})
    assert show_article(web, answer, statements=[said]).count("quotation not closed") == 2


def test_what_is_not_known_is_a_page_that_says_so(web: TestClient, answer: Answer) -> None:
    answer(find_article=None, alerts_with=[], actor_view=None)
    for path in ("/articles/x", "/actors/person/nobody", "/claims/x", "/nowhere", "/alerts/x/explode"):
        response = web.get(path)
        assert response.status_code in (404, 405), path
        assert "<h1>" in response.text
        assert_harmless(response.text)
    assert "Nobody is known under this id." in web.get("/actors/nobody").text


def test_programs_get_problem_details(web: TestClient, answer: Answer) -> None:
    answer(find_article=None)
    response = web.get("/api/articles/x")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no article with this id.",
    }
    assert web.get("/api/alerts?state=odd").json()["status"] == 400


@pytest.mark.parametrize("path", ["/", "/search", "/alerts", "/sources", "/articles/x", "/actors/RUS", "/health"])
def test_without_elasticsearch_a_page_says_so(web: TestClient, path: str) -> None:
    response = web.get(path)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "Elasticsearch does not answer at http://127.0.0.1:9" in response.text
    assert "demarche up" in response.text


def test_what_needs_no_elasticsearch_is_there_without_it(web: TestClient) -> None:
    assert_harmless(web.get("/api").text)
    described = web.get("/api/openapi.json").json()
    assert "/api/statements" in described["paths"]
    assert {p["name"] for p in described["paths"]["/api/articles"]["get"]["parameters"]} >= {"q", "speaker", "after"}
    assert web.get("/static/style.css").status_code == 200


def test_the_sheet_has_no_style_for_what_no_page_has() -> None:
    sheet = (files("pipeline.web") / "static" / "style.css").read_text("utf8")
    pages = "".join(p.read_text("utf8") for p in (files("pipeline.web") / "templates").iterdir())
    pages += (files("pipeline.web") / "static" / "pages.js").read_text("utf8") + " content source cue addressee entity "
    pages += "asserted ok failing silent warning "
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    names = {name for line in sheet.splitlines() for name in re.findall(r"\.([a-z][\w-]*)", line.partition("{")[0])}
    assert {name for name in names if not re.search(rf"\b{name}\b", pages)} == set()


def test_a_claim_shows_its_tellings_side_by_side(web: TestClient, answer: Answer) -> None:
    tellings = [
        Telling(statement_id=str(n), article_id=f"a{n}", url="", words=words, said_at=SEEN, because=f"because {n}")
        for n, words in enumerate(["Orlandia warned Vesta", f"Orlandia cautioned Vesta {HOSTILE}"])
    ]
    answer(alerts_with=[full_alert().model_copy(update={"tellings": tellings, "suppressed": tellings[:1]})])
    html = web.get("/claims/c1").text
    assert_harmless(html)
    assert "Orlandia <ins>cautioned</ins> Vesta" in html
    assert "because 1" in html
    assert "No news" in html


def test_a_search_shows_hits_and_facets(web: TestClient, answer: Answer) -> None:
    from pipeline.index.facets import FACETS, Bar, Facets, Value
    from pipeline.index.search import Hit, Results

    [document] = statement_documents(full_article(title=HOSTILE))
    hit = Hit("1", 1.0, document, {"words": [[("against ", False), ("closing", True), (HOSTILE, False)]]})
    today = datetime.now(UTC).date()
    facets = Facets({name: [Value(HOSTILE, 3)] for name in FACETS}, [Bar(today, today, 3)])
    answer(search_with_facets=(Results([hit], 41, [1, "a"]), facets))
    response = web.get("/search", params={"kind": "statements", "q": HOSTILE, "speaker": HOSTILE, "since": HOSTILE})
    assert response.status_code == 200
    assert_harmless(response.text)
    assert "<mark>closing</mark>" in response.text
    assert "41 statements" in response.text
    assert "Next page" in response.text


def test_every_answer_tells_browsers_to_run_nothing_else(web: TestClient) -> None:
    for path in ("/", "/api", "/static/style.css", "/nowhere", "/api/alerts"):
        headers = web.get(path).headers
        assert "default-src 'none'; style-src 'self'; script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_time_of_the_page_itself_is_told(web: TestClient) -> None:
    assert re.fullmatch(r"search;dur=[\d.]+, page;dur=[\d.]+", web.get("/").headers["server-timing"])
