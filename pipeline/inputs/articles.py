"""Making an Article: the one place that sets its id, hash and times and refuses what is no article."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from pipeline.errors import BadInput
from pipeline.inputs.text import split_title
from pipeline.inputs.urls import canonical_url
from pipeline.records import Article, Publisher, SourceRef

_OURS = {"schema_version", "article_id", "id", "canonical_url", "first_seen_at", "revision", "content_hash", "source"}
"""Fields that are worked out here: a JSON line may have them, say from an export, without being believed."""

_CLOCKS_APART = timedelta(minutes=10)
"""A date in the future by less is no fault: clocks differ."""


def make_article(
    *,
    url: str,
    title: str,
    text: str,
    source: SourceRef,
    fetched_at: datetime,
    max_chars: int,
    **fields: Any,
) -> Article:
    """An Article in revision 1; `fields` are further fields of the record, unknown ones included.

    A publication date in the future is set to `fetched_at`, and flagged: it would keep an article on top of every
    list.
    Raises BadInput for a text that is blank or longer than `max_chars`, and for fields of the wrong type.
    """
    title = " ".join(title.split())
    _refuse_half_characters(title, text, fields)
    if not text.strip():
        raise BadInput("It has no text.", "Check that the article's body is in it.")
    if len(text) > max_chars:
        raise BadInput(
            f"Its text has {len(text):,} characters; at most {max_chars:,} are read.",
            "Split it into articles, or raise DEMARCHE_MAX_ARTICLE_CHARS.",
        )
    canonical = canonical_url(url)
    try:
        article = Article(
            **{
                **fields,
                "article_id": Article.id_of(canonical),
                "url": url,
                "canonical_url": canonical,
                "title": title,
                "text": text,
                "content_hash": Article.content_hash_of(title, text),
                "fetched_at": fetched_at,
                "first_seen_at": fetched_at,
                "source": source,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"Its field '{key}' cannot be used: {first['msg']}.") from None
    if article.published_at and article.published_at > article.fetched_at:
        if article.published_at - article.fetched_at > _CLOCKS_APART:
            article.flags = [*article.flags, "future_date"]
        article.published_at = article.fetched_at
    return article


def _refuse_half_characters(title: str, text: str, fields: dict[str, Any]) -> None:
    """JSON can spell half of a character (a lone surrogate), which no UTF-8 can carry on."""
    try:
        for part in (title, text, json.dumps(fields, ensure_ascii=False, default=str)):
            part.encode("utf8")
    except UnicodeEncodeError:
        raise BadInput("It holds half of a character (a lone surrogate).", "Encode it as UTF-8 again.") from None


def article_from_text(raw: str, *, url: str, source: SourceRef, fetched_at: datetime, max_chars: int) -> Article:
    """An article from the text of a file, with its headline as title where it has one."""
    title, text = split_title(raw)
    return make_article(url=url, title=title, text=text, source=source, fetched_at=fetched_at, max_chars=max_chars)


def article_from_line(
    line: str, *, file_url: str, connector: str, stem: str, fetched_at: datetime, max_chars: int
) -> Article:
    """An article from one line of JSONL: an object with `text`, and any other field of an Article.

    `publisher` may be an object or a name. A line without `url` gets the file's with its `id` behind `#`, so that a
    changed text under the same id is a revision; without an id its content names it, whatever line it moves to.
    Fields that we do not know are kept. Raises BadInput.
    """
    return article_from_fields(
        _parse(line), file_url=file_url, connector=connector, stem=stem, fetched_at=fetched_at, max_chars=max_chars
    )


def article_from_fields(
    fields: dict[str, Any], *, file_url: str, connector: str, stem: str, fetched_at: datetime, max_chars: int
) -> Article:
    """An article from what a line of JSONL says, as above; for those who have the object already. Raises BadInput."""
    fields = dict(fields)
    title, text, url, ident = (_string(fields, key) for key in ("title", "text", "url", "id"))
    if "text" not in fields:
        raise BadInput("It has no field 'text'.", 'Each line needs one, as in {"title": "…", "text": "…"}.')
    if isinstance(fields.get("publisher"), str):
        name = fields["publisher"].strip()
        fields["publisher"] = Publisher(id=name, name=name) if name else None
    for key in ("authors", "tags"):
        if isinstance(fields.get(key), str):
            fields[key] = [fields[key]]
        elif fields.get(key) is None:
            fields.pop(key, None)
    mark = ident or Article.content_hash_of(title, text)[:16]
    return make_article(
        url=url or f"{file_url}#{mark}",
        title=title,
        text=text,
        source=SourceRef(connector=connector, id=ident or stem),
        fetched_at=fetched_at,
        max_chars=max_chars,
        **{k: v for k, v in fields.items() if k not in _OURS | {"url", "title", "text", "fetched_at"}},
    )


def _parse(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"It is not valid JSON: {error.msg} at character {error.colno}.", "Correct that line.") from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"Its JSON cannot be read: {error}.", "Correct that line.") from None
    if not isinstance(value, dict):
        raise BadInput(
            f"It is a JSON {type(value).__name__}, not an object.",
            'Each line must be an object, as in {"title": "…", "text": "…"}.',
        )
    return value


def _string(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if key == "id" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise BadInput(f"Its field '{key}' is a {type(value).__name__}, not a string.", "Correct that line.")
    return value
