"""What a data view, a search, a chart and a dashboard are, without Kibana's notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Where = dict[str, tuple[str | bool, ...]]
"""Which documents: each field named has one of its values. Empty: all."""

GRID = 48
"""Columns of a dashboard."""


@dataclass(frozen=True, slots=True)
class DataView:
    """The documents of one kind. Without a `time` field Kibana's time range does not hide any of them."""

    kind: str
    name: str
    time: str | None
    formats: dict[str, Literal["url", "share"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Search:
    """Documents in a list, the newest first."""

    id: str
    title: str
    kind: str
    columns: tuple[str, ...]
    sort: str
    where: Where = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class By:
    """A split into the most frequent values of a field."""

    label: str
    field: str
    size: int = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted: documents, or the different values of a field."""

    label: str
    unique: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    metric: one number. over_time: stacked bars, split by at most one field. bars: one horizontal bar for each value.
    donut: shares. table: a row for each combination of values.
    """

    id: str
    title: str
    kind: str
    shape: Literal["metric", "over_time", "bars", "donut", "table"]
    by: tuple[By, ...] = ()
    measure: Measure = Measure("Count")
    where: Where = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Control:
    """A list above a dashboard from which values of a field are chosen; every data view on it has the field."""

    title: str
    field: str


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side, by the ids of charts and searches, with their widths; the widths make up the grid."""

    height: int
    panels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    id: str
    title: str
    description: str
    controls: tuple[Control, ...]
    rows: tuple[Row, ...]
    period: str = "now-7d"


def kql(where: Where) -> str:
    """The condition in Kibana's query language."""
    return " and ".join(f"{name} : {_values(values)}" for name, values in where.items())


def _values(values: tuple[str | bool, ...]) -> str:
    written = [str(value).lower() if isinstance(value, bool) else f'"{value}"' for value in values]
    return written[0] if len(written) == 1 else f"({' or '.join(written)})"
