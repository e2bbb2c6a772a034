"""Elasticsearch: what it holds, how it is written, how it is searched."""

from pipeline.index.alert_states import AlertStore, change_state, get_alert, unmute
from pipeline.index.client import connect
from pipeline.index.search import Hit, Query, Results, find_alert, find_alerts, moment_of, search, search_with_facets
from pipeline.index.setup import ensure_indices
from pipeline.index.stored import stored_articles
from pipeline.index.writer import Refusal, Writer

__all__ = [
    "AlertStore",
    "Hit",
    "Query",
    "Refusal",
    "Results",
    "Writer",
    "change_state",
    "connect",
    "ensure_indices",
    "find_alert",
    "find_alerts",
    "get_alert",
    "moment_of",
    "search",
    "search_with_facets",
    "stored_articles",
    "unmute",
]
