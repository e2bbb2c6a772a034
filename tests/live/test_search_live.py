"""Templates, writing and searching on the real Elasticsearch."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from pipeline.errors import BadInput, BadSetting, Unreachable
from pipeline.index import (
    Query,
    Writer,
    change_state,
    connect,
    ensure_indices,
    find_alert,
    find_alerts,
    get_alert,
    search,
    stored_articles,
    unmute,
)
from pipeline.index.documents import article_document
from pipeline.index.setup import abilities_of
from pipeline.index.templates import FIELDS, analysis
from pipeline.records import Alert, AlertSource, EnrichedArticle, Party, Publisher, SourceHealth, SourceRef, Statement
from pipeline.settings import Settings, load_settings

SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
TAVIL = Party(name="Irena Tavil", actor_id="person/irena-tavil", country="RUS", affiliation="Foreign Ministry")
US = Party(name="United States", actor_id="USA", country="USA", country_name="United States")
FINLAND = Party(name="Finland", actor_id="FIN", country="FIN")
TEXT = "Tavil’s words were plain. She warned the United States against closing the Élan canal, and praised Finland."


def statement(name: str, words: str, act: str = "WARN", addressee: Party = US) -> Statement:
    start = TEXT.index(words)
    return Statement.model_validate(
        {
            "statement_id": name,
            "kind": "indirect",
            "content": [(start, start + len(words))],
            "source": (26, 29),
            "cue": (30, 36),
            "speakers": [TAVIL],
            "addressees": [addressee],
            "act": act,
            "alertable": act == "WARN",
        }
    )


def article(name: str = "a1", revision: int = 1, **changes: Any) -> EnrichedArticle:
    values: dict[str, Any] = {
        "article_id": name,
        "id": name,
        "url": f"https://example.org/{name}",
        "canonical_url": f"https://example.org/{name}",
        "publisher": Publisher(id="herald", name="The Herald"),
        "title": "A canal and a warning",
        "text": TEXT,
        "language": "en",
        "published_at": SEEN,
        "fetched_at": SEEN,
        "first_seen_at": SEEN,
        "revision": revision,
        "content_hash": str(revision),
        "source": SourceRef(connector="test", id="t"),
        "model": "m",
        "statements": [statement("s1", "closing the Élan canal"), statement("s2", "Finland", "SUPPORT", FINLAND)],
    }
    return EnrichedArticle.model_validate(values | changes)


def alert(*articles: str, **changes: Any) -> Alert:
    sources = [AlertSource(article_id=name, url=f"https://example.org/{name}", said_at=SEEN) for name in articles]
    values: dict[str, Any] = {
        "alert_id": "f00d" * 8,
        "rule": "any-warning",
        "claim_id": "c1",
        "act": "WARN",
        "speakers": [TAVIL],
        "addressees": [US],
        "words": "closing the canal",
        "why": "act WARN",
        "confidence": 0.9,
        "sources": sources,
        "publisher_count": len(sources),
        "first_seen_at": SEEN,
        "last_seen_at": SEEN,
        "created_at": SEEN,
    }
    return Alert.model_validate(values | changes)


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    with connect(settings) as client:
        ensure_indices(client, settings)
        yield client
        for kind in ("articles", "statements", "alerts", "sources", "revisions"):
            for index in client.indices.get_alias(name=f"{settings.index_prefix}-{kind}"):
                client.indices.delete(index=index)
            client.indices.delete_index_template(name=f"{settings.index_prefix}-{kind}")


@pytest.fixture
def writer(client: Elasticsearch, settings: Settings) -> Writer:
    return Writer(client, settings)


def refresh(client: Elasticsearch, settings: Settings) -> None:
    client.indices.refresh(index=f"{settings.index_prefix}-*")


def found(client: Elasticsearch, settings: Settings, **query: Any) -> list[str]:
    refresh(client, settings)
    return [hit.document["article_id"] for hit in search(client, settings, Query(**query)).hits]


def test_templates_are_in_place_as_often_as_one_likes(client: Elasticsearch, settings: Settings) -> None:
    before = client.indices.get_alias(name=f"{settings.index_prefix}-*").body
    ensure_indices(client, settings)
    assert client.indices.get_alias(name=f"{settings.index_prefix}-*").body == before
    aliases = {alias for index in before.values() for alias in index["aliases"]}
    assert aliases == {
        f"{settings.index_prefix}-{kind}" for kind in ("articles", "statements", "alerts", "sources", "revisions")
    }


def test_an_index_made_before_a_field_was_known_gets_it(
    client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {name: mapping for name, mapping in FIELDS["articles"].items() if name != "story_id"}
    for index in client.indices.get_alias(name=f"{settings.index_prefix}-articles").body:
        client.indices.delete(index=index)
    with monkeypatch.context() as patch:
        patch.setitem(FIELDS, "articles", older)
        ensure_indices(client, settings)
    ensure_indices(client, settings)
    client.index(index=f"{settings.index_prefix}-articles", document=article_document(article(story_id="s")))


def test_an_unknown_field_is_refused(client: Elasticsearch, settings: Settings) -> None:
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping_exception"):
        client.index(index=f"{settings.index_prefix}-articles-2026.03", document=article_document(article()) | {"x": 1})


def test_writing_twice_changes_nothing_and_an_older_revision_is_stale(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    for revision in (2, 2, 1):
        assert writer.articles([article(revision=revision, title=f"Revision {revision}")]) == []
    refresh(client, settings)
    hits = search(client, settings, Query("canal"))
    assert [hit.document["title"] for hit in hits.hits] == ["Revision 2"]
    assert hits.total == 1
    assert search(client, settings, Query(kind="statements")).total == 2
    assert writer.counts.stale == 1
    revisions = client.search(index=f"{settings.index_prefix}-revisions")["hits"]["hits"]
    assert sorted(hit["_id"] for hit in revisions) == ["a1-1", "a1-2"]


def test_a_revision_removes_the_statements_it_no_longer_has(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    writer.articles([article("a1"), article("a2")])
    writer.articles([article("a1", 2, statements=[statement("s3", "closing the Élan canal")])])
    refresh(client, settings)
    left = search(client, settings, Query(kind="statements", size=100)).hits
    assert sorted((hit.document["article_id"], hit.document["statement_id"]) for hit in left) == [
        ("a1", "s3"),
        ("a2", "s1"),
        ("a2", "s2"),
    ]
    writer.articles([article("a1")])
    refresh(client, settings)
    assert search(client, settings, Query(kind="statements")).total == 3
    assert writer.counts.removed == 2


def test_more_statements_than_a_page_are_cleared_up(writer: Writer, client: Elasticsearch, settings: Settings) -> None:
    many = [statement(f"s{n}", "Finland") for n in range(1200)]
    writer.articles([article(statements=many)])
    writer.articles([article(revision=2, statements=many[:1])])
    refresh(client, settings)
    assert search(client, settings, Query(kind="statements")).total == 1


def test_a_bad_article_is_refused_with_its_reason_and_the_others_go_through(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    too_long = article("bad").model_copy(update={"article_id": "x" * 600})
    half = article("half", title="half a character \ud83d")
    [refusal] = writer.articles([article("a1"), too_long, half, article("a2")])
    assert refusal.article_id == "x" * 600
    assert "id" in refusal.reason
    assert sorted(found(client, settings, text="canal")) == ["a1", "a2", "half"]


def test_articles_of_a_month_stand_in_the_index_of_that_month(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    writer.articles([article("a1"), article("a2", first_seen_at=SEEN - timedelta(days=40))])
    indices = set(client.indices.get_alias(name=f"{settings.index_prefix}-articles"))
    assert {f"{settings.index_prefix}-articles-2026.03", f"{settings.index_prefix}-articles-2026.01"} <= indices


def test_fields_that_were_added_since_come_into_indices_that_are_there(settings: Settings) -> None:
    client = connect(settings)
    name = f"{settings.index_prefix}-sources"
    old = {"dynamic": "strict", "properties": {"source_id": {"type": "keyword"}}}
    words = {"analysis": analysis(abilities_of(client))}
    client.indices.create(index=f"{name}-000001", settings=words, mappings=old, aliases={name: {}})
    try:
        ensure_indices(client, settings)
        (mapping,) = client.indices.get_mapping(index=name).values()
        assert set(mapping["mappings"]["properties"]) == set(FIELDS["sources"])
    finally:
        client.indices.delete(index=list(client.indices.get(index=f"{settings.index_prefix}-*")))


def test_the_health_of_a_source_is_one_document(writer: Writer, client: Elasticsearch, settings: Settings) -> None:
    def health(minute: int, **more: object) -> SourceHealth:
        at = SEEN + timedelta(minutes=minute)
        return SourceHealth(source_id="https://a.example/" + "x" * 3000, kind="feed", updated_at=at, **more)

    first = health(0)
    assert writer.sources({first.source_id: health(5, state="failing", last_error="It answers with status 404.")}) == {}
    assert writer.sources({first.source_id: first, "unknown": None}) == {}
    name = f"{settings.index_prefix}-sources"
    refresh(client, settings)
    (hit,) = client.search(index=name, query={"term": {"state": "failing"}})["hits"]["hits"]
    assert hit["_source"]["last_error"] == "It answers with status 404.", "an older record changes nothing"
    assert writer.sources({first.source_id: None}) == {}
    assert writer.sources({first.source_id: health(6)}) == {}
    refresh(client, settings)
    assert client.count(index=name)["count"] == 1


FILTERS: list[tuple[dict[str, Any], int]] = [
    ({"text": "canal"}, 1),
    ({"text": "CANALS"}, 1),
    ({"text": "warn"}, 1),
    ({"text": "warnings canal"}, 1),
    ({"text": "tavil"}, 1),
    ({"text": "elan"}, 1),
    ({"text": '"closing the Élan canal"'}, 1),
    ({"text": '"canal closing"'}, 0),
    ({"text": "canal -Finland", "kind": "articles"}, 0),
    ({"text": "canal -Finland", "kind": "statements"}, 1),
    ({"text": "submarine"}, 0),
    ({"actor": "Russia"}, 1),
    ({"actor": "Kremlin"}, 1),
    ({"actor": "tavil"}, 1),
    ({"actor": "IRENA TAVIL"}, 1),
    ({"actor": "foreign ministry"}, 1),
    ({"actor": "China"}, 0),
    ({"act": "warn"}, 1),
    ({"act": "THREATEN"}, 0),
    ({"addressee": "USA"}, 1),
    ({"act": "WARN", "addressee": "United States"}, 1),
    ({"act": "WARN", "addressee": "Finland"}, 0),
    ({"act": "SUPPORT", "addressee": "Finland", "actor": "Russia"}, 1),
    ({"publisher": "the herald"}, 1),
    ({"publisher": "herald"}, 1),
    ({"publisher": "times"}, 0),
    ({"since": "2026-03-02", "until": "2026-03-02"}, 1),
    ({"since": "2026-03-03"}, 0),
    ({"until": "2026-03-01"}, 0),
]

HOSTILE = [
    *(
        '"unclosed',
        "((((",
        "a AND OR NOT",
        "+-|~*",
        "title:[1 TO *]",
        "*",
        "/.*/",
        "\\",
        "\x00",
        "~10 ^9999",
        "a~9999999999",
    ),
    *(
        "<script>alert(1)</script>",
        '{"match_all":{}}',
        "\ud800",
        "'; DROP INDEX",
        "日本",
        "_exists_:text",
        "%s {0} ${x}",
    ),
]


def test_filters_alone_and_together(writer: Writer, client: Elasticsearch, settings: Settings) -> None:
    writer.articles([article()])
    refresh(client, settings)
    wrong = []
    for query, hits in FILTERS:
        for kind in [query["kind"]] if "kind" in query else ["articles", "statements"]:
            total = search(client, settings, Query(**{**query, "kind": kind})).total
            if bool(total) is not bool(hits):
                wrong.append((kind, query, total))
    assert wrong == []


def test_hostile_words_break_nothing(client: Elasticsearch, settings: Settings) -> None:
    for hostile in HOSTILE:
        for kind in ("articles", "statements"):
            search(client, settings, Query(text=hostile, kind=kind))  # type: ignore[arg-type]
            search(client, settings, Query(actor=hostile, addressee=hostile, publisher=hostile, kind=kind))  # type: ignore[arg-type]


def test_the_longest_allowed_query_is_answered(client: Elasticsearch, settings: Settings) -> None:
    for text in (" ".join(["ab"] * 660), "(" * 2000, "a* " * 600):
        with contextlib.suppress(BadInput):
            assert search(client, settings, Query(text=text)).total == 0


def test_hits_are_highlighted_without_trusting_the_article(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    writer.articles([article(title="<em>Canal</em> news")])
    refresh(client, settings)
    [hit] = search(client, settings, Query("canal")).hits
    assert hit.highlights["title"] == [[("<em>", False), ("Canal", True), ("</em> news", False)]]
    assert ("canal", True) in hit.highlights["text"][0]
    assert "enriched" not in hit.document


def test_a_very_long_article_is_found_and_highlighted(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    assert writer.articles([article(text=TEXT + " filler" * 150_000, statements=[])]) == []
    refresh(client, settings)
    [hit] = search(client, settings, Query("canal closing")).hits
    assert hit.highlights["text"]


def test_an_alert_is_created_once_and_keeps_what_users_decided(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    assert writer.alert(alert("a1"), create=True) is True
    assert writer.alert(alert("a1"), create=True) is False
    assert writer.set_alert_state("f00d" * 8, "muted") is not None
    writer.alert(alert("a1", "a2"), create=False)
    writer.alert(alert("a2"), create=False)
    refresh(client, settings)
    stored = find_alert(client, settings, "f00d")
    assert stored.state == "muted"
    assert [source.article_id for source in stored.sources] == ["a1", "a2"]
    assert find_alerts(client, settings, state="muted") == ([stored], 1)
    assert find_alerts(client, settings, state="open") == ([], 0)
    assert writer.set_alert_state("nothing", "muted") is None
    with pytest.raises(BadInput, match="no alert whose id begins with 'beef'"):
        find_alert(client, settings, "beef")


def test_what_users_decide_is_written_down_and_no_later_telling_undoes_it(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    known = "f00d" * 8
    writer.alert(alert("a1"), create=True)
    assert change_state(client, settings, known, "acknowledged", by="ines", note="seen on the wire") is not None
    change_state(client, settings, known, "acknowledged", by="ines", note="seen on the wire")
    writer.alert(alert("a1", "a2"), create=False)
    stored = get_alert(client, settings, known)
    assert stored is not None
    assert (stored.state, len(stored.sources)) == ("acknowledged", 2)
    assert [(change.state, change.by, change.note) for change in stored.history] == [
        ("acknowledged", "ines", "seen on the wire")
    ]
    until = datetime.now(UTC) + timedelta(seconds=2)
    change_state(client, settings, known, "muted", by="omar", until=until)
    assert find_alerts(client, settings, state="muted")[1] == 1
    assert find_alerts(client, settings, state="open")[1] == 0
    time.sleep(2.1)
    assert find_alerts(client, settings, state="muted")[1] == 0
    assert find_alerts(client, settings, state="open")[1] == 1
    unmuted = unmute(client, settings, known, by="omar")
    assert unmuted is not None
    assert (unmuted.state, unmuted.muted_until) == ("acknowledged", None)
    assert get_alert(client, settings, "nothing") is None
    assert change_state(client, settings, "nothing", "closed") is None


def test_users_and_the_stream_at_once_lose_nothing_of_each_other(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    known = "f00d" * 8
    writer.alert(alert("a0"), create=True)
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(writer.alert, alert(f"a{n}"), create=False) for n in range(1, 12)]
        done = [pool.submit(change_state, client, settings, known, "closed", by=f"user-{n}") for n in range(3)]
        for future in (*told, *done):
            future.result()
    stored = get_alert(client, settings, known)
    assert stored is not None
    assert (stored.state, len(stored.sources), len(stored.history)) == ("closed", 12, 1)


def test_an_update_of_an_alert_that_is_not_there_makes_it(
    writer: Writer, client: Elasticsearch, settings: Settings
) -> None:
    assert writer.alert(alert("a1"), create=False) is True
    refresh(client, settings)
    assert find_alerts(client, settings)[1] == 1


def test_articles_come_back_as_they_were_enriched_and_can_be_backtested(
    writer: Writer, client: Elasticsearch, settings: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    told = {name: [statement(f"s-{name}", "closing the Élan canal")] for name in ("a1", "a2", "a3")}
    times = {"a1": SEEN, "a2": SEEN + timedelta(hours=1), "a3": None}
    written = [article(name, statements=told[name], published_at=at) for name, at in times.items()]
    writer.articles(written)
    refresh(client, settings)
    found = list(stored_articles(client, settings, SEEN - timedelta(days=1), SEEN + timedelta(days=1)))
    assert sorted(found, key=lambda one: one.article_id) == written
    (tmp_path / "rules.toml").write_text('[[rule]]\nid = "any"\n', "utf8")
    arguments = ("alerts", "backtest", str(tmp_path / "rules.toml"), "--output", "jsonl")
    [row] = map(json.loads, demarche(environment, *arguments, "--since", "2026-03-01").stdout.splitlines())
    assert sorted(source["article_id"] for source in row["sources"]) == ["a1", "a2", "a3"]
    assert demarche(environment, *arguments, "--since", "2026-03-03").stdout == ""
    assert demarche(environment, *arguments).returncode == 2
    assert find_alerts(client, settings) == ([], 0), "a backtest raises nothing"


def test_an_index_that_was_never_made_is_explained(servers: dict[str, str], settings: Settings) -> None:
    with connect(settings) as client, pytest.raises(BadSetting, match="demarche init"):
        search(client, settings, Query("x"))


def test_a_server_that_is_away_is_explained(settings: Settings) -> None:
    away = load_settings(**settings.model_dump() | {"elasticsearch": "http://127.0.0.1:9"})
    with connect(away) as client:
        with pytest.raises(Unreachable, match=r"does not answer at http://127\.0\.0\.1:9"):
            search(client, away, Query("x"))
        with pytest.raises(Unreachable):
            Writer(client, away).articles([article()])


def demarche(environment: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *args],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_commands_show_what_was_found(
    writer: Writer, client: Elasticsearch, settings: Settings, environment: dict[str, str]
) -> None:
    writer.articles([article()])
    writer.alert(alert("a1"), create=True)
    refresh(client, settings)
    shown = demarche(environment, "search", "--actor", "Russia", "--act", "WARN").stdout
    assert "Irena Tavil (RUS) → United States (USA)  WARN" in shown
    assert "closing the Élan canal" in shown
    assert "The Herald · 2026-03-02 12:00 · https://example.org/a1" in shown
    rows = [
        json.loads(line) for line in demarche(environment, "search", "canal", "--output", "jsonl").stdout.splitlines()
    ]
    assert [row["article_id"] for row in rows] == ["a1"]
    wrong = demarche(environment, "search", "--act", "SHOUT")
    assert (wrong.returncode, wrong.stdout) == (65, "")
    assert wrong.stderr.startswith("demarche: 'SHOUT' is not a speech act.")
    acked = demarche(environment, "alerts", "ack", "f00d", "--by", "ines", "--note", "called the desk")
    assert acked.stdout == "f00df00d is acknowledged.\n"
    listed = demarche(environment, "alerts", "list").stdout
    assert "Irena Tavil (RUS) → United States  WARN  1 source, 1 independent  [acknowledged]" in listed
    shown = demarche(environment, "alerts", "show", "f00d").stdout
    assert "https://example.org/a1" in shown
    assert "by ines: called the desk" in shown
    wrong = demarche(environment, "alerts", "mute", "f00d", "--until", "soon")
    assert wrong.stderr.startswith("demarche: 'soon' is not a time that --until can use.")
    assert demarche(environment, "alerts", "mute", "f00d", "--until", "2d").stdout.startswith(
        "f00df00d is muted until "
    )
    assert demarche(environment, "alerts", "unmute", "f00d").stdout == "f00df00d is acknowledged.\n"
    assert demarche(environment, "alerts", "close", "f00d").stdout == "f00df00d is closed.\n"
