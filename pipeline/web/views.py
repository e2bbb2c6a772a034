"""What pages show of an actor and of a claim, made ready for their templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.actors import Actor
from pipeline.index.portraits import Portrait, portrait
from pipeline.records import Alert, Party
from pipeline.web.compare import Piece, differing
from pipeline.web.site import Site


@dataclass(frozen=True, slots=True)
class ActorView:
    """An actor: known to the directory, to the index, or to both."""

    id: str
    name: str
    known: Actor | None
    portrait: Portrait

    @property
    def is_state(self) -> bool:
        return self.known is not None and self.known.kind == "state"


def actor_view(site: Site, actor_id: str) -> ActorView | None:
    """None for an id that neither the directory nor any statement knows."""
    known = site.directory.actor(actor_id)
    state = known is not None and known.kind == "state"
    found = portrait(site.client, site.settings, actor_id, state=state)
    if known is None and found.name is None:
        return None
    return ActorView(actor_id, known.name if known else found.name or actor_id, known, found)


@dataclass(frozen=True, slots=True)
class Telling:
    """One passage that tells a claim, with the words in which it differs from the first."""

    pieces: list[Piece]
    publisher: str
    title: str
    url: str
    article_id: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One act, however often it is told."""

    id: str
    act: str
    speakers: list[Party]
    addressees: list[Party]
    about: str
    alerts: list[Alert]
    tellings: list[Telling]
    publishers: int
    articles: int
    first_seen_at: datetime
    last_seen_at: datetime


def claim_view(alerts: Sequence[Alert]) -> ClaimView:
    """A claim from the alerts it has raised; they all have its sources."""
    fullest = max(alerts, key=lambda alert: len(alert.sources))
    told = [(source, words) for source in fullest.sources for words in source.words or [fullest.words]]
    first = told[0][1] if told else ""
    tellings = [
        Telling(
            pieces=differing(words, first),
            publisher=(source.publisher.name or source.publisher.id) if source.publisher else "",
            title=source.title,
            url=source.url,
            article_id=source.article_id,
            said_at=source.said_at,
        )
        for source, words in told
    ]
    return ClaimView(
        id=fullest.claim_id,
        act=fullest.act,
        speakers=fullest.speakers,
        addressees=fullest.addressees,
        about=fullest.about,
        alerts=list(alerts),
        tellings=tellings,
        publishers=fullest.publisher_count,
        articles=len(fullest.sources),
        first_seen_at=fullest.first_seen_at,
        last_seen_at=fullest.last_seen_at,
    )
