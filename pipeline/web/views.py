"""What pages show of an actor and of a claim, made ready for their templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.actors import Actor
from pipeline.index.portraits import Portrait, portrait
from pipeline.records import Alert, Telling
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
class Told:
    """One telling of a claim, with the words in which it differs from the first."""

    telling: Telling
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One act, however often it is told: the alerts it raised, and every telling that they know of."""

    alerts: list[Alert]
    told: list[Told]
    suppressed: list[Telling]

    @property
    def fullest(self) -> Alert:
        """The alert that knows most."""
        return max(self.alerts, key=lambda alert: len(alert.tellings))


def claim_view(alerts: Sequence[Alert]) -> ClaimView:
    """A claim as its alerts have kept it; each keeps all tellings it has seen."""
    tellings = _united(telling for alert in alerts for telling in alert.tellings)
    first = tellings[0].words if tellings else ""
    told = [Told(telling, differing(telling.words, first)) for telling in tellings]
    return ClaimView(list(alerts), told, _united(telling for alert in alerts for telling in alert.suppressed))


def _united(tellings: Iterable[Telling]) -> list[Telling]:
    """Each statement once, oldest first."""
    by_id = {telling.statement_id: telling for telling in tellings}
    return sorted(by_id.values(), key=lambda telling: (telling.said_at, telling.article_id))
