"""Old months go: articles, statements and revisions first seen longer ago than they are to be kept.

A month goes whole, once its last day is old enough: deleting an index is quick and gives the room back at once. Alerts
stay, with the words of their sources; so does the sources' health, which is only of today.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from elasticsearch import Elasticsearch

from pipeline.index.client import translated_errors
from pipeline.index.setup import abilities_of, put_templates
from pipeline.index.templates import MONTHLY, alias, retention_policy
from pipeline.settings import Settings

_LONGEST_MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class Month:
    """The index of one kind for one month."""

    index: str
    documents: int
    bytes: int


def expired(client: Elasticsearch, settings: Settings, keep_days: int, today: date) -> list[Month]:
    """The months that are to go, oldest first."""
    found = []
    with translated_errors(settings):
        for kind in MONTHLY:
            name = alias(settings.index_prefix, kind)
            if not client.indices.exists_alias(name=name):
                continue
            for index in client.indices.get_alias(name=name):
                last = last_day(index)
                if last and (today - last).days > keep_days:
                    total = client.indices.stats(index=index, metric=["docs", "store"])["_all"]["primaries"]
                    documents = client.count(index=index)["count"]
                    found.append((last, Month(index, documents, total["store"]["size_in_bytes"])))
    return [month for _, month in sorted(found, key=lambda pair: (pair[0], pair[1].index))]


def last_day(index: str) -> date | None:
    """The last day of the month that an index is for; None for an index without a month."""
    match = re.search(r"-(\d{4})\.(\d{2})$", index)
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    first = date(int(match[1]), int(match[2]), 1)
    return (first + timedelta(days=_LONGEST_MONTH_DAYS)).replace(day=1) - timedelta(days=1)


def delete(client: Elasticsearch, settings: Settings, months: Sequence[Month]) -> None:
    with translated_errors(settings):
        for month in months:
            client.indices.delete(index=month.index, ignore_unavailable=True)


def keep_by_policy(client: Elasticsearch, settings: Settings, keep_days: int) -> bool:
    """Let Elasticsearch itself delete old months from now on; False where it cannot (no ILM).

    A policy counts from when an index was made, which for a month is its first day: so it waits a month longer.
    """
    name = retention_policy(settings.index_prefix)
    with translated_errors(settings):
        if not abilities_of(client).lifecycle:
            return False
        client.ilm.put_lifecycle(name=name, policy=policy(keep_days))
        put_templates(client, settings)
        for kind in MONTHLY:
            client.indices.put_settings(
                index=alias(settings.index_prefix, kind), settings={"index.lifecycle.name": name}
            )
    return True


def policy(keep_days: int) -> dict[str, object]:
    deletion = {"min_age": f"{keep_days + _LONGEST_MONTH_DAYS}d", "actions": {"delete": {}}}
    return {"phases": {"hot": {"actions": {}}, "delete": deletion}, "_meta": {"product": "demarche"}}
