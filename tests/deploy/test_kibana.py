"""The saved objects fit the indices and each other; the import says what Kibana refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.kibana.contents import CHARTS, DASHBOARDS, DATA_VIEWS, PANELS, SEARCHES
from deploy.kibana.description import GRID, kql
from deploy.kibana.imports import import_objects
from deploy.kibana.saved_objects import ndjson, saved_objects
from pipeline.errors import BadSetting, Terminal, Unreachable
from pipeline.index.templates import FIELDS
from pipeline.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
LINTER = ROOT.parent / "shared" / "tools" / "kibana_lint.py"
FACETS = {"keyword", "integer", "float", "boolean", "date"}


def type_of(kind: str, field: str) -> str:
    assert field in FIELDS[kind], f"news-{kind} has no field {field}"
    return str(FIELDS[kind][field]["type"])


def test_every_id_stands_for_one_thing():
    assert len(PANELS) == len(CHARTS) + len(SEARCHES)
    ids = [(item["type"], item["id"]) for item in saved_objects("news")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("demarche-news-") for _, name in ids)


@pytest.mark.parametrize("view", DATA_VIEWS, ids=lambda view: view.kind)
def test_a_data_view_has_the_fields_it_names(view):
    assert view.time is None or type_of(view.kind, view.time) == "date"
    assert all(type_of(view.kind, field) for field in view.formats)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_aggregates_fields_that_can_be_aggregated(chart):
    fields = [by.field for by in chart.by] + [chart.measure.unique] * bool(chart.measure.unique)
    assert all(type_of(chart.kind, field) in FACETS for field in [*fields, *chart.where])


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.id)
def test_a_search_shows_and_sorts_by_fields_that_are_there(search):
    assert all(type_of(search.kind, field) for field in [*search.columns, *search.where])
    assert type_of(search.kind, search.sort) in FACETS


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.id)
def test_panels_fill_the_grid_and_controls_fit_all_of_them(dashboard):
    assert [sum(width for _, width in row.panels) for row in dashboard.rows] == [GRID] * len(dashboard.rows)
    shown = [PANELS[name] for row in dashboard.rows for name, _ in row.panels]
    for control in dashboard.controls:
        assert {type_of(item.kind, control.field) for item in shown} == {"keyword"}


def test_conditions_in_kibanas_language():
    assert kql({"alertable": (True,)}) == "alertable : true"
    assert kql({"act": ("WARN", "THREATEN"), "status": ("asserted",)}) == (
        'act : ("WARN" or "THREATEN") and status : "asserted"'
    )
    assert kql({}) == ""


def test_ids_of_articles_link_to_the_pages():
    views = [item for item in saved_objects("news", "https://demarche.example/") if item["type"] == "index-pattern"]
    formats = {view["id"]: json.loads(view["attributes"]["fieldFormatMap"]) for view in views}
    template = formats["demarche-news-view-statements"]["article_id"]["params"]["urlTemplate"]
    assert template == "https://demarche.example/articles/{{value}}"
    assert "article_id" not in formats["demarche-news-view-sources"]


def test_the_file_beside_the_code_is_what_the_code_makes():
    path = ROOT / "deploy" / "kibana" / "saved_objects.ndjson"
    assert path.read_text("utf8") == ndjson(saved_objects("news")), "python -m deploy.kibana > " + path.name


@pytest.mark.skipif(not LINTER.exists(), reason="the linter lies beside the project")
def test_the_linter_finds_nothing(tmp_path):
    path = tmp_path / "objects.ndjson"
    path.write_text(ndjson(saved_objects("other", "https://demarche.example")), "utf8")
    done = subprocess.run([sys.executable, LINTER, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- the import, against a stand-in that answers as Kibana's source says --------------------------------------------


class StandIn(BaseHTTPRequestHandler):
    """Answers `/api/status` and `_import`, and keeps what was sent."""

    server: Any

    def do_GET(self) -> None:
        self.server.asked += 1
        level = "available" if self.server.asked > self.server.starting else "degraded"
        self._answer(self.server.status, {"status": {"overall": {"level": level}}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode("utf8")
        objects = [json.loads(line) for line in body.splitlines() if line.startswith('{"type"')]
        self.server.imports.append((self.path, dict(self.headers), objects))
        if "kbn-xsrf" not in {name.lower() for name in self.headers}:
            self._answer(400, {"message": "Request must contain a kbn-xsrf header."})
            return
        errors = self.server.errors
        count = len(objects) - len(errors)
        self._answer(200, {"success": not errors, "successCount": count, "errors": errors})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode("utf8")
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def kibana() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.asked, server.starting, server.status, server.imports, server.errors = 0, 0, 200, [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def settings_for(server: Any, **changes: Any) -> Settings:
    return load_settings(kibana=f"http://127.0.0.1:{server.server_port}", **changes)


def test_objects_are_imported_over_those_of_before(kibana):
    count = import_objects(settings_for(kibana, elasticsearch_user="elastic", elasticsearch_password="geheim"))
    ((path, headers, objects),) = kibana.imports
    assert path == "/api/saved_objects/_import?overwrite=true"
    assert re.match(r"multipart/form-data; boundary=", headers["Content-Type"])
    assert headers["Authorization"].startswith("Basic ")
    assert count == len(objects) == len(saved_objects("news"))


def test_a_space_and_an_api_key(kibana):
    import_objects(settings_for(kibana, kibana_space="desk", elasticsearch_api_key="key"))
    ((path, headers, _),) = kibana.imports
    assert path.startswith("/s/desk/api/saved_objects/_import")
    assert headers["Authorization"] == "ApiKey key"


def test_a_kibana_that_is_starting_is_waited_for(kibana, monkeypatch):
    monkeypatch.setattr("deploy.kibana.imports._PAUSE_S", 0.01)
    kibana.starting = 3
    import_objects(settings_for(kibana))
    assert kibana.asked == 4


def test_a_kibana_that_does_not_start_is_named(kibana, monkeypatch):
    monkeypatch.setattr("deploy.kibana.imports._PAUSE_S", 0.01)
    kibana.starting = 10**6
    with pytest.raises(Unreachable, match="degraded"):
        import_objects(settings_for(kibana), wait_s=0.05)


def test_no_kibana_at_all():
    with pytest.raises(Unreachable, match="not available"):
        import_objects(load_settings(kibana="http://127.0.0.1:9"), wait_s=0)


def test_refused_access_is_a_bad_setting(kibana):
    kibana.status = 401
    with pytest.raises(BadSetting, match="DEMARCHE_ELASTICSEARCH_USER"):
        import_objects(settings_for(kibana))


def test_objects_that_kibana_did_not_take_are_named(kibana):
    error = {"type": "missing_references", "references": [{"type": "index-pattern", "id": "gone"}]}
    kibana.errors = [{"type": "lens", "id": "demarche-news-chart-acts", "error": error}]
    with pytest.raises(Terminal, match=r"lens demarche-news-chart-acts: missing_references \(gone\)"):
        import_objects(settings_for(kibana))
