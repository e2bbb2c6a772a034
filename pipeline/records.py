"""The records that travel: JSON with a `schema_version`, unknown fields kept, times in UTC.

Text positions are half-open code-point ranges into the field they name (`title` or `text`) of the unmodified article.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

SCHEMA_VERSION = 1

Span = tuple[int, int]
FieldName = Literal["title", "text"]
Kind = Literal["direct", "mixed", "indirect"]
Act = Literal[
    "WARN",
    "THREATEN",
    "DEMAND",
    "URGE",
    "CONDEMN",
    "ACCUSE",
    "REJECT",
    "DENY",
    "SUPPORT",
    "PROMISE",
    "STATE",
    "PREDICT",
    "OTHER",
]
Status = Literal["asserted", "negated", "denied", "background", "future", "hypothetical", "question"]
Flag = Literal["paywall", "stub", "future_date", "withdrawn"]
"""paywall: only the part before the wall is there. stub: hardly more than a headline. future_date: it stated a time of
publication after that of fetching, which stands in its place. withdrawn: its provider has taken it back."""
WARNING_ACTS: frozenset[str] = frozenset({"WARN", "THREATEN"})


def _as_utc(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC: connectors resolve zones before they make a record."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _as_iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


UtcTime = Annotated[
    datetime,
    AfterValidator(_as_utc),
    PlainSerializer(_as_iso, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def hash_id(*parts: str) -> str:
    """32 hexadecimal digits that depend on all parts and on their order."""
    return hashlib.sha256("\x1f".join(parts).encode("utf8", "surrogatepass")).hexdigest()[:32]


class Record(BaseModel):
    """Base of all records: unknown fields travel along, so that an older worker loses nothing of a newer one."""

    model_config = ConfigDict(extra="allow", validate_assignment=False)

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=False).encode("utf8")


class Publisher(Record):
    """Who publishes an article. `country` is an ISO 3166 alpha-3 code."""

    id: str
    name: str | None = None
    country: str | None = None


class SourceRef(Record):
    """Where an article came from: the kind of connector, and which feed, file or site of it."""

    connector: str
    id: str
    guid: str | None = None
    """What the source itself calls the article, where it has a name for it that no other entry has."""


class Article(Record):
    """One news article in one revision, whatever the source."""

    schema_version: int = SCHEMA_VERSION
    article_id: str
    url: str
    canonical_url: str
    publisher: Publisher | None = None
    title: str = ""
    text: str
    language: str | None = None
    authors: list[str] = Field(default_factory=list)
    published_at: UtcTime | None = None
    fetched_at: UtcTime
    first_seen_at: UtcTime
    revision: int = 1
    content_hash: str
    source: SourceRef
    tags: list[str] = Field(default_factory=list)
    section: str | None = None
    """Part of the paper that the publisher puts it in, as written."""
    flags: list[Flag] = Field(default_factory=list)
    """What is wrong with the article as it was received; empty for nearly all."""
    story_id: str | None = None
    """Shared by copies of one text, cut and edited ones included: they are one independent source."""
    backfill: bool = False
    """True for archives and reprocessing: indexed as usual, but never alerted on."""

    @staticmethod
    def id_of(canonical_url: str) -> str:
        return hash_id(canonical_url)

    @staticmethod
    def content_hash_of(title: str, text: str) -> str:
        return hash_id(title, text)


class Party(Record):
    """Somebody who speaks, is spoken to, or is spoken about.

    `name` is the resolved actor's name where there is one, else the words of the text. `span` is where the article
    names the party in the field of its statement; None when it is only implied.
    """

    name: str
    actor_id: str | None = None
    kind: str | None = None
    country: str | None = None
    country_name: str | None = None
    affiliation: str | None = None
    affiliation_id: str | None = None
    """Actor id of the affiliation, for people who speak for a body without a country."""
    role: str | None = None
    span: Span | None = None

    @property
    def side(self) -> str:
        """Whom the party stands for: its country, its body, itself, or else its name as written."""
        return self.country or self.affiliation_id or self.actor_id or self.name.casefold()


class Stance(Record):
    """The speaker's polarity (-1, 0, 1) towards a target, with the words that show it.

    `confidence` is the calibrated one of a polarity read from the words; a stance that an act itself shows has none.
    """

    target: Party
    polarity: int
    evidence: Span | None = None
    confidence: float | None = None


class Statement(Record):
    """One reported communicative act: words quoted or reported, or an act without words.

    `content` holds what is said in text order, several spans when it is split. `relays` passed the words on (an
    agency, an aide) and did not say them. `alertable`: a warning or threat, asserted now, by a political actor.
    """

    statement_id: str
    field: FieldName = "text"
    kind: Kind
    content: list[Span] = Field(default_factory=list)
    source: Span | None = None
    cue: Span | None = None
    closed: bool = True
    speakers: list[Party] = Field(default_factory=list)
    relays: list[Party] = Field(default_factory=list)
    act: Act = "STATE"
    act_basis: Literal["cue", "words"] = "cue"
    """Whether the reporting word names the act ("warned"), or it was read from what is said and how it is framed."""
    act_certainty: float = 1.0
    """How sure the act is: 1 where a word or a rule names it, less where a model read it from plain words."""
    status: Status = "asserted"
    addressees: list[Party] = Field(default_factory=list)
    about: Span | None = None
    stances: list[Stance] = Field(default_factory=list)
    alertable: bool = False
    confidence: float = 0.5
    """The calibrated probability that these words are this source's and, if `alertable`, that they warn or threaten."""
    doubts: list[str] = Field(default_factory=list)
    """What may speak against it, by the names of `pipeline.enrich.confidence`; most of them lower `confidence`."""
    claim_id: str | None = None
    parent_id: str | None = None
    """The statement inside whose content this one stands (speech inside speech)."""


class Entity(Record):
    """A named entity as it stands in the text, linked to an actor where one is known."""

    field: FieldName = "text"
    span: Span
    label: str
    name: str
    actor_id: str | None = None
    country: str | None = None


class EnrichedArticle(Article):
    """An article with what was found in it. `id` is what the user called it: the article id, or a file's stem."""

    id: str
    model: str
    """Name and version of the language model; empty when the language is not one we read."""
    rules: str = ""
    """Version of our own rules and actor data, and of the user's files of cues and actors where there are any."""
    entities: list[Entity] = Field(default_factory=list)
    statements: list[Statement] = Field(default_factory=list)


class StatementRecord(Record):
    """One statement on its way to claims and alerts, with what is needed of its article."""

    schema_version: int = SCHEMA_VERSION
    statement: Statement
    words: str
    """What was said, as written; the evidence sentence for an act without words."""
    evidence: str
    """The passage from the statement's first to its last span, as written."""
    matter: list[str] = Field(default_factory=list)
    """Content lemmas and names of the statement, for telling one matter from another."""
    actor_ids: list[str] = Field(default_factory=list)
    """Actors named in the evidence, speakers and addressees left out."""
    side: str | None = None
    """For whom the first speaker speaks, as the whole article tells it (pipeline.alerts.sides)."""
    context: list[str] = Field(default_factory=list)
    """Content words of the headline and the first sentences, and the states that they name."""
    article_id: str
    revision: int = 1
    url: str
    title: str = ""
    language: str | None = None
    publisher: Publisher | None = None
    source: SourceRef
    published_at: UtcTime | None = None
    fetched_at: UtcTime
    first_seen_at: UtcTime
    story_id: str | None = None
    backfill: bool = False

    @property
    def key(self) -> str:
        """Kafka key: the side of the first speaker, so that one worker sees all that one side says."""
        if self.side:
            return self.side
        speakers = self.statement.speakers
        return speakers[0].side if speakers else "unknown"

    @property
    def said_at(self) -> datetime:
        return self.published_at or self.first_seen_at

    @property
    def evidence_at(self) -> int:
        """Where in its field the evidence begins: at the first of the statement's spans."""
        spans = [span for span in (self.statement.source, self.statement.cue, *self.statement.content) if span]
        spans += [party.span for party in self.statement.addressees if party.span]
        return min((span[0] for span in spans), default=0)

    def wording(self, span: Span | None) -> str:
        """The words at a span of the field, so far as they are evidence."""
        if span is None:
            return ""
        start, end = (max(at - self.evidence_at, 0) for at in span)
        return self.evidence[start:end]


AlertState = Literal["open", "acknowledged", "muted", "closed"]


class Telling(Record):
    """One statement that tells a claim."""

    statement_id: str
    article_id: str
    revision: int = 1
    url: str
    title: str = ""
    publisher: Publisher | None = None
    source: SourceRef | None = None
    story_id: str | None = None
    act: Act = "WARN"
    words: str
    matter: list[str] = Field(default_factory=list)
    """What it is about, normalised so that other words for the same matter compare equal (pipeline.alerts.matter)."""
    clarity: int = 0
    """How well its words tell the claim by themselves, for choosing those that an alert shows."""
    said_at: UtcTime
    because: str = ""
    """Why it joined the claim, or why it raised no alert of its own."""


class Delivery(Record):
    """One message to one channel about one alert: when it is due, and what has become of it.

    `dropped`: nobody is to be told any more, or a like alert has just gone. A `sending` one whose `due_at` has passed
    was left by a worker that died: it is sent again, under the same key.
    """

    channel: str
    state: Literal["due", "sending", "sent", "failed", "dropped"] = "due"
    due_at: UtcTime
    digest: str = ""
    news: Literal["", "withdrawn", "told again"] = ""
    """What the message says beyond the alert itself: a follow-up to one that was sent."""
    because: str = ""
    attempts: int = 0
    replays: int = 0
    """How often it was taken up again from the dead letters."""
    changed_at: UtcTime | None = None
    error: str = ""


class Firing(Record):
    """A rule met by a claim, and by which of its tellings. `created_at` is None until the alert is due."""

    rule: str
    statement_id: str
    about: str = ""
    why: str
    confidence: float
    created_at: UtcTime | None = None
    deliveries: list[Delivery] = Field(default_factory=list)
    held_back: str = ""
    """The alert that has just gone out instead, by the rule's throttle."""
    similar: list[str] = Field(default_factory=list)
    """Alerts that this one holds back."""


class Claim(Record):
    """One act by one side to one addressee on one matter within a time window, however often it is told."""

    schema_version: int = SCHEMA_VERSION
    claim_id: str
    act: Act
    status: Status = "asserted"
    side: str
    speakers: list[Party] = Field(default_factory=list)
    addressees: list[Party] = Field(default_factory=list)
    told_sides: list[str] = Field(default_factory=list)
    """Sides of those addressees whom a telling names as told, not only in its words."""
    matter: list[str] = Field(default_factory=list)
    actor_ids: list[str] = Field(default_factory=list)
    tellings: list[Telling] = Field(default_factory=list)
    suppressed: list[Telling] = Field(default_factory=list)
    """Statements about this claim that are no news: retold as background, planned, denied."""
    firings: list[Firing] = Field(default_factory=list)
    first_seen_at: UtcTime
    last_seen_at: UtcTime


class AlertSource(Record):
    """One article behind an alert."""

    article_id: str
    url: str
    title: str = ""
    publisher: Publisher | None = None
    story_id: str | None = None
    words: list[str] = Field(default_factory=list)
    said_at: UtcTime
    withdrawn_in: int | None = None
    """The revision of the article that tells the act no more."""


class StateChange(Record):
    """What somebody decided about an alert."""

    state: AlertState
    at: UtcTime
    by: str = ""
    note: str = ""
    until: UtcTime | None = None
    """When a muted alert speaks up again by itself; None for never."""


class Alert(Record):
    """A rule met by a claim for the first time. Later tellings raise `sources`, they make no new alert.

    What users decide (`state`, `muted_until`, `history`) is theirs: no later telling changes it.
    """

    schema_version: int = SCHEMA_VERSION
    alert_id: str
    rule: str
    claim_id: str
    state: AlertState = "open"
    muted_until: UtcTime | None = None
    history: list[StateChange] = Field(default_factory=list)
    act: Act
    speakers: list[Party]
    addressees: list[Party] = Field(default_factory=list)
    about: str = ""
    words: str
    why: str
    """Which parts of the rule were met, and by what."""
    confidence: float
    sources: list[AlertSource] = Field(default_factory=list)
    publisher_count: int = 0
    tellings: list[Telling] = Field(default_factory=list)
    """Every statement of its claim, oldest first, each with why it joined."""
    suppressed: list[Telling] = Field(default_factory=list)
    """What was said about its claim that is no news, each with why it raised no alert."""
    deliveries: list[Delivery] = Field(default_factory=list)
    held_back: str = ""
    """The alert that has just gone out instead, by the rule's throttle."""
    similar: list[str] = Field(default_factory=list)
    """Alerts that this one holds back."""
    first_seen_at: UtcTime
    last_seen_at: UtcTime
    created_at: UtcTime

    @property
    def joined_count(self) -> int:
        """Tellings that joined the first one instead of making an alert of their own."""
        return max(len(self.tellings) - 1, 0)

    def state_at(self, now: datetime) -> AlertState:
        """The state; an alert whose mute has run out is open again."""
        over = self.state == "muted" and self.muted_until is not None and self.muted_until <= now
        return "open" if over else self.state


class SourceHealth(Record):
    """How a followed source is doing, after each time it was asked. `source_id` is the address in the source list.

    `silent`: it answers, but has had nothing new for longer than it usually takes. `articles_a_day` is the mean of the
    last week.
    """

    schema_version: int = SCHEMA_VERSION
    source_id: str
    kind: str
    publisher: str | None = None
    state: Literal["ok", "silent", "failing"] = "ok"
    moved_to: str | None = None
    last_fetch_at: UtcTime | None = None
    last_success_at: UtcTime | None = None
    last_article_at: UtcTime | None = None
    last_error_at: UtcTime | None = None
    last_error: str | None = None
    failure_count: int = 0
    """Failures since the last success."""
    refused_count: int = 0
    """Entries of the last reading that no article could be made of."""
    last_refusal: str | None = None
    article_count: int = 0
    articles_a_day: float = 0.0
    next_fetch_at: UtcTime | None = None
    updated_at: UtcTime


class DeadLetter(Record):
    """A record given up on: the original bytes (base64), where it failed and why, so that it can be replayed."""

    schema_version: int = SCHEMA_VERSION
    letter_id: str
    step: str
    reason: str
    error_type: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    key: str | None = None
    value: str = ""
    truncated: bool = False
    failed_at: UtcTime


RECORDS: tuple[type[Record], ...] = (
    Article,
    EnrichedArticle,
    StatementRecord,
    Claim,
    Alert,
    SourceHealth,
    DeadLetter,
)


def json_schema() -> dict[str, Any]:
    """JSON Schema of every record that travels on a topic, by record name."""
    return {record.__name__: record.model_json_schema(mode="serialization") for record in RECORDS}
