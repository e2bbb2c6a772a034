"""An index as it is after `demarche demo`: its sample articles, enriched, with the alerts that they raise.

Made without Kafka and in one process. What is told of time follows from the fixed publication dates of the samples.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from pipeline.alerts import load_rules, process
from pipeline.enrich import load_enricher, statement_records
from pipeline.index import Writer, connect, ensure_indices
from pipeline.inputs import read_articles
from pipeline.records import Alert, Article, Claim, EnrichedArticle, Publisher
from pipeline.settings import Settings

START = datetime(2026, 3, 2, 7, tzinfo=UTC)


def sample_articles(settings: Settings) -> list[Article]:
    """The samples, one published every five hours, under the addresses of their publishers."""
    folder = files("deploy.demo") / "articles"
    publishers = tomllib.loads((folder / "publishers.toml").read_text("utf8"))
    found: list[Article] = []
    for path in sorted((p for p in folder.iterdir() if p.name != "publishers.toml"), key=lambda p: p.name):
        data = path.read_bytes()
        kind = {".txt": "text", ".html": "html", ".jsonl": "jsonl"}["." + path.name.rsplit(".", 1)[1]]
        for part in read_articles(data, path=path, kind=kind, settings=settings, fetched_at=datetime.now(UTC)):
            assert isinstance(part, Article), part
            seen = START + timedelta(hours=5 * len(found))
            changes: dict[str, object] = {"published_at": seen, "fetched_at": seen, "first_seen_at": seen}
            if declared := publishers.get(path.name):
                changes["publisher"] = Publisher(**declared)
                url = f"https://{declared['id']}/2026/{path.name.split('.')[0][3:]}"
                changes |= {"url": url, "canonical_url": url, "article_id": Article.id_of(url)}
            found.append(part.model_copy(update=changes))
    return found


def alerts_of(articles: list[EnrichedArticle], settings: Settings) -> list[Alert]:
    rules, claims, raised = load_rules(None), dict[str, list[Claim]](), dict[str, Alert]()
    for article in articles:
        for record in statement_records(article):
            outcome = process(claims.get(record.key, []), record, rules, settings, now=record.said_at)
            claims[record.key] = outcome.claims
            raised.update({alert.alert_id: alert for alert in outcome.alerts})
    return list(raised.values())


def fill(settings: Settings) -> None:
    """Write the samples and their alerts."""
    enriched = list(load_enricher(settings).pipe(sample_articles(settings)))
    with connect(settings) as client:
        ensure_indices(client, settings)
        writer = Writer(client, settings)
        assert writer.articles(enriched) == []
        for alert in alerts_of(enriched, settings):
            writer.alert(alert, create=True)
        client.indices.refresh(index=f"{settings.index_prefix}-*")


if __name__ == "__main__":
    from pipeline.settings import load_settings

    fill(load_settings())
