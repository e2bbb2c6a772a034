"""The example rules for ElastAlert 2 and Kibana name fields that the index of alerts has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.index.templates import FIELDS

DEPLOY = Path(__file__).parents[2] / "deploy"
KNOWN = set(FIELDS["alerts"])
ELASTALERT = sorted((DEPLOY / "elastalert" / "rules").glob("*.yaml"))
KIBANA = sorted((DEPLOY / "kibana" / "rules").glob("*.json"))


def fields_of(query: Any) -> Iterator[str]:
    """The fields that term, range and exists filters name."""
    if isinstance(query, list):
        for part in query:
            yield from fields_of(part)
    elif isinstance(query, dict):
        for key, value in query.items():
            if key in ("term", "terms", "range"):
                yield from value
            elif key == "exists":
                yield value["field"]
            else:
                yield from fields_of(value)


def test_there_are_examples() -> None:
    assert len(ELASTALERT) >= 3
    assert KIBANA


@pytest.mark.parametrize("path", ELASTALERT, ids=lambda path: path.stem)
def test_elastalert_rules(path: Path) -> None:
    rule = yaml.safe_load(path.read_text("utf8"))
    named = {rule["timestamp_field"], *fields_of(rule["filter"])}
    named |= set(rule.get("alert_subject_args", [])) | set(rule.get("alert_text_args", []))
    named |= {rule["query_key"]} if "query_key" in rule else set()
    assert named <= KNOWN
    assert rule["index"] == "news-alerts"
    assert rule["type"] != "any" or "realert" in rule, "its default of one minute swallows alerts"


@pytest.mark.parametrize("path", KIBANA, ids=lambda path: path.stem)
def test_kibana_rules(path: Path) -> None:
    params = json.loads(path.read_text("utf8"))["params"]
    query = json.loads(params["esQuery"])
    assert {params["timeField"], *fields_of(query)} <= KNOWN
    assert params["index"] == ["news-alerts"]
