"""`demarche init`: make the topics, indices and Kibana objects that are missing."""

from __future__ import annotations

import click

from deploy.kibana.imports import import_objects
from pipeline.index import connect, ensure_indices
from pipeline.settings import settings
from pipeline.topics import ensure_topics, topics


@click.command()
@click.option("--kibana", is_flag=True, help="Put data views, searches and dashboards into Kibana, replacing ours.")
def init(kibana: bool) -> None:
    """Make topics, index templates and aliases. Can be repeated: what is there stays as it is.

    With --kibana the objects in Kibana whose ids begin with demarche- are replaced; others are left alone.
    """
    options = settings()
    made = set(ensure_topics(options))
    click.echo(f"Kafka at {options.kafka}")
    for topic in topics(options).all():
        state = "made" if topic.name in made else "there already"
        click.echo(f"  {topic.name:<40} {state}")
    ensure_indices(connect(options), options)
    click.echo(f"Elasticsearch at {options.elasticsearch}")
    click.echo(f"  templates and aliases of {options.index_prefix}-*: in place")
    if kibana:
        click.echo(f"Kibana at {options.kibana}")
        click.echo(f"  {import_objects(options)} data views, searches, charts and dashboards: in place")
