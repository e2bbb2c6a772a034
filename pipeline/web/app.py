"""The application: pages, interface for programs, errors in words, and the guard around them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from pipeline.errors import BadInput, BadSetting, DemarcheError, Transient
from pipeline.settings import Settings
from pipeline.web import api, exports, inbox, pages
from pipeline.web.live import Live
from pipeline.web.security import Guard, Refused
from pipeline.web.site import Site, site_of
from pipeline.web.timing import ServerTiming

log = logging.getLogger(__name__)

API = "/api"


def create_app(settings: Settings, *, loopback_only: bool = True) -> FastAPI:
    """The web application on the index of these settings; it starts whether or not Elasticsearch is there."""
    site = Site.of(settings)
    live = Live(site)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        live.stop()
        site.client.close()

    app = FastAPI(
        title="Démarche",
        summary="Who said what to whom, and who has just issued a new warning.",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        lifespan=lifespan,
    )
    app.state.site, app.state.live = site, live
    app.include_router(pages.router)
    app.include_router(inbox.router)
    app.include_router(api.router, prefix=API)
    app.include_router(exports.router, prefix=API)
    app.mount("/static", StaticFiles(packages=[("pipeline.web", "static")]), name="static")
    app.add_exception_handler(DemarcheError, _known_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(Exception, _unknown_error)
    app.add_middleware(ServerTiming)
    app.add_middleware(Guard, loopback_only=loopback_only, told=_known_error)
    return app


def status_of(error: DemarcheError) -> int:
    """The HTTP status of an error of ours."""
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, BadInput):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, Transient | BadSetting) else HTTPStatus.BAD_GATEWAY


def _known_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DemarcheError)
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s", error)
    return _told(request, status, error.message, error.hint)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found":
        return _told(request, 404, "There is no such page.", "Try the search, or go back.")
    return _told(request, error.status_code, str(error.detail).rstrip(".") + ".", "")


def _bad_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return _told(request, 400, f"The parameter '{name[:50]}' cannot be used: {first['msg']}.", f"See {API}.")


def _unknown_error(request: Request, error: Exception) -> Response:
    log.error("An error that nobody thought of", exc_info=error)
    return _told(request, 500, "Something went wrong here that nobody thought of.", "The log of the server tells more.")


def _told(request: Request, status: int, message: str, hint: str) -> Response:
    """An error as a page for people, or as problem details (RFC 9457) for programs."""
    headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    title = HTTPStatus(status).phrase
    if request.url.path.startswith(API + "/"):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": message}
        problem |= {"hint": hint} if hint else {}
        return JSONResponse(problem, status, headers, media_type="application/problem+json")
    page = site_of(request).page(request, "error.html", status, message=message, hint=hint, title=title)
    page.headers.update(headers)
    return page
