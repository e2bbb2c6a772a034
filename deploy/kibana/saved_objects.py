"""The description as Kibana's saved objects, for its import (8.19 and later).

Ids are `demarche-PREFIX-…`, so an import replaces our objects of this installation and touches no others. Each object
says in which version's notation it is written (`typeMigrationVersion`); newer Kibanas convert it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from deploy.kibana.contents import CHARTS, DASHBOARDS, DATA_VIEWS, PANELS, SEARCHES
from deploy.kibana.description import Chart, Control, Dashboard, DataView, Search, kql
from deploy.kibana.lens import LAYER, lens
from pipeline.index.templates import alias

Json = dict[str, Any]

VERSIONS = {"tag": "8.0.0", "index-pattern": "8.0.0", "search": "10.5.0", "lens": "8.9.0", "dashboard": "10.2.0"}
_SOURCE_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


def saved_objects(prefix: str, web_address: str = "") -> list[Json]:
    """Every object, those before others that refer to them. With `web_address`, ids of articles link to our pages."""
    return list(_Writer(prefix, web_address).objects())


def ndjson(objects: list[Json]) -> str:
    """One object a line: the file that Kibana imports."""
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)


class _Writer:
    def __init__(self, prefix: str, web_address: str) -> None:
        self._prefix = prefix
        self._web_address = web_address.rstrip("/")

    def objects(self) -> Iterator[Json]:
        yield self._object(
            "tag",
            "tag",
            {"name": f"Démarche ({self._prefix})", "description": "Made by demarche init --kibana", "color": "#6092C0"},
            [],
        )
        for view in DATA_VIEWS:
            yield self._object("index-pattern", f"view-{view.kind}", self._data_view(view), [])
        for search in SEARCHES:
            yield self._object(
                "search", f"search-{search.id}", _search(search), [self._view(search.kind, _SOURCE_INDEX)]
            )
        times = {view.kind: view.time for view in DATA_VIEWS}
        for chart in CHARTS:
            layer = self._view(chart.kind, f"indexpattern-datasource-layer-{LAYER}")
            yield self._object("lens", f"chart-{chart.id}", lens(chart, times[chart.kind]), [layer])
        for dashboard in DASHBOARDS:
            yield self._dashboard(dashboard)

    def _id(self, name: str) -> str:
        return f"demarche-{self._prefix}-{name}"

    def _object(self, kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
        tags = [] if kind in ("tag", "index-pattern") else [self._reference("tag", "tag", "tag-ref-demarche")]
        return {
            "type": kind,
            "id": self._id(name),
            "attributes": attributes,
            "references": [*references, *tags],
            "coreMigrationVersion": "8.8.0",
            "typeMigrationVersion": VERSIONS[kind],
            "managed": False,
        }

    def _reference(self, kind: str, name: str, role: str) -> Json:
        return {"type": kind, "id": self._id(name), "name": role}

    def _view(self, kind: str, role: str) -> Json:
        return self._reference("index-pattern", f"view-{kind}", role)

    def _data_view(self, view: DataView) -> Json:
        attributes = {
            # The alias, without a star: news-articles* would also take in an index called news-articles-old.
            "title": alias(self._prefix, view.kind),
            "name": view.name,
            "fields": "[]",
            "fieldAttrs": "{}",
            "fieldFormatMap": json.dumps(self._formats(view)),
            "runtimeFieldMap": "{}",
            "sourceFilters": "[]",
            "allowHidden": False,
        }
        return attributes | ({"timeFieldName": view.time} if view.time else {})

    def _formats(self, view: DataView) -> Json:
        formats: Json = {}
        for name, shown in view.formats.items():
            formats[name] = (
                {"id": "url", "params": {"openLinkInCurrentTab": False}}
                if shown == "url"
                else {"id": "number", "params": {"pattern": "0.00"}}
            )
        if self._web_address and view.kind in ("articles", "statements", "revisions"):
            template = f"{self._web_address}/articles/{{{{value}}}}"
            formats["article_id"] = {"id": "url", "params": {"urlTemplate": template, "openLinkInCurrentTab": False}}
        return formats

    def _dashboard(self, dashboard: Dashboard) -> Json:
        panels: list[Json] = []
        references: list[Json] = []
        for name, grid in _placed(dashboard):
            number = f"p{len(panels)}"
            kind, stored = (
                ("lens", f"chart-{name}") if isinstance(PANELS[name], Chart) else ("search", f"search-{name}")
            )
            panels.append(
                {
                    "type": kind,
                    "panelIndex": number,
                    "gridData": {**grid, "i": number},
                    "panelRefName": f"panel_{number}",
                    "embeddableConfig": {"enhancements": {}},
                }
            )
            references.append(self._reference(kind, stored, f"{number}:panel_{number}"))
        # The controls' values are suggested from the data view of the first panel.
        suggested_by = PANELS[dashboard.rows[0].panels[0][0]].kind
        references += [
            self._view(suggested_by, f"controlGroup_c{index}:optionsListDataView")
            for index in range(len(dashboard.controls))
        ]
        return self._object("dashboard", dashboard.id, _dashboard(dashboard, panels), references)


def _placed(dashboard: Dashboard) -> Iterator[tuple[str, Json]]:
    """Each panel's name with its place on the grid: rows one below the other, panels from left to right."""
    top = 0
    for row in dashboard.rows:
        left = 0
        for name, width in row.panels:
            yield name, {"x": left, "y": top, "w": width, "h": row.height}
            left += width
        top += row.height


def _search(search: Search) -> Json:
    source = {
        "query": {"query": kql(search.where), "language": "kuery"},
        "filter": [],
        "highlightAll": True,
        "version": True,
        "indexRefName": _SOURCE_INDEX,
    }
    return {
        "title": search.title,
        "description": search.description,
        "columns": list(search.columns),
        "sort": [[search.sort, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }


def _dashboard(dashboard: Dashboard, panels: list[Json]) -> Json:
    options = {
        "useMargins": True,
        "syncColors": False,
        "syncCursor": True,
        "syncTooltips": False,
        "hidePanelTitles": False,
    }
    nothing = {"query": {"query": "", "language": "kuery"}, "filter": []}
    return {
        "title": dashboard.title,
        "description": dashboard.description,
        "version": 1,
        "timeRestore": True,
        "timeFrom": dashboard.period,
        "timeTo": "now",
        "refreshInterval": {"pause": True, "value": 60000},
        "optionsJSON": json.dumps(options),
        "panelsJSON": json.dumps(panels, ensure_ascii=False),
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(nothing)},
        "controlGroupInput": _controls(dashboard.controls),
    }


def _controls(controls: tuple[Control, ...]) -> Json:
    ignored = dict.fromkeys(("ignoreFilters", "ignoreQuery", "ignoreTimerange", "ignoreValidations"), False)
    panels = {
        f"c{number}": {
            "order": number,
            "width": "medium",
            "grow": True,
            "type": "optionsListControl",
            "explicitInput": {
                "id": f"c{number}",
                "fieldName": control.field,
                "title": control.title,
                "selectedOptions": [],
                "enhancements": {},
            },
        }
        for number, control in enumerate(controls)
    }
    return {
        "chainingSystem": "HIERARCHICAL",
        "controlStyle": "oneLine",
        "showApplySelections": False,
        "ignoreParentSettingsJSON": json.dumps(ignored),
        "panelsJSON": json.dumps(panels, ensure_ascii=False),
    }
