"""Templates, first indices and aliases: put in place at start, as often as one likes."""

from __future__ import annotations

from datetime import UTC, datetime

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.index.client import translated_errors
from pipeline.index.templates import FIELDS, MONTHLY, SINGLE, Abilities, alias, first_index, template
from pipeline.settings import Settings


def abilities_of(client: Elasticsearch) -> Abilities:
    """What every node can do. Asked for once; a hunspell dictionary shows only when it is used."""
    nodes = client.nodes.info(metric="plugins")["nodes"].values()
    common = all(any(module["name"] == "analysis-common" for module in node["modules"]) for node in nodes)
    return Abilities(common=common, hunspell=not common and _has_hunspell(client))


def _has_hunspell(client: Elasticsearch) -> bool:
    try:
        client.indices.analyze(tokenizer="standard", filter=[{"type": "hunspell", "locale": "en_US"}], text="warned")
    except BadRequestError:
        return False
    return True


def ensure_indices(client: Elasticsearch, settings: Settings) -> None:
    """Put the templates in place and make sure that every alias has an index to search.

    Templates speak to new indices only: fields that came later are added to those that are there.
    """
    prefix = settings.index_prefix
    with translated_errors(settings):
        abilities = abilities_of(client)
        for kind in (*MONTHLY, *SINGLE):
            client.indices.put_index_template(name=alias(prefix, kind), **template(prefix, kind, abilities))
        for kind in SINGLE:
            _ensure_index(client, alias(prefix, kind), first_index(prefix, kind))
        for kind in MONTHLY:
            _ensure_index(client, alias(prefix, kind), f"{alias(prefix, kind)}-{datetime.now(UTC):%Y.%m}")
        for kind in (*MONTHLY, *SINGLE):
            client.indices.put_mapping(index=alias(prefix, kind), properties=FIELDS[kind])


def _ensure_index(client: Elasticsearch, name: str, index: str) -> None:
    """An index behind an alias that has none; a worker beside us may be as fast."""
    if client.indices.exists_alias(name=name):
        return
    try:
        client.indices.create(index=index)
    except BadRequestError as error:
        if error.error != "resource_already_exists_exception":
            raise
