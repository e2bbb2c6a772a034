"""Alerts as they stand in Elasticsearch, and what users do with them: acknowledge, mute, close, open again.

Two write to an alert: the stream, which raises its sources, and users, who decide about it. Both read it, change their
part and write it back on the condition that nobody was quicker; whoever loses reads again. So neither undoes the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from elasticsearch import ConflictError, Elasticsearch, NotFoundError

from pipeline.alerts.withdrawal import taken_back, with_sources
from pipeline.errors import BadInput, Transient
from pipeline.index.client import translated_errors
from pipeline.index.documents import alert_document, encodable
from pipeline.index.templates import alias
from pipeline.records import Alert, AlertSource, AlertState, EnrichedArticle, StateChange, StatementRecord, Telling
from pipeline.settings import Settings

_TRIES = 20
_NOTE_MAX = 2000
_HISTORY_MAX = 200
_ALERTS_MAX = 1000
"""Alerts that a batch of articles may be sources of."""

Change = Callable[[Alert], Alert]


def get_alert(client: Elasticsearch, settings: Settings, alert_id: str) -> Alert | None:
    """The alert with this very id, as it is now; None if there is none."""
    with translated_errors(settings):
        try:
            found = client.get(index=_index(settings), id=encodable(alert_id))
        except NotFoundError as error:
            if "index_not_found" in str(error):
                raise
            return None
    return Alert.model_validate(found["_source"]["alert"])


def create_alert(client: Elasticsearch, settings: Settings, alert: Alert) -> bool:
    """Write a new alert; False where it is there already, whoever wrote it."""
    with translated_errors(settings):
        try:
            client.create(index=_index(settings), id=alert.alert_id, document=alert_document(alert))
        except ConflictError:
            return False
    return True


def change_alert(
    client: Elasticsearch, settings: Settings, alert_id: str, change: Change, *, missing: Alert | None = None
) -> Alert | None:
    """Read, change and write back; whoever was quicker is read again, so that no change is lost.

    Returns the alert as it stands then. `missing` is written where there is no such alert; without, None is returned.
    A change that changes nothing writes nothing.
    """
    index = _index(settings)
    with translated_errors(settings):
        for _ in range(_TRIES):
            try:
                found = client.get(index=index, id=encodable(alert_id))
            except NotFoundError as error:
                if "index_not_found" in str(error):
                    raise
                if missing is None:
                    return None
                if create_alert(client, settings, missing):
                    return missing
                continue
            stored = Alert.model_validate(found["_source"]["alert"])
            alert = change(stored)
            if alert == stored:
                return stored
            try:
                client.index(
                    index=index,  # not found["_index"], which `demarche upgrade` may have exchanged since
                    id=alert_id,
                    document=alert_document(alert),
                    if_seq_no=found["_seq_no"],
                    if_primary_term=found["_primary_term"],
                )
            except ConflictError:
                continue
            return alert
    raise Transient(f"The alert {alert_id} is being changed by others all the time.", "Try again.")


def take_back(
    client: Elasticsearch, settings: Settings, revised: Sequence[tuple[EnrichedArticle, list[StatementRecord]]]
) -> None:
    """Strike out articles that tell no more what they told, in the alerts that have them as sources."""
    by_id = {article.article_id: (article, records) for article, records in revised}
    with translated_errors(settings):
        # An alert may be younger than the last refresh.
        client.indices.refresh(index=_index(settings))
        found = client.search(
            index=_index(settings),
            query={"terms": {"article_ids": [encodable(article_id) for article_id in by_id]}},
            source={"includes": ["article_ids"]},
            size=_ALERTS_MAX,
        )
    for hit in found["hits"]["hits"]:
        for article_id in by_id.keys() & set(hit["_source"]["article_ids"]):
            now = datetime.now(UTC)
            change_alert(client, settings, hit["_id"], partial(_taken_back, by_id[article_id], now))


def _taken_back(revised: tuple[EnrichedArticle, list[StatementRecord]], now: datetime, alert: Alert) -> Alert:
    return taken_back(alert, *revised, now)


def change_state(
    client: Elasticsearch,
    settings: Settings,
    alert_id: str,
    state: AlertState,
    *,
    by: str = "",
    note: str = "",
    until: datetime | None = None,
) -> Alert | None:
    """Put an alert into a state and write down who did it; None if there is no such alert.

    Doing the same twice changes nothing. `until` is for muting alone. Raises BadInput for an `until` that is over.
    """
    now = datetime.now(UTC)
    if until is not None and (state != "muted" or until <= now):
        raise BadInput("Only a mute can end by itself, and only in the future.", "Give a later time, or none.")

    def change(alert: Alert) -> Alert:
        return with_state(alert, state, by=by, note=note, until=until, now=now)

    return _changed_by_user(client, settings, alert_id, change)


def unmute(client: Elasticsearch, settings: Settings, alert_id: str, *, by: str = "", note: str = "") -> Alert | None:
    """Give a muted alert back the state it had before; one that is not muted stays as it is."""
    now = datetime.now(UTC)

    def change(alert: Alert) -> Alert:
        if alert.state != "muted":
            return alert
        seen = any(change.state == "acknowledged" for change in alert.history)
        return with_state(alert, "acknowledged" if seen else "open", by=by, note=note, now=now)

    return _changed_by_user(client, settings, alert_id, change)


def with_state(
    alert: Alert, state: AlertState, *, now: datetime, by: str = "", note: str = "", until: datetime | None = None
) -> Alert:
    """The alert in this state, with the change in its history unless it says nothing new."""
    if alert.state_at(now) == state and alert.muted_until == until and not note:
        return alert
    change = StateChange(state=state, at=now, by=by[:200], note=note[:_NOTE_MAX], until=until)
    last = alert.history[-1] if alert.history else None
    if last and alert.state == state and _same(last, change):
        return alert
    history = [*alert.history, change][-_HISTORY_MAX:]
    return alert.model_copy(update={"state": state, "muted_until": until, "history": history})


def _same(a: StateChange, b: StateChange) -> bool:
    return (a.state, a.by, a.note, a.until) == (b.state, b.by, b.note, b.until)


def _changed_by_user(client: Elasticsearch, settings: Settings, alert_id: str, change: Change) -> Alert | None:
    changed = change_alert(client, settings, alert_id, change)
    with translated_errors(settings):
        # Whoever lists alerts next must see it.
        client.indices.refresh(index=_index(settings))
    return changed


class AlertStore:
    """The alerts of one installation, for whoever delivers them."""

    def __init__(self, client: Elasticsearch, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def due(self, now: datetime, size: int) -> list[Alert]:
        """Alerts with a delivery that is due, the longest due first."""
        with translated_errors(self._settings):
            answer = self._client.search(
                index=_index(self._settings),
                query={"range": {"delivery_due_at": {"lte": now.isoformat()}}},
                sort=[{"delivery_due_at": "asc"}, {"alert_id": "asc"}],
                source={"includes": ["alert"]},
                size=size,
            )
        return [Alert.model_validate(hit["_source"]["alert"]) for hit in answer["hits"]["hits"]]

    def change(self, alert_id: str, change: Change) -> Alert | None:
        return change_alert(self._client, self._settings, alert_id, change)


def joined(newer: Alert, stored: Alert) -> Alert:
    """The stored alert with what the stream has learned since: a replay must not make sources fewer.

    All that users decided, and what has been delivered, is taken from the stored one.
    """
    sources: dict[str, AlertSource] = {source.article_id: source for source in (*stored.sources, *newer.sources)}
    ordered = sorted(sources.values(), key=lambda source: (source.said_at, source.article_id))
    both = newer.model_copy(
        update={
            "state": stored.state,
            "muted_until": stored.muted_until,
            "history": stored.history,
            "created_at": stored.created_at,
            "tellings": _united(stored.tellings, newer.tellings),
            "suppressed": _united(stored.suppressed, newer.suppressed),
            "deliveries": stored.deliveries,
            "similar": sorted({*stored.similar, *newer.similar}),
            "publisher_count": max(stored.publisher_count, newer.publisher_count),
            "first_seen_at": min(stored.first_seen_at, newer.first_seen_at),
            "last_seen_at": max(stored.last_seen_at, newer.last_seen_at),
        }
    )
    return with_sources(both, stored, ordered, datetime.now(UTC))


def _united(tellings: list[Telling], more: list[Telling]) -> list[Telling]:
    by_id = {telling.statement_id: telling for telling in (*tellings, *more)}
    return sorted(by_id.values(), key=lambda telling: (telling.said_at, telling.article_id, telling.statement_id))


def state_filter(state: str) -> dict[str, Any]:
    """A filter for alerts that are in this state now; a mute that has run out is none any more."""
    over = {"range": {"muted_until": {"lte": "now"}}}
    if state == "muted":
        return {"bool": {"filter": [{"term": {"state": "muted"}}], "must_not": [over]}}
    if state == "open":
        expired = {"bool": {"filter": [{"term": {"state": "muted"}}, over]}}
        return {"bool": {"should": [{"term": {"state": "open"}}, expired], "minimum_should_match": 1}}
    return {"term": {"state": state}}


def _index(settings: Settings) -> str:
    return alias(settings.index_prefix, "alerts")
