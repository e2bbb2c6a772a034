"""From attributions with their speakers to statements: acts classified, records made."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from spacy.tokens import Token

from pipeline import actors
from pipeline.enrich import syntax
from pipeline.enrich.acts import SpeechAct
from pipeline.enrich.addressees import owner_of
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.confidence import confidence, doubts
from pipeline.enrich.cues import Cues
from pipeline.enrich.hearing import Heard
from pipeline.enrich.mentions import Resolved
from pipeline.enrich.parties import Cast, party_of
from pipeline.enrich.people import singular
from pipeline.enrich.plain_words import is_of_them
from pipeline.enrich.speech_acts import classify
from pipeline.enrich.stance import find_stances
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import ARMED, AUDIENCE, DETERRENT, IDLE, MOVEMENTS, RETALIATION, RULING, WORKERS
from pipeline.records import (
    WARNING_ACTS,
    Act,
    Article,
    EnrichedArticle,
    Party,
    Span,
    Statement,
    StatementRecord,
    Status,
    hash_id,
)


def fingerprint(files: Iterable[Path]) -> str:
    found = 0
    for path in files:
        found = zlib.crc32(path.read_bytes(), found)
    return f"{found:08x}"


def own_files(rules: Path) -> list[Path]:
    """Rules in a folder, their word lists and weights, and what is known of actors; not what weights are learned by."""
    found = [path for path in rules.rglob("*") if "recipe" not in path.relative_to(rules).parts]
    found += Path(actors.__file__).parent.rglob("*")
    return sorted(path for path in found if path.suffix in {".py", ".toml", ".npz"})


# Changes with every change of what reads an article, so that articles read by other rules can be told.
RULES_VERSION = f"0.2.0+{fingerprint(own_files(Path(__file__).parent))}"


def rules_version(files: Iterable[Path]) -> str:
    """The version of the rules with a user's files of cues and actors."""
    own = [Path(file) for file in files]
    return f"{RULES_VERSION}.{fingerprint(own)}" if own else RULES_VERSION


_SELF = frozenset({"it", "they", "he", "she", "its", "their", "his", "her"})
_TARGETED = frozenset({"CONDEMN", "ACCUSE", "REJECT", "SUPPORT"})
_LISTENERS = AUDIENCE - RULING
_WISHED_OR_JUDGED = _TARGETED | {"URGE", "DEMAND"}


def read_statements(article: Article, heard: Iterable[Heard], cast: Cast, cues: Cues) -> list[Statement]:
    """The statements of an article, in text order, those of the field heard first before others."""
    return [statement for field in heard for statement in _FieldReader(article, field, cast, cues).statements()]


def own_side(cast: Cast, attribution: Attribution, who: list[Resolved]) -> OwnSide:
    """Tells whether a noun phrase means one of the speakers, their state, or what is called "it" and "they" of them."""
    ids = {r.party.actor_id for r in who} - {None}
    # "Abkhazia will answer", its president says.
    ids |= {"/".join(one.split("/")[:2]) for one in ids if one is not None and one.startswith("region/")}
    countries = {r.party.country for r in who if _is_of_state(r.party, cast)} - {None}
    unplaced = not any(r.party.country for r in who)

    def is_own(noun: Token) -> bool:
        if noun.pos_ in {"PRON", "DET"}:
            return not attribution.quotations and noun.lower_ in _SELF
        if is_of_them(noun, attribution.source):
            return True
        if noun.pos_ != "PROPN" and not noun.ent_type_:
            return False
        if unplaced and attribution.source is not None and noun.ent_type_ == "GPE":
            # "Budapest stands ready …, its minister said", "…, the foreign ministry said".
            owner = syntax.possessor(attribution.source)
            own_minister = owner is None or owner.lower_ in _SELF
            acts = noun.dep_.startswith("nsubj") and not _is_conditional(noun.head)
            return own_minister and attribution.source.pos_ == "NOUN" and acts
        meant = cast.resolve(noun)
        return any(r.party.actor_id in ids or (r.party.kind == "state" and r.party.country in countries) for r in meant)

    return is_own


def _is_of_state(party: Party, cast: Cast) -> bool:
    """Whether a party is of its state's power: ministers and officials are; rebels, unions and regions are not."""
    named = f"{party.name} {party.affiliation or ''}".casefold().replace("’", "'").split()
    if not MOVEMENTS.isdisjoint(singular(word.strip("'")) for word in named):
        return False
    if (party.actor_id or "").startswith("region/"):
        return False
    body_id = party.actor_id if party.kind == "organisation" else None
    if party.kind == "person" and party.affiliation:
        found = cast.directory.find(party.affiliation, at=cast.at)
        body_id = found[0].actor.id if found and found[0].actor.kind == "organisation" else None
    return body_id is None or party.country is None or body_id.startswith(f"{party.country.lower()}/")


def _is_conditional(verb: Token) -> bool:
    """ "If Mogadishu signs, …": under a condition, others act."""
    return verb.dep_ == "advcl" and any(c.dep_ == "mark" and c.lower_ in {"if", "unless", "should"} for c in verb.lefts)


class _FieldReader:
    """Turns the attributions of one field into statements, in text order."""

    def __init__(self, article: Article, heard: Heard, cast: Cast, cues: Cues) -> None:
        self.article = article
        self.field = heard.field
        self.doc = heard.doc
        self.attributions = heard.attributions
        self.speakers = heard.speakers
        self.cast = cast
        self.cues = cues

    def statements(self) -> list[Statement]:
        acts = self._acts()
        inner: dict[int, list[Attribution]] = {}
        for attribution in self.attributions:
            if attribution.parent is not None:
                inner.setdefault(id(attribution.parent), []).append(attribution)
        found = {id(a): self._statement(a, inner.get(id(a), []), acts) for a in self.attributions}
        for attribution in self.attributions:
            if attribution.parent is not None:
                found[id(attribution)].parent_id = found[id(attribution.parent)].statement_id
        return list(found.values())

    def _acts(self) -> dict[int, SpeechAct]:
        """By id of the attribution."""
        passing_on = {
            id(a.parent)
            for a in self.attributions
            if a.parent is not None and a.frame is not None and a.frame.entry.act not in {"STATE", "PREDICT"}
        }
        acts: dict[int, SpeechAct] = {}
        for attribution in self.attributions:
            own = own_side(self.cast, attribution, self.speakers[id(attribution)])
            acts[id(attribution)] = classify(attribution, self.cues, own, passes_on=id(attribution) in passing_on)
        return acts

    def _statement(self, attribution: Attribution, inner: list[Attribution], acts: dict[int, SpeechAct]) -> Statement:
        act = acts[id(attribution)]
        who = self.speakers[id(attribution)]
        by_cue = attribution.frame is not None and attribution.frame.entry.act == act.act
        home = set() if by_cue else {r.party.country for r in who} - {None}
        told = self._told(act, act.addressees, home) or self._told(act, act.otherwise, home)
        who = _as_powers(who, told)
        outer = list(_outer(attribution))
        relays = [r for token in attribution.relays for r in self.cast.resolve(token)]
        own = {r.party.actor_id for r in who}
        relays += [r for a in outer for r in self.speakers[id(a)] if r.party.actor_id not in own]
        status = _status_inside(act.status, [acts[id(a)] for a in outer], quoted=bool(attribution.quotations))
        label = _act_by_speaker(act, who)
        denied = [acts[id(a)] for a in inner if acts[id(a)].act not in {"STATE", "PREDICT", "OTHER"}]
        if label == "DENY" and denied:
            # "denied warning Manila": the news is the denial of that act towards the same addressee.
            status = "denied"
            told = told or self._parties(denied[0].addressees)
        targets = (
            [self._owner(act.target)] if act.target is not None and label in _TARGETED else [r.party for r in told]
        )
        statement = Statement(
            statement_id=self._id(attribution),
            field=self.field,
            kind=attribution.kind,
            content=attribution.content,
            source=attribution.source_span,
            cue=attribution.cue,
            closed=attribution.closed,
            speakers=[r.party for r in who],
            relays=_parties_once(relays),
            act=label,
            act_basis="cue" if attribution.frame is not None and attribution.frame.entry.act == label else "words",
            act_certainty=round(act.certainty, 2) if label == act.act else 1.0,
            status=status,
            addressees=[r.party for r in told] or ([t for t in targets if t is not None] if label in _TARGETED else []),
            about=act.about,
            stances=find_stances(label, status, [t for t in targets if t is not None], attribution.cue),
        )
        statement.alertable = self._is_alertable(statement, who, named=bool(told) and not act.implied)
        statement.doubts = doubts(statement, attribution, act, who)
        statement.confidence = confidence(statement)
        return statement

    def _told(self, act: SpeechAct, tokens: list[Token], home: set[str | None]) -> list[Resolved]:
        """Who is told: of a warning, not those who only pass it on or listen, as a parliament at home does."""
        told = self._parties(tokens)
        if act.act not in WARNING_ACTS:
            return told
        abroad = [
            r for r in told if not r.relay and (r.party.country not in home or _head_word(r.party.name) not in RULING)
        ]
        return [r for r in abroad if r.party.country or _head_word(r.party.name) not in _LISTENERS]

    def _parties(self, tokens: list[Token]) -> list[Resolved]:
        found: list[Resolved] = []
        for token in tokens:
            found.extend(self.cast.resolve(token))
            found.extend(r for r in self._highlighted(token) if r.party.name not in {f.party.name for f in found})
        return found

    def _highlighted(self, token: Token) -> list[Resolved]:
        """ "all parties, particularly Israel,": who is singled out is told too."""
        after = self.doc[token.i + 1 : min(token.i + 5, len(self.doc))]
        if not any(t.lower_ in {"particularly", "especially", "notably", "including"} for t in after):
            return []
        for candidate in after:
            if candidate.ent_type_ in {"GPE", "ORG", "PERSON"}:
                return self.cast.resolve(candidate)
        return []

    def _owner(self, target: Token | None) -> Party | None:
        if target is None:
            return None
        owner = owner_of(target)
        resolved = self.cast.resolve(owner)
        if not resolved:
            return None
        party = resolved[0].party
        if party.kind in {None, "group"} and owner.ent_type_ == "NORP":
            actor = self.cast.directory.demonym(owner.text)
            if actor is not None:
                return party_of(actor, party.span)
        return party

    def _id(self, attribution: Attribution) -> str:
        places = ",".join(f"{s}-{e}" for s, e in attribution.content)
        return hash_id(
            self.article.article_id, self.field, places, str(attribution.cue or ""), str(attribution.source_span or "")
        )

    def _is_alertable(self, statement: Statement, who: list[Resolved], *, named: bool) -> bool:
        if statement.act not in WARNING_ACTS or statement.status != "asserted":
            return False
        if not any(r.political for r in who):
            return False
        named = named or (statement.act_basis == "words" and bool(statement.addressees))
        armed = _head_word(who[0].party.name) in ARMED
        if statement.act == "WARN" and not named and who[0].party.country is None and not armed:
            # An international body that tells of hunger or heat alerts the world; it does not warn anybody off,
            # unless its words deter.
            said = " ".join(syntax.text_of(self.doc)[s:e] for s, e in statement.content).lower()
            return bool(DETERRENT.search(said) or RETALIATION.search(said))
        return True


def _outer(attribution: Attribution) -> Iterator[Attribution]:
    """The attributions inside whose content this one stands, the nearest first."""
    outer = attribution.parent
    while outer is not None:
        yield outer
        outer = outer.parent


def _status_inside(status: Status, outer: Iterable[SpeechAct], *, quoted: bool) -> Status:
    """The status of an act that is told inside others, the nearest first: "denied that it had warned"."""
    for act in outer:
        if act.act == "DENY":
            status = "denied"
        elif status != "asserted":
            continue
        elif act.status != "asserted":
            status = act.status
        elif act.act in _WISHED_OR_JUDGED and not quoted:
            status = "background"
        elif not act.speech:
            status = "hypothetical"
    return status


def _head_word(name: str) -> str:
    words = name.casefold().split()
    return words[-1].removesuffix("s") if words else ""


def _act_by_speaker(act: SpeechAct, who: list[Resolved]) -> Act:
    """Analysts predict; a court, a utility or a weather service gives notice. Only political actors warn."""
    if act.act not in WARNING_ACTS or not who or any(r.political for r in who):
        return act.act
    if any(r.expert for r in who):
        return "PREDICT"
    return "OTHER" if act.certainty == 1 else "STATE"


def _as_powers(who: list[Resolved], told: list[Resolved]) -> list[Resolved]:
    """A central bank that speaks to markets is a technical body; to a government or a region it speaks as the state.

    Workers and their associations are a power to a government as well, not to their firms.
    """
    if not any(r.party.kind in {"state", "region"} or (r.political and r.party.country) for r in told):
        return who
    powers = (_is_central_bank(r.party) or _head_word(r.party.name) in WORKERS for r in who)
    return [replace(r, political=True) if power else r for r, power in zip(who, powers, strict=True)]


def _is_central_bank(party: Party) -> bool:
    return party.actor_id is not None and party.actor_id.endswith("/central-bank")


def _parties_once(resolved: list[Resolved]) -> list[Party]:
    found: list[Party] = []
    for one in resolved:
        if all(one.party.name != seen.name for seen in found):
            found.append(one.party)
    return found


# -- records for claims and alerts ----------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_]{3,}|\d[\d.,]*")


def statement_records(enriched: EnrichedArticle) -> list[StatementRecord]:
    """One record for each statement of an article, with what claims and rules need of the article.

    Claims read them in this order: acts that a cue names first, as their matter is the plainest; then acts read from
    the words, which join them; the title's last, as a headline says in a few words what the text told.
    """
    in_order = sorted(enriched.statements, key=lambda s: (s.field == "title", s.act_basis == "words"))
    return [_record(enriched, statement) for statement in in_order]


def _record(enriched: EnrichedArticle, statement: Statement) -> StatementRecord:
    text = enriched.title if statement.field == "title" else enriched.text
    evidence = _evidence_span(statement)
    named = {p.actor_id for p in [*statement.speakers, *statement.addressees] if p.actor_id}
    named |= {p.country for p in [*statement.speakers, *statement.addressees] if p.country}
    said = " ".join(text[s:e] for s, e in statement.content)
    others = [
        e.actor_id
        for e in enriched.entities
        if e.actor_id
        and e.field == statement.field
        and evidence[0] <= e.span[0] < evidence[1]
        and e.actor_id not in named
        and (e.country or "") not in named
    ]
    return StatementRecord(
        statement=statement,
        words=said or text[slice(*evidence)],
        evidence=text[slice(*evidence)],
        matter=_matter(said or text[slice(*evidence)], [*statement.speakers, *statement.addressees], text),
        actor_ids=sorted(set(others)),
        article_id=enriched.article_id,
        revision=enriched.revision,
        url=enriched.url,
        title=enriched.title,
        language=enriched.language,
        publisher=enriched.publisher,
        source=enriched.source,
        published_at=enriched.published_at,
        fetched_at=enriched.fetched_at,
        first_seen_at=enriched.first_seen_at,
        story_id=enriched.story_id,
        backfill=enriched.backfill,
    )


def _evidence_span(statement: Statement) -> Span:
    spans = [s for s in (statement.source, statement.cue, *statement.content) if s is not None]
    spans += [p.span for p in statement.addressees if p.span is not None]
    if not spans:
        return 0, 0
    return min(s for s, _ in spans), max(e for _, e in spans)


def _matter(words: str, parties: list[Party], text: str) -> list[str]:
    """Content words in lower case and without endings, in text order; the names of speakers and addressees left out."""
    names = {w for p in parties for w in f"{p.name} {p.country_name or ''}".casefold().split()}
    names |= {w for p in parties if p.span for w in text[slice(*p.span)].casefold().split()}
    found: list[str] = []
    for match in _WORD.finditer(words.casefold()):
        word = match.group()
        if word in IDLE or word in names:
            continue
        stem = _stem(word)
        if stem not in found:
            found.append(stem)
    return found


def _stem(word: str) -> str:
    """A rough stem, equal for the forms of a word: enough to compare two statements by."""
    for ending in ("ations", "ation", "ingly", "ing", "ally", "ies", "ily", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
