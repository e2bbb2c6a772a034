"""What is read in a short text."""

from __future__ import annotations

from pipeline.enrich import Enricher
from pipeline.enrich.components import article_of
from pipeline.records import Statement


def statements(enricher: Enricher, text: str) -> list[Statement]:
    return next(iter(enricher.pipe([article_of(text)]))).statements


def alarms(enricher: Enricher, text: str) -> list[Statement]:
    return [s for s in statements(enricher, text) if s.alertable]
