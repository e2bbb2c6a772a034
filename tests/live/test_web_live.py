"""Pages and interface on the real Elasticsearch, over HTTP, with what hostile people send."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from pipeline.index import Query, Writer, connect, search, search_with_facets
from pipeline.index.paging import every_hit, first_page, page
from pipeline.settings import Settings
from tests.live.test_search_live import HOSTILE
from tests.live.web_server import filled_web, told_alert


@pytest.fixture(scope="module")
def shared(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, str]]:
    with filled_web(servers, tmp_path_factory.mktemp("home"), "web") as shared:
        yield shared


@pytest.fixture
def web(shared: tuple[Settings, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared[1], timeout=60) as client:
        yield client


def test_pages_are_there(web: httpx.Client) -> None:
    for path in ("/", "/search", "/articles/read", "/actors/RUS", "/actors/person/irena-tavil", "/alerts", "/sources"):
        answer = web.get(path)
        assert answer.status_code == 200, path
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in web.get("/articles/read").text
    assert "<script>alert(1)" not in web.get("/search?q=canal").text + web.get("/articles/read").text
    assert "2 revisions" in web.get("/articles/read").text
    assert web.get("/claims/claim-f00d").status_code == 200
    assert web.get("/health").text == "ok\n"


def test_facets_count_what_choosing_them_leaves(shared: tuple[Settings, str], web: httpx.Client) -> None:
    settings, _ = shared
    with connect(settings) as client:
        for kind in ("articles", "statements"):
            for chosen in ((), (("act", "WARN"),), (("act", "WARN"), ("addressee", "Finland"))):
                _, facets = search_with_facets(client, settings, Query(kind=kind, choices=chosen))  # type: ignore[arg-type]
                for name, values in facets.values.items():
                    for value in values:
                        others = tuple(choice for choice in chosen if choice[0] != name)
                        query = Query(kind=kind, choices=(*others, (name, value.value)))  # type: ignore[arg-type]
                        assert search(client, settings, query).total == value.count, (kind, chosen, name, value)
    found = web.get("/api/facets/articles?act=WARN&addressee=Finland").json()
    assert found["total"] == 0, "warned and Finland are of two statements"
    assert found["facets"]["addressee"] == [{"value": "United States", "count": 31}]
    assert sum(day["count"] for day in web.get("/api/facets/statements").json()["days"]) == 62


@pytest.mark.parametrize("query", [Query("canal"), Query(), Query(kind="statements"), Query("canal", sort="date")])
def test_pages_after_one_another_have_every_hit_once(shared: tuple[Settings, str], query: Query) -> None:
    settings, _ = shared
    with connect(settings) as client:
        shown = first_page(search(client, settings, query))
        ids, total = [hit.id for hit in shown.results.hits], shown.results.total
        while shown.next:
            shown = page(client, settings, query, shown.next)
            assert shown.first == len(ids) + 1
            ids += [hit.id for hit in shown.results.hits]
        assert len(ids) == len(set(ids)) == total
        assert [hit.id for hit in every_hit(client, settings, query)] == ids


def test_a_page_whose_point_in_time_has_ended_is_shown_all_the_same(web: httpx.Client) -> None:
    first = web.get("/api/articles?size=10").json()
    second = web.get("/api/articles", params={"size": 10, "after": first["next"]}).json()
    assert second["first"] == 11
    after, seen, point = json.loads(base64.urlsafe_b64decode(second["next"] + "=="))
    web_ids = [
        hit["id"] for hit in web.get("/api/articles", params={"size": 10, "after": second["next"]}).json()["hits"]
    ]
    for broken in ("", point[:-8] + "AAAAAAAA", "x"):
        text = base64.urlsafe_b64encode(json.dumps([after, seen, broken]).encode()).decode()
        answer = web.get("/api/articles", params={"size": 10, "after": text})
        if broken == "":
            assert [hit["id"] for hit in answer.json()["hits"]] == web_ids
        assert answer.status_code in (200, 400), broken


def test_exports_have_everything(web: httpx.Client) -> None:
    lines = web.get("/api/export/statements.ndjson").text.splitlines()
    assert len(lines) == 62
    assert json.loads(lines[0])["speakers"] == ["Irena Tavil"]
    rows = list(csv.DictReader(io.StringIO(web.get("/api/export/articles.csv?q=canal").text)))
    assert len(rows) == 31
    assert {row["title"] for row in rows} >= {"<script>alert(1)</script> & a canal", "Canal news 0"}
    assert web.get("/api/export/articles.csv?since=never").status_code == 400
    assert web.get("/api/export/articles.exe").status_code == 400


HOSTILE_PARAMETERS = ("q", "actor", "addressed", "since", "until", "sort", "kind", "speaker", "after", "source")


def test_nothing_that_is_sent_breaks_a_page(web: httpx.Client) -> None:
    sent = [text.encode("utf8", "surrogatepass") for text in (*HOSTILE, "{{913*7}}", "../../etc/passwd", "a" * 3000)]
    wrong = []
    for text in sent:
        for path in ("/search", "/api/statements"):
            parameters = HOSTILE_PARAMETERS if path == "/search" else ("q", "actor", "after", "size")
            for name in parameters:
                quoted = "".join(f"%{byte:02x}" for byte in text)
                answer = web.get(f"{path}?{name}={quoted}")
                if answer.status_code not in (200, 400):
                    wrong.append((path, name, text[:50], answer.status_code))
                assert "49" not in answer.text or b"7*7" not in text or "{{913*7}}" in answer.text
        for path in ("/articles/", "/actors/", "/claims/", "/alerts/", "/api/articles/", "/api/actors/"):
            quoted = "".join(f"%{byte:02x}" for byte in text)
            answer = web.get(path + quoted)
            if answer.status_code not in (200, 400, 404, 405):
                wrong.append((path, "", text[:50], answer.status_code))
    assert wrong == []


def test_what_is_wrong_in_a_search_is_said_with_a_hint(web: httpx.Client) -> None:
    problem = web.get("/api/articles?act=WARN&since=yesterdayish").json()
    assert problem["status"] == 400
    assert "Write 2026-03-01" in problem["hint"]
    assert "Use fewer words" in web.get("/search?q=" + "x" * 2001).text
    assert web.get("/search?" + "&".join(f"speaker=s{n}" for n in range(51))).status_code == 400


def test_ten_megabytes_are_refused_in_words(shared: tuple[Settings, str]) -> None:
    """As an address, and as a body; with a real socket, which is closed before all is sent."""
    parts = urlsplit(shared[1])
    size = 10 * 2**20

    def answer(head: bytes, rest: bytes) -> bytes:
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
            connection.sendall(head)
            with contextlib.suppress(OSError):
                for start in range(0, len(rest), 65536):
                    connection.sendall(rest[start : start + 65536])
            found = b""
            with contextlib.suppress(OSError):
                while data := connection.recv(65536):
                    found += data
            return found

    host = f"Host: {parts.netloc}\r\n\r\n".encode()
    by_address = answer(b"GET /search?q=", b"x" * size + b" HTTP/1.1\r\n" + host)
    assert by_address.startswith((b"HTTP/1.1 400", b"HTTP/1.1 414")), by_address[:100]
    length = f"POST /api/alerts/x/state HTTP/1.1\r\nContent-Length: {size}\r\n".encode()
    by_body = answer(length + host, b"x" * size)
    assert by_body.startswith(b"HTTP/1.1 413"), by_body[:100]
    assert b"larger than" in by_body
    assert httpx.get(f"{shared[1]}/health", timeout=30).status_code == 200


def test_an_alert_is_decided_about_by_a_program(web: httpx.Client) -> None:
    found = web.post("/api/alerts/" + "cafe" * 8 + "/state", json={"state": "muted", "by": "ines", "note": "known"})
    assert found.json()["state"] == "muted"
    assert web.get("/api/alerts?state=muted").json()["total"] == 1
    assert "known" in web.get("/alerts/" + "cafe" * 8).text
    web.post("/api/alerts/" + "cafe" * 8 + "/state", json={"state": "open"})


def test_a_new_alert_is_told_to_whoever_listens(shared: tuple[Settings, str], web: httpx.Client) -> None:
    settings, _ = shared
    told: list[str] = []

    def listen() -> None:
        with web.stream("GET", "/alerts/live") as events:
            for line in events.iter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line[6:])["html"])
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    time.sleep(1)
    with connect(settings) as client:
        Writer(client, settings).alert(told_alert("beef", rule="<b>rule"), create=True)
    thread.join(30)
    assert "&lt;b&gt;rule" in told[0]
    assert 'id="alert-' + "beef" * 8 in told[0]


def test_the_command_says_what_is_wrong_and_ends_when_told(shared: tuple[Settings, str]) -> None:
    port = str(urlsplit(shared[1]).port)
    script = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, "web", "--port", port]
    taken = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert taken.returncode == 78
    assert f"Port {port} is taken" in taken.stderr
    assert "Traceback" not in taken.stderr
