"""What one attribution does, as the rules fill it in."""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.tokens import Token

from pipeline.records import Act, Span, Status


@dataclass
class SpeechAct:
    """What one attribution does. Tokens are heads of phrases in the attribution's doc."""

    act: Act
    status: Status
    addressees: list[Token] = field(default_factory=list)
    otherwise: list[Token] = field(default_factory=list)
    """Whom the speaker deals with beside the words: told, where the addressees mean nobody who is known."""
    target: Token | None = None
    about: Span | None = None
    speech: bool = True
    """False for belief and wish: nobody spoke."""
    implied: bool = False
    """Nobody is named as told; the addressees are those whom the words are for."""
    certainty: float = 1.0
    """How sure the reading of the words is; 1 where a cue or a rule names the act."""
