"""Templates, first indices and aliases: put in place at start, as often as one likes."""

from __future__ import annotations

from datetime import UTC, datetime

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from pipeline.errors import BadSetting
from pipeline.index.client import reason_of, translated_errors
from pipeline.index.templates import (
    FIELDS,
    MONTHLY,
    SINGLE,
    Abilities,
    alias,
    first_index,
    retention_policy,
    template,
    tuning,
)
from pipeline.settings import Settings


def abilities_of(client: Elasticsearch) -> Abilities:
    """What every node can do. Asked for once; a hunspell dictionary shows only when it is used."""
    nodes = client.nodes.info(metric="plugins")["nodes"].values()

    def has(name: str) -> bool:
        return all(any(module["name"] == name for module in node["modules"]) for node in nodes)

    common = has("analysis-common")
    return Abilities(
        common=common,
        hunspell=not common and _has_hunspell(client),
        reindex=has("reindex"),
        lifecycle=has("x-pack-ilm"),
    )


def _has_hunspell(client: Elasticsearch) -> bool:
    try:
        client.indices.analyze(tokenizer="standard", filter=[{"type": "hunspell", "locale": "en_US"}], text="warned")
    except BadRequestError:
        return False
    return True


def ensure_indices(client: Elasticsearch, settings: Settings) -> None:
    """Put the templates in place and make sure that every alias has an index to search.

    Templates speak to new indices only: fields that came later are added to those that are there, and how they merge
    and refresh is told them. Raises BadSetting where a field has changed, which takes new indices.
    """
    prefix = settings.index_prefix
    with translated_errors(settings):
        put_templates(client, settings)
        for kind in SINGLE:
            _ensure_index(client, alias(prefix, kind), first_index(prefix, kind))
        for kind in MONTHLY:
            _ensure_index(client, alias(prefix, kind), f"{alias(prefix, kind)}-{datetime.now(UTC):%Y.%m}")
        for kind in (*MONTHLY, *SINGLE):
            _add_fields(client, alias(prefix, kind), kind)
            client.indices.put_settings(index=alias(prefix, kind), settings={"index": tuning(kind)})


def put_templates(client: Elasticsearch, settings: Settings) -> Abilities:
    """Put every template in place; returns what the nodes can do."""
    prefix, abilities = settings.index_prefix, abilities_of(client)
    policy = retention_policy(prefix)
    kept = policy if abilities.lifecycle and has_policy(client, policy) else ""
    for kind in (*MONTHLY, *SINGLE):
        client.indices.put_index_template(name=alias(prefix, kind), **template(prefix, kind, abilities, policy=kept))
    return abilities


def has_policy(client: Elasticsearch, name: str) -> bool:
    try:
        client.ilm.get_lifecycle(name=name)
    except NotFoundError:
        return False
    return True


def _add_fields(client: Elasticsearch, name: str, kind: str) -> None:
    try:
        client.indices.put_mapping(index=name, properties=FIELDS[kind])
    except BadRequestError as error:
        raise BadSetting(
            f"The indices of {name} have another mapping, which cannot be changed in place: {reason_of(error)}.",
            "Run `demarche upgrade`: it copies them while everything goes on.",
        ) from error


def _ensure_index(client: Elasticsearch, name: str, index: str) -> None:
    """An index behind an alias that has none; a worker beside us may be as fast."""
    if client.indices.exists_alias(name=name):
        return
    try:
        client.indices.create(index=index)
    except BadRequestError as error:
        if error.error != "resource_already_exists_exception":
            raise
