"""The alerts' inbox: what fired and why, and what has been done about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from pipeline.errors import BadInput
from pipeline.index import Writer, find_alert, find_alerts
from pipeline.index.writer import State
from pipeline.web.links import path_link
from pipeline.web.live import Live
from pipeline.web.site import Site, iso, site_of

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Here = Annotated[Site, Depends(site_of)]
Action = Literal["acknowledge", "mute", "close", "reopen"]
STATES: dict[Action, State] = {"acknowledge": "acknowledged", "mute": "muted", "close": "closed", "reopen": "open"}
"""What each button makes of an alert."""
_SHOWN = 50


@router.get("/alerts")
def alerts(request: Request, site: Here, state: str = "open", rule: str = "") -> HTMLResponse:
    """Alerts in one state, newest first; `all` shows every state."""
    if state not in ("all", *get_args(State)):
        raise BadInput(f"'{state[:50]}' is no state of an alert.", "Alerts are open, acknowledged, muted or closed.")
    now = datetime.now(UTC)
    wanted = "" if state == "all" else state
    found, total = find_alerts(site.client, site.settings, state=wanted, rule=rule[:500], size=_SHOWN)
    return site.page(request, "alerts.html", alerts=found, total=total, state=state, rule=rule, now=iso(now))


@router.get("/alerts/live")
async def live(request: Request, site: Here, since: datetime | None = None) -> StreamingResponse:
    """Server-sent events: one `alert` for each that is new or has changed, with its part of the page."""
    listening: Live = request.app.state.live
    token = site.tokens.of(request)
    start = _last_event(request) or since or datetime.now(UTC)
    start = start if start.tzinfo else start.replace(tzinfo=UTC)

    async def events() -> AsyncIterator[str]:
        yield "retry: 3000\n\n"
        async for change in listening.changes(start):
            if change is None:
                yield ": nothing new\n\n"
                continue
            changed_at, alert = change
            html = await run_in_threadpool(site.fragment, "_alert.html", alert=alert, token=token)
            data = {"id": alert.alert_id, "state": alert.state, "rule": alert.rule, "html": html}
            yield f"id: {changed_at}\nevent: alert\ndata: {json.dumps(data)}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def _last_event(request: Request) -> datetime | None:
    """Where a browser that lost the connection goes on."""
    try:
        return datetime.fromisoformat(request.headers.get("last-event-id", ""))
    except ValueError:
        return None


@router.get("/alerts/{alert_id}")
def alert(request: Request, site: Here, alert_id: str) -> HTMLResponse:
    found = find_alert(site.client, site.settings, alert_id)
    return site.page(request, "alert.html", alert=found)


@router.post("/alerts/{alert_id}/{action}")
def act(
    request: Request,
    site: Here,
    alert_id: str,
    action: Action,
    token: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Change an alert's state, and show it again; `back` is the state whose list to go back to."""
    site.tokens.check(request, token)
    changed = Writer(site.client, site.settings).set_alert_state(alert_id, STATES[action])
    if changed is None:
        raise HTTPException(404, "There is no alert with this id.")
    known = back in ("all", *get_args(State))
    return RedirectResponse(f"/alerts?state={back}" if known else path_link("alerts", alert_id), 303)
