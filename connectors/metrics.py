"""What `demarche sources run --metrics PORT` shows to Prometheus. No address of a source is a label: there may be
thousands, and each has its health record."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from connectors.publish import Summary
from connectors.schedule import State

SOURCES = Gauge("demarche_sources", "Sources that are followed.")
_READINGS = Counter("demarche_source_readings_total", "Readings of sources by how they ended.", ["outcome"])
_ARTICLES = Counter("demarche_source_articles_total", "Articles that Kafka has acknowledged.", ["kind"])
_REFUSALS = Counter("demarche_source_refusals_total", "Entries that no article could be made of.")
_LAST_READING = Gauge("demarche_source_last_reading_timestamp_seconds", "When a source was last read.")


def note_reading(state: State, summary: Summary) -> None:
    failed = bool(state.failure_count)
    _READINGS.labels("failed" if failed else "news" if summary.published else "nothing_new").inc()
    _ARTICLES.labels("new").inc(summary.published - summary.revised)
    _ARTICLES.labels("revision").inc(summary.revised)
    _REFUSALS.inc(len(summary.refusals) - failed)
    _LAST_READING.set(state.last_fetch_at or 0)
