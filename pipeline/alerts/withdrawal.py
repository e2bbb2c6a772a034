"""When outlets take back what they told: an article that is withdrawn, or revised so that it tells the act no more.

Its alert keeps the source, struck out. With the last one the alert is closed, and whoever was told of it hears so. An
outlet that tells the act afterwards opens it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline.alerts.claims import claim_group
from pipeline.records import Alert, AlertSource, Delivery, EnrichedArticle, StateChange, StatementRecord

WITHDRAWN = "withdrawn"
TOLD_AGAIN = "told again"


def taken_back(alert: Alert, article: EnrichedArticle, records: Iterable[StatementRecord], now: datetime) -> Alert:
    """The alert after a revision of one of its sources, whose statements are `records`."""
    revisions = [telling.revision for telling in alert.tellings if telling.article_id == article.article_id]
    if not revisions or article.revision <= max(revisions) or _is_told(alert, records):
        return alert
    sources = [
        source.model_copy(update={"withdrawn_in": article.revision})
        if source.article_id == article.article_id and source.withdrawn_in is None
        else source
        for source in alert.sources
    ]
    if sources == alert.sources:
        return alert
    struck = alert.model_copy(update={"sources": sources})
    return _closed(struck, now) if all(source.withdrawn_in for source in sources) else struck


def with_sources(alert: Alert, stored: Alert, sources: Iterable[AlertSource], now: datetime) -> Alert:
    """The alert with these sources: those struck out stay so until a later revision tells the act.

    `stored` is the alert as it was before; one closed for want of sources is open again when it has got one.
    """
    told = {telling.statement_id for telling in stored.tellings}
    newer = [telling for telling in alert.tellings if telling.statement_id not in told]
    struck = {source.article_id: source.withdrawn_in for source in stored.sources if source.withdrawn_in}
    for telling in newer:
        if telling.revision >= struck.get(telling.article_id, telling.revision + 1):
            del struck[telling.article_id]
    kept = [source.model_copy(update={"withdrawn_in": struck.get(source.article_id)}) for source in sources]
    alert = alert.model_copy(update={"sources": kept})
    return _reopened(alert, now) if _is_withdrawn(alert) and len(struck) < len(kept) else alert


def _is_told(alert: Alert, records: Iterable[StatementRecord]) -> bool:
    """Whether statements still tell such an act by that side."""
    sides = {party.side for party in alert.speakers}
    return any(
        claim_group(record.statement.act) == claim_group(alert.act)
        and (record.side in sides or any(party.side in sides for party in record.statement.speakers))
        for record in records
    )


def _is_withdrawn(alert: Alert) -> bool:
    last = alert.history[-1] if alert.history else None
    return alert.state == "closed" and last is not None and (last.by, last.note) == ("", WITHDRAWN)


def _closed(alert: Alert, now: datetime) -> Alert:
    if alert.state != "closed":
        change = StateChange(state="closed", at=now, note=WITHDRAWN)
        alert = alert.model_copy(update={"state": "closed", "muted_until": None, "history": [*alert.history, change]})
    return alert.model_copy(update={"deliveries": [_followed(delivery, now) for delivery in alert.deliveries]})


def _followed(delivery: Delivery, now: datetime) -> Delivery:
    """Who was told is told this too; who was not need not know."""
    if delivery.state == "sent":
        again = {"state": "due", "due_at": now, "attempts": 0, "digest": "", "news": WITHDRAWN, "changed_at": now}
        return delivery.model_copy(update=again)
    if delivery.state == "sending":
        return delivery.model_copy(update={"news": WITHDRAWN})
    if delivery.state == "due":
        because = f"{WITHDRAWN} before it was sent"
        return delivery.model_copy(update={"state": "dropped", "because": because, "changed_at": now})
    return delivery


def _reopened(alert: Alert, now: datetime) -> Alert:
    change = StateChange(state="open", at=now, note=TOLD_AGAIN)
    again = {"state": "due", "due_at": now, "attempts": 0, "because": "", "news": TOLD_AGAIN, "changed_at": now}
    deliveries = [
        delivery.model_copy(update=again)
        if delivery.news == WITHDRAWN or delivery.because.startswith(WITHDRAWN)
        else delivery
        for delivery in alert.deliveries
    ]
    return alert.model_copy(update={"state": "open", "history": [*alert.history, change], "deliveries": deliveries})
