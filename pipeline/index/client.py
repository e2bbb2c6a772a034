"""The connection to Elasticsearch, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError
from elasticsearch.exceptions import UnsupportedProductError

from pipeline.errors import BadSetting, DemarcheError, Terminal, Unreachable
from pipeline.settings import Settings

_BUSY = frozenset({408, 429, 502, 503, 504})


def connect(settings: Settings, **chosen: Any) -> Elasticsearch:
    """A client for the settings' cluster; says nothing to it yet. `chosen` are options of the client itself."""
    options: dict[str, Any] = {"request_timeout": 30, "max_retries": 3, "retry_on_timeout": True, **chosen}
    if settings.elasticsearch_api_key.get_secret_value():
        options["api_key"] = settings.elasticsearch_api_key.get_secret_value()
    elif settings.elasticsearch_user:
        password = settings.elasticsearch_password.get_secret_value()
        options["basic_auth"] = (settings.elasticsearch_user, password)
    try:
        return Elasticsearch(settings.elasticsearch, **options)
    except ValueError as error:
        raise BadSetting(
            f"The setting 'elasticsearch' cannot be used: {error}.", "Give a URL, like http://127.0.0.1:9200."
        ) from error


@contextmanager
def translated_errors(settings: Settings, *, refuse_bad_requests: bool = True) -> Iterator[None]:
    """Turns what the client raises into Unreachable (try again), BadSetting (no access) or Terminal (the rest).

    Without `refuse_bad_requests` a bad request comes through as it is, for a caller who knows what was bad in it.
    """
    try:
        yield
    except (TransportError, UnsupportedProductError) as error:
        raise unreachable(settings, str(error)) from error
    except ApiError as error:
        if error.status_code == 400 and not refuse_bad_requests:
            raise
        raise _api_error(settings, error) from error


def unreachable(settings: Settings, detail: str) -> Unreachable:
    return Unreachable(
        f"Elasticsearch does not answer at {settings.elasticsearch} ({detail[:200]}).",
        "Start it with `demarche up`, or set DEMARCHE_ELASTICSEARCH to the address of yours.",
    )


def _api_error(settings: Settings, error: ApiError) -> DemarcheError:
    if error.status_code in _BUSY:
        return Unreachable(f"Elasticsearch at {settings.elasticsearch} is too busy: {reason_of(error)}.", "Try again.")
    if is_blocked(error.body.get("error") if isinstance(error.body, dict) else None):
        return blocked(settings, reason_of(error))
    if error.status_code in (401, 403):
        return BadSetting(
            f"Elasticsearch at {settings.elasticsearch} refuses access: {reason_of(error)}.",
            "Check DEMARCHE_ELASTICSEARCH_USER and _PASSWORD, or _API_KEY, and the rights of that user.",
        )
    if error.status_code == 404 and "index_not_found" in str(error):
        return no_indices(settings)
    return Terminal(f"Elasticsearch refused the request: {reason_of(error)}.")


def is_blocked(cause: Any) -> bool:
    """Whether an index takes nothing for the moment: `demarche upgrade` exchanges it, or the disk is full."""
    return isinstance(cause, dict) and cause.get("type") == "cluster_block_exception"


def is_gone(cause: Any) -> bool:
    """Whether a name led to an index that has gone since: `demarche upgrade` has given it to another by now."""
    return isinstance(cause, dict) and cause.get("type") == "index_not_found_exception"


def blocked(settings: Settings, reason: str) -> Unreachable:
    return Unreachable(
        f"Elasticsearch at {settings.elasticsearch} takes no writes for the moment: {reason}.",
        "`demarche upgrade` ends soon; if none is running, start it again. Otherwise see whether its disk is full.",
    )


def no_indices(settings: Settings) -> BadSetting:
    return BadSetting(
        f"Elasticsearch has no indices with the prefix '{settings.index_prefix}'.",
        "Create them with `demarche init`, or correct DEMARCHE_INDEX_PREFIX.",
    )


def reason_of(error: ApiError) -> str:
    """The innermost reason that Elasticsearch gives, which is the one that tells something."""
    body = error.body if isinstance(error.body, dict) else {}
    return inner_reason(body.get("error")) or error.message


def inner_reason(cause: Any) -> str:
    """The deepest reason in an error object of Elasticsearch."""
    if isinstance(cause, str):
        return cause
    if not isinstance(cause, dict):
        return ""
    inner = cause.get("caused_by") or next(iter(cause.get("root_cause") or []), None)
    return inner_reason(inner) or str(cause.get("reason") or cause.get("type") or "")
