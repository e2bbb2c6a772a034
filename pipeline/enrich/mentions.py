"""What coreference works on: mentions of a field, the parties that they were led to, and the chains they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spacy.tokens import Span as TokenSpan
from spacy.tokens import Token

from pipeline.records import Party

Role = Literal["subject", "object", "possessor", "other"]


@dataclass
class Resolved:
    """A party with what the rules need to know beside the record."""

    party: Party
    political: bool = False
    relay: bool = False
    expert: bool = False
    known: bool = False
    """Linked to an actor of the directory."""
    gender: str | None = None

    @property
    def key(self) -> str:
        """What two mentions of one party share."""
        return self.party.actor_id or self.party.name.casefold()


@dataclass
class Mention:
    """A phrase that names, describes or stands for somebody; `who` holds several parties for a coordination."""

    head: Token
    who: list[Resolved]
    role: Role
    sentence: int
    """Number of the sentence, those of quotations alone not counted: long quotations do not push people apart."""
    quotation: int
    """Number of the quotation it stands in; 0 in narration."""
    speaks: bool = False
    """The source of an attribution."""
    plural: bool = False
    human: bool = False
    """A person, by name or by a noun such as "diplomat"."""
    unheld: Resolved | None = None
    """The office alone, where a description stands for its known holder: "she" after it means another holder."""

    @property
    def start(self) -> int:
        return self.head.idx


@dataclass(frozen=True)
class Chain:
    """All mentions, in text order, of one party, or of the same parties together."""

    parties: list[Party]
    mentions: list[TokenSpan]


def role_of(top: Token) -> Role:
    """The part that a phrase plays in its sentence, by its head."""
    if top.dep_ in {"nsubj", "nsubj:pass", "nsubjpass", "csubj", "nsubj:outer"}:
        return "subject"
    if top.dep_ in {"obj", "dobj", "iobj", "dative"}:
        return "object"
    return "possessor" if top.dep_ in {"nmod:poss", "poss"} else "other"
