"""The alerts' inbox: what fired and why, and what has been done about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from pipeline.errors import BadInput
from pipeline.index import change_state, find_alert, find_alerts, unmute
from pipeline.records import Alert, AlertState
from pipeline.web.links import path_link
from pipeline.web.live import Live
from pipeline.web.site import Site, site_of

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Here = Annotated[Site, Depends(site_of)]
Action = Literal["acknowledge", "mute", "unmute", "close", "reopen"]
STATES: dict[str, AlertState] = {"acknowledge": "acknowledged", "mute": "muted", "close": "closed", "reopen": "open"}
"""What each button makes of an alert. `unmute` gives back the state that the alert had before."""
_MAX_MUTE_H = 24 * 366
_SHOWN = 50


@router.get("/alerts")
def alerts(request: Request, site: Here, state: str = "open", rule: str = "") -> HTMLResponse:
    """Alerts in one state, newest first; `all` shows every state."""
    if state not in ("all", *get_args(AlertState)):
        raise BadInput(f"'{state[:50]}' is no state of an alert.", "Alerts are open, acknowledged, muted or closed.")
    now = datetime.now(UTC)
    wanted = "" if state == "all" else state
    found, total = find_alerts(site.client, site.settings, state=wanted, rule=rule[:500], size=_SHOWN)
    return site.page(request, "alerts.html", alerts=found, total=total, state=state, rule=rule, now=now)


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
            html = await run_in_threadpool(
                site.fragment, "_alert.html", alert=alert, token=token, now=datetime.now(UTC)
            )
            data = {"id": alert.alert_id, "state": alert.state_at(datetime.now(UTC)), "rule": alert.rule, "html": html}
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
    return site.page(request, "alert.html", alert=found, now=datetime.now(UTC))


@router.post("/alerts/{alert_id}/{action}")
def act(
    request: Request,
    site: Here,
    alert_id: str,
    action: Action,
    token: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    hours: Annotated[int, Form(ge=0, le=_MAX_MUTE_H)] = 0,
) -> RedirectResponse:
    """Decide about an alert, and show it again; `back` is the state whose list to go back to.

    `hours` is how long a mute lasts; 0 is for good.
    """
    site.tokens.check(request, token)
    if decide(site, alert_id, action, by=by, note=note, hours=hours) is None:
        raise HTTPException(404, "There is no alert with this id.")
    known = back in ("all", *get_args(AlertState))
    return RedirectResponse(f"/alerts?state={back}" if known else path_link("alerts", alert_id), 303)


def decide(site: Site, alert_id: str, action: Action, *, by: str, note: str, hours: int) -> Alert | None:
    """The alert with what was decided; None if there is no such alert."""
    if action == "unmute":
        return unmute(site.client, site.settings, alert_id, by=by, note=note)
    until = datetime.now(UTC) + timedelta(hours=hours) if action == "mute" and hours else None
    return change_state(site.client, site.settings, alert_id, STATES[action], by=by, note=note, until=until)
