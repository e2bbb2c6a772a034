"""What a message says: who, what, to whom, about what, the words, the sources, why it fired, and where to answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from pipeline.errors import BadSetting
from pipeline.records import Alert, AlertSource, Party, Publisher, hash_id

_SOURCES_MAX = 10
_VERBS = {
    "WARN": "warns",
    "THREATEN": "threatens",
    "DEMAND": "makes a demand of",
    "URGE": "urges",
    "CONDEMN": "condemns",
    "ACCUSE": "accuses",
    "REJECT": "rejects",
    "DENY": "denies",
    "SUPPORT": "supports",
    "PROMISE": "promises",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message for any channel. `key` is the same whenever the same is sent once more."""

    key: str
    subject: str
    text: str
    html: str
    payload: bytes
    """JSON, for webhooks."""


def make_message(
    alerts: Sequence[Alert],
    *,
    key: str,
    digest: str = "",
    news: str = "",
    web_address: str = "",
    template: Path | None = None,
) -> Message:
    """A message about one alert, what has become of it (`news`), or a digest of several.

    Raises BadSetting for a template that cannot be used.
    """
    views = [_view(alert, web_address) for alert in alerts]
    subject = _subject(views, digest, news)
    values = {"alerts": views, "subject": subject, "digest": digest, "news": news}
    return Message(
        key=key,
        subject=subject,
        text=_text(template, values),
        html=_templates(html=True).get_template("html.j2").render(values),
        payload=_payload(alerts, views, key, digest, news),
    )


def sample_alert(now: datetime) -> Alert:
    """A made-up alert, to try a channel with."""
    source = AlertSource(
        article_id="sample", url="https://example.org/sample", publisher=Publisher(id="The Example"), said_at=now
    )
    return Alert(
        alert_id=hash_id("sample", now.isoformat()),
        rule="test-channel",
        claim_id="sample",
        act="WARN",
        speakers=[Party(name="Ruritania")],
        addressees=[Party(name="Graustark")],
        about="a dam on the Mirow",
        words="This is a test of a channel; nobody has warned anybody.",
        why="somebody ran `demarche alerts test-channel`",
        confidence=1.0,
        sources=[source],
        publisher_count=1,
        first_seen_at=now,
        last_seen_at=now,
        created_at=now,
    )


def message_key(channel: str, alert_ids: Sequence[str], news: str = "") -> str:
    """By which a receiver knows a message that comes twice."""
    return hash_id("message", channel, *sorted(alert_ids), *filter(None, [news]))


def _subject(views: Sequence[dict[str, Any]], digest: str, news: str) -> str:
    if len(views) == 1 and not digest:
        view = views[0]
        subject = f"{news.capitalize()}: " if news else ""
        subject += f"{view['who']} {view['verb']} {view['whom']}".strip()
    else:
        subject = f"{len(views)} alert{'s' if len(views) != 1 else ''}, {digest or 'together'}"
    return " ".join(subject.split())[:200]


def _payload(alerts: Sequence[Alert], views: Sequence[dict[str, Any]], key: str, digest: str, news: str) -> bytes:
    """The alerts as records, less what is our own business."""
    kept = [
        {**alert.model_dump(mode="json", exclude={"history", "deliveries", "tellings"}), "link": view["link"]}
        for alert, view in zip(alerts, views, strict=True)
    ]
    message = {"key": key, "digest": digest or None, "news": news or None, "alerts": kept}
    return json.dumps(message, ensure_ascii=False).encode("utf8", "replace")


def _view(alert: Alert, web_address: str) -> dict[str, Any]:
    """The values that templates may use."""
    return {
        "alert_id": alert.alert_id,
        "short_id": alert.alert_id[:8],
        "who": _names(alert.speakers) or "Somebody",
        "verb": _VERBS.get(alert.act, f"({alert.act.lower()})"),
        "whom": _names(alert.addressees),
        "about": " ".join(alert.about.split()),
        "words": " ".join(alert.words.split()),
        "act": alert.act,
        "rule": alert.rule,
        "why": alert.why,
        "confidence": f"{alert.confidence:.2f}",
        "publishers": alert.publisher_count,
        "similar": len(alert.similar),
        "sources": [
            {
                "url": source.url,
                "linked": source.url.startswith(("http://", "https://")),
                "title": source.title,
                "publisher": (source.publisher.name or source.publisher.id) if source.publisher else "unknown",
                "at": f"{source.said_at:%Y-%m-%d %H:%M} UTC",
            }
            for source in alert.sources[:_SOURCES_MAX]
        ],
        "more": max(len(alert.sources) - _SOURCES_MAX, 0),
        "link": f"{web_address.rstrip('/')}/alerts/{alert.alert_id}" if web_address else "",
    }


def _names(parties: Sequence[Party]) -> str:
    """A country once, however many speak for it."""
    return ", ".join(dict.fromkeys(party.country_name or party.name for party in parties))


def _text(template: Path | None, values: dict[str, Any]) -> str:
    if template is None:
        return _templates(html=False).get_template("text.j2").render(values).strip() + "\n"
    try:
        source = template.read_text("utf8")
        return SandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(source).render(values)
    except (OSError, UnicodeDecodeError, TemplateError) as error:
        raise BadSetting(f"The template {template} cannot be used: {error}.", "See docs/alerts.md.") from error


@lru_cache(maxsize=2)
def _templates(*, html: bool) -> Environment:
    loader = PackageLoader("pipeline.delivery")
    return Environment(loader=loader, autoescape=html, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - text is not HTML
