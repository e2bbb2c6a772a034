"""`demarche init`: make the topics and indices that are missing."""

from __future__ import annotations

import click

from pipeline.index import connect, ensure_indices
from pipeline.settings import settings
from pipeline.topics import ensure_topics, topics


@click.command()
def init() -> None:
    """Make topics, index templates and aliases. Can be repeated: what is there stays as it is."""
    options = settings()
    made = set(ensure_topics(options))
    click.echo(f"Kafka at {options.kafka}")
    for topic in topics(options).all():
        state = "made" if topic.name in made else "there already"
        click.echo(f"  {topic.name:<40} {state}")
    ensure_indices(connect(options), options)
    click.echo(f"Elasticsearch at {options.elasticsearch}")
    click.echo(f"  templates and aliases of {options.index_prefix}-*: in place")
