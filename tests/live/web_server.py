"""A `demarche web` of its own process on the index of a test, and the articles that the pages are tried with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pipeline.index import Writer, connect, ensure_indices
from pipeline.records import Alert, EnrichedArticle, Entity, Stance, StateChange, Telling
from pipeline.settings import Settings, load_settings
from tests.live.test_search_live import FINLAND, SEEN, TAVIL, US, alert, article, statement

SCRIPT = "from pipeline.cli import main; main(['web', '--port', '0'])"


@contextmanager
def web_server(environment: dict[str, str]) -> Iterator[str]:
    """Its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert found, "the pages did not start"
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def filled_web(servers: dict[str, str], home: Path, prefix: str) -> Iterator[tuple[Settings, str]]:
    """Settings of an index that is filled, under a prefix of this process, and the address of its pages."""
    settings = load_settings(home=home, index_prefix=f"{prefix}{os.getpid()}", elasticsearch=servers["elasticsearch"])
    fill(settings)
    names = ("home", "elasticsearch", "index_prefix")
    chosen = {f"DEMARCHE_{name.upper()}": str(getattr(settings, name)) for name in names}
    try:
        with web_server({**os.environ, **chosen}) as address:
            yield settings, address
    finally:
        remove(settings)


def articles() -> list[EnrichedArticle]:
    """One article to read, thirty to page through."""
    said = statement("s1", "closing the Élan canal")
    against = said.model_copy(update={"stances": [Stance(target=US, polarity=-1)]})
    broken = statement("s2", "praised Finland", "SUPPORT", FINLAND).model_copy(
        update={"closed": False, "stances": [Stance(target=FINLAND, polarity=1)]}
    )
    entities = [Entity(span=(0, 5), label="PERSON", name="Irena Tavil", actor_id="person/irena-tavil", country="RUS")]
    read = article("read", title="<script>alert(1)</script> & a canal", entities=entities, statements=[against, broken])
    more = [
        article(f"more{n:02}", title=f"Canal news {n}", published_at=SEEN - timedelta(hours=n + 1)) for n in range(30)
    ]
    return [read, article("read", 2, title=read.title, entities=entities, statements=[against, broken]), *more]


def told_alert(name: str, **changes: object) -> Alert:
    tellings = [
        Telling(
            statement_id=f"{name}{n}", article_id="read", url="https://example.org/read", title="A canal", words=words,
            said_at=SEEN, because="new claim: nothing open" if not n else "joined: both name canal",
        )
        for n, words in enumerate(["Tavil warned the United States", "Tavil cautioned the United States"])
    ]  # fmt: skip
    values = {"alert_id": name * 8, "claim_id": f"claim-{name}", "tellings": tellings, "suppressed": tellings[:1]}
    return alert("read", **values | changes)


def fill(settings: Settings) -> None:
    with connect(settings) as client:
        ensure_indices(client, settings)
        writer = Writer(client, settings)
        for one in articles():
            assert writer.articles([one]) == []
        writer.alert(told_alert("f00d", history=[StateChange(state="open", at=SEEN, by="ines")]), create=True)
        writer.alert(told_alert("cafe", speakers=[TAVIL]), create=True)
        client.indices.refresh(index=f"{settings.index_prefix}-*")


def remove(settings: Settings) -> None:
    from pipeline.web.bench import remove as remove_indices

    remove_indices(settings)
