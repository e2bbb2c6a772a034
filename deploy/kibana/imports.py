"""Handing the saved objects to a running Kibana."""

from __future__ import annotations

import time
from typing import Any

import httpx

from deploy.kibana.saved_objects import ndjson, saved_objects
from pipeline.errors import BadSetting, DemarcheError, Terminal, Unreachable
from pipeline.settings import Settings

_PAUSE_S = 2.0


def import_objects(settings: Settings, *, wait_s: float = 120.0) -> int:
    """Put every data view, search, chart and dashboard in place, replacing ours of before; how many there are.

    Waits until Kibana is available. Raises Unreachable where it is not in time, BadSetting where it refuses access,
    Terminal naming the objects that it did not take.
    """
    objects = saved_objects(settings.index_prefix)
    with httpx.Client(base_url=_base(settings), headers=_headers(settings), auth=_auth(settings), timeout=60) as client:
        _wait_until_available(client, settings, wait_s)
        answer = _import(client, settings, ndjson(objects))
    if failed := answer.get("errors"):
        raise Terminal(f"Kibana did not take {len(failed)} of {len(objects)} objects: {_reasons(failed)}.")
    if not answer.get("success"):
        raise Terminal(f"Kibana did not take the objects: {answer.get('message', answer)}.")
    return int(answer["successCount"])


def _base(settings: Settings) -> str:
    space = f"/s/{settings.kibana_space}" if settings.kibana_space else ""
    return settings.kibana.rstrip("/") + space


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"kbn-xsrf": "demarche"}
    if key := settings.elasticsearch_api_key.get_secret_value():
        headers["Authorization"] = f"ApiKey {key}"
    return headers


def _auth(settings: Settings) -> tuple[str, str] | None:
    if settings.elasticsearch_api_key.get_secret_value() or not settings.elasticsearch_user:
        return None
    return settings.elasticsearch_user, settings.elasticsearch_password.get_secret_value()


def _wait_until_available(client: httpx.Client, settings: Settings, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        state = _state(client, settings)
        if state == "available":
            return
        if time.monotonic() + _PAUSE_S > deadline:
            raise Unreachable(f"Kibana at {settings.kibana} is not available ({state}).", "Start it, then try again.")
        time.sleep(_PAUSE_S)


def _state(client: httpx.Client, settings: Settings) -> str:
    """`available`, or what stands in the way."""
    try:
        answer = client.get("/api/status")
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    if answer.status_code in (401, 403):
        raise _no_access(settings, answer.status_code)
    try:
        return str(answer.json()["status"]["overall"]["level"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _import(client: httpx.Client, settings: Settings, lines: str) -> dict[str, Any]:
    file = {"file": ("demarche.ndjson", lines.encode("utf8"), "application/ndjson")}
    try:
        answer = client.post("/api/saved_objects/_import", params={"overwrite": "true"}, files=file)
    except httpx.HTTPError as error:
        raise Unreachable(f"Kibana at {settings.kibana} broke off: {error}.", "Try again.") from error
    if answer.status_code in (401, 403):
        raise _no_access(settings, answer.status_code)
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or answer.status_code >= 500:
        raise Unreachable(f"Kibana at {settings.kibana} answers with status {answer.status_code}.", "See its log.")
    return found


def _no_access(settings: Settings, status: int) -> DemarcheError:
    return BadSetting(
        f"Kibana at {settings.kibana} refuses access (status {status}).",
        "Check DEMARCHE_ELASTICSEARCH_USER and _PASSWORD, or _API_KEY; that user needs rights on saved objects.",
    )


def _reasons(failed: list[dict[str, Any]]) -> str:
    return "; ".join(f"{item.get('type')} {item.get('id')}: {_reason(item.get('error'))}" for item in failed[:5])


def _reason(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    missing = ", ".join(str(reference.get("id")) for reference in error.get("references", []))
    return f"{error.get('type')}{f' ({missing})' if missing else ''}"
