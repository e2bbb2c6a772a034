"""A chart in the notation of Lens, Kibana's chart editor, as versions 8.9 and later read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deploy.kibana.description import By, Chart, Measure, kql

Json = dict[str, Any]

LAYER = "layer"
TIME, MEASURE = "time", "measure"


def lens(chart: Chart, time: str | None) -> Json:
    """Attributes of the chart's saved object. The data view is a reference, `indexpattern-datasource-layer-layer`.

    `time` is the data view's time field, which charts over time need.
    """
    columns = _columns(chart, time)
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}}
    kind, visualization = _SHAPES[chart.shape](chart)
    return {
        "title": chart.title,
        "description": "",
        "visualizationType": kind,
        "state": {
            "visualization": visualization,
            "query": {"query": kql(chart.where), "language": "kuery"},
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {LAYER: layer}}, "textBased": {"layers": {}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def _columns(chart: Chart, time: str | None) -> Json:
    """Columns by id; those that split stand before the one that counts, as Lens wants it."""
    columns = {_split_id(number): _terms(by) for number, by in enumerate(chart.by)}
    if chart.shape == "over_time":
        columns = {TIME: _dates(time or ""), **columns}
    return {**columns, MEASURE: _measure(chart.measure)}


def _split_id(number: int) -> str:
    return f"by{number}"


def _dates(field: str) -> Json:
    return {
        "label": field,
        "dataType": "date",
        "operationType": "date_histogram",
        "sourceField": field,
        "isBucketed": True,
        "scale": "interval",
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def _terms(by: By) -> Json:
    return {
        "label": by.label,
        "customLabel": True,
        "dataType": "string",
        "operationType": "terms",
        "sourceField": by.field,
        "isBucketed": True,
        "scale": "ordinal",
        "params": {
            "size": by.size,
            "orderBy": {"type": "column", "columnId": MEASURE},
            "orderDirection": "desc",
            "otherBucket": False,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def _measure(measure: Measure) -> Json:
    return {
        "label": measure.label,
        "customLabel": True,
        "dataType": "number",
        "operationType": "unique_count" if measure.unique else "count",
        "sourceField": measure.unique or "___records___",
        "isBucketed": False,
        "scale": "ratio",
        "params": {"emptyAsNull": True},
    }


def _metric(chart: Chart) -> tuple[str, Json]:
    return "lnsMetric", {"layerId": LAYER, "layerType": "data", "metricAccessor": MEASURE}


def _xy(chart: Chart) -> tuple[str, Json]:
    """Bars over time are stacked by the first split; bars without time lie on their side, one for each value."""
    over_time = chart.shape == "over_time"
    series = "bar_stacked" if over_time else "bar_horizontal"
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "seriesType": series,
        "xAccessor": TIME if over_time else _split_id(0),
        "accessors": [MEASURE],
    }
    if over_time and chart.by:
        layer["splitAccessor"] = _split_id(0)
    return "lnsXY", {
        "legend": {"isVisible": over_time, "position": "right"},
        "valueLabels": "hide",
        "preferredSeriesType": series,
        "layers": [layer],
    }


def _donut(chart: Chart) -> tuple[str, Json]:
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "primaryGroups": [_split_id(number) for number in range(len(chart.by))],
        "metrics": [MEASURE],
        "numberDisplay": "percent",
        "categoryDisplay": "default",
        "legendDisplay": "default",
        "nestedLegend": False,
    }
    return "lnsPie", {"shape": "donut", "layers": [layer]}


def _table(chart: Chart) -> tuple[str, Json]:
    names = [*(_split_id(number) for number in range(len(chart.by))), MEASURE]
    return "lnsDatatable", {
        "layerId": LAYER,
        "layerType": "data",
        "columns": [{"columnId": name} for name in names],
        "paging": {"size": 10, "enabled": True},
    }


_SHAPES: dict[str, Callable[[Chart], tuple[str, Json]]] = {
    "metric": _metric,
    "over_time": _xy,
    "bars": _xy,
    "donut": _donut,
    "table": _table,
}
