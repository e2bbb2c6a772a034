"""What news agencies deliver: NewsML-G2, NITF and ninjs, each item to one Article.

An item under embargo, and one that is no text, is not for publication: `NotReleased` says why, and until when. A
canceled or withheld item takes the place of the one that was delivered before: flagged as withdrawn, with a notice as
its text, so that nothing that was taken back is found or told any more. `version` is the provider's number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.errors import BadInput
from pipeline.inputs.articles import make_article
from pipeline.inputs.boilerplate import without_boilerplate
from pipeline.inputs.pages import fragment_to_text
from pipeline.inputs.text import decode_page
from pipeline.records import Article, Publisher, SourceRef

_NOTICES = {"canceled": "Canceled by its provider.", "withheld": "Withheld by its provider."}
_URI = re.compile(r"(urn|tag|https?):", re.IGNORECASE)
_MEDIA = {"media", "figure", "img", "object", "video", "audio"}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


class NotReleased(BadInput):
    """An item that its provider does not release, or not yet."""


@dataclass
class _Item:
    """What the formats have in common, as the item says it."""

    ident: str
    provider: str
    status: str = "usable"
    embargoed: str | None = None
    """Empty: until further notice."""
    version: int | None = None
    is_text: bool = True
    headline: str = ""
    markup: str = ""
    authors: list[str] = field(default_factory=list)
    first_at: str | None = None
    changed_at: str | None = None
    language: str | None = None
    section: str | None = None
    tags: list[str] = field(default_factory=list)
    note: str = ""


def articles_from_wire(
    data: bytes, *, source: SourceRef, fetched_at: datetime, max_chars: int
) -> Iterator[Article | BadInput]:
    """The articles in one document; an item that none can be made of comes out as the BadInput that says why.

    Raises BadInput for a document that is of none of the three formats.
    """
    for item in _items(data):
        try:
            yield _article(item, source, fetched_at, max_chars)
        except BadInput as error:
            yield error


def is_ninjs(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("uri"), str) and "text" not in value


def _items(data: bytes) -> Iterator[_Item]:
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start in (b"{", b"["):
        yield from _ninjs_items(data)
        return
    root = _parse(data)
    kind = _local(root)
    if kind == "nitf":
        yield _nitf(root)
    elif kind in ("newsMessage", "newsItem"):
        for element in root.iter():
            if _local(element) == "newsItem":
                yield _newsml(element)
    else:
        raise BadInput(f"Its root element is '{kind}'.", "NewsML-G2, NITF and ninjs are read.")


def _parse(data: bytes) -> Element:
    try:
        try:
            root: Element = fromstring(data)
        except (ValueError, LookupError, ParseError):
            # Expat knows few encodings, and none that is not the declared one.
            root = fromstring(_DECLARATION.sub("", decode_page(data)))
    except DefusedXmlException:
        raise BadInput("It declares entities of its own, which are not read.", "Write them out.") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise BadInput(f"It is not well-formed XML: {error}.", "Correct the document.") from None
    return root


def _newsml(item: Element) -> _Item:
    meta, content = _child(item, "itemMeta"), _child(item, "contentMeta")
    texts = [part for part in item.iter() if _local(part) in ("inlineXML", "inlineData")]
    item_class = _qcode(_child(meta, "itemClass"))
    embargo = _child(meta, "embargoed")
    provider = _child(meta, "provider")
    subjects = [_text(_child(subject, "name")) for subject in _children(content, "subject")]
    return _Item(
        ident=item.get("guid", ""),
        provider=_text(_child(provider, "name")) or provider.get("literal", "") or _qcode(provider),
        status=_qcode(_child(meta, "pubStatus")) or "usable",
        embargoed=None if embargo is _NOTHING else _text(embargo),
        version=_number(item.get("version")),
        is_text=item_class in ("", "text", "composite"),
        headline=_text(_child(content, "headline")),
        markup="".join(map(_newsml_body, texts)),
        authors=[name for name in map(_text, _children(content, "by")) if name],
        first_at=_text(_child(meta, "firstCreated")) or _text(_child(content, "contentCreated")) or None,
        changed_at=_text(_child(meta, "versionCreated")) or None,
        language=_child(content, "language").get("tag"),
        tags=[name for name in subjects if name],
        note=_text(_child(meta, "edNote")),
    )


def _newsml_body(part: Element) -> str:
    if _local(part) == "inlineData":
        return _paragraphs("".join(part.itertext()))
    return "".join(_body(element) for element in part)


def _body(element: Element) -> str:
    """The text of an inline document, headline and byline left out where they are marked."""
    body = next((part for part in element.iter() if _local(part) == "body.content"), None)
    body = body if body is not None else next((part for part in element.iter() if _local(part) == "body"), element)
    return _html(body)


def _nitf(root: Element) -> _Item:
    head, docdata = _descendant(root, "head"), _descendant(root, "docdata")
    hedline, doc_id = _descendant(root, "hedline"), _descendant(docdata, "doc-id")
    release, correction = _descendant(docdata, "date.release"), _descendant(root, "du-key")
    headline = _descendant(hedline, "hl1")
    provider = _text(_descendant(_descendant(root, "body.head"), "distributor")) or doc_id.get("regsrc", "")
    return _Item(
        ident=doc_id.get("id-string", ""),
        provider=provider,
        status=docdata.get("management-status", "usable"),
        embargoed=None if release is _NOTHING else release.get("norm"),
        version=_number(correction.get("version")),
        headline=_text(headline) or _text(hedline) or _text(_descendant(head, "title")),
        markup=_body(root),
        authors=[re.sub(r"^by\s+", "", name, flags=re.IGNORECASE) for name in map(_text, _all(root, "byline")) if name],
        first_at=_descendant(docdata, "date.issue").get("norm") or None,
        section=_descendant(head, "pubdata").get("position.section"),
        tags=[key for part in _all(docdata, "keyword") if (key := part.get("key"))],
        note=_descendant(docdata, "ed-msg").get("info", ""),
    )


def _ninjs_items(data: bytes) -> Iterator[_Item]:
    try:
        value = json.loads(decode_page(data).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"It is not valid JSON: {error}.", "Correct the document.") from None
    for item in value if isinstance(value, list) else [value]:
        if not is_ninjs(item):
            raise BadInput("It is JSON, but no ninjs: it has no 'uri'.", "Articles of your own: one a line, as .jsonl.")
        yield _ninjs(item)


def _ninjs(item: dict[str, Any]) -> _Item:
    """Version 1 writes names in small letters, version 2 with capitals inside, and lists of headlines and bodies."""

    def said(*keys: str) -> str:
        return next((item[key] for key in keys if isinstance(item.get(key), str) and item[key]), "")

    def listed(key: str) -> list[dict[str, Any]]:
        value = item.get(key)
        return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []

    bodies = {str(body.get("contentType")): str(body.get("value", "")) for body in listed("bodies")}
    html = said("body_xhtml", "body_html") or bodies.get("application/xhtml+xml") or bodies.get("text/html", "")
    plain = said("body_text") or bodies.get("text/plain", "")
    headlines = [str(headline.get("value", "")) for headline in listed("headlines")]
    provider = item.get("provider")
    return _Item(
        ident=item["uri"],
        provider=str(provider.get("name", "")) if isinstance(provider, dict) else said("copyrightholder"),
        status=said("pubstatus", "pubStatus") or "usable",
        embargoed=None if (until := item.get("embargoed")) is None else str(until),
        version=_number(item.get("version")),
        is_text=said("type") in ("", "text", "composite"),
        headline=said("headline") or next(iter(headlines), ""),
        markup=html or _paragraphs(plain),
        authors=[name for name in [said("byline", "by")] if name],
        first_at=said("firstcreated", "firstCreated", "contentcreated", "contentCreated") or None,
        changed_at=said("versioncreated", "versionCreated") or None,
        language=said("language") or None,
        tags=[name for part in listed("subject") + listed("subjects") if isinstance(name := part.get("name"), str)],
        note=said("ednote", "edNote"),
    )


def _article(item: _Item, source: SourceRef, fetched_at: datetime, max_chars: int) -> Article:
    if not item.ident:
        raise BadInput(
            "It has no identifier (guid, doc-id or uri).", "Tell the provider: without it no version is told."
        )
    withdrawn = item.status if item.status in _NOTICES else None
    if not withdrawn:
        _refuse_unreleased(item, fetched_at)
    notice = _NOTICES.get(withdrawn or "", "")
    url = item.ident if _URI.match(item.ident) else f"urn:wire:{quote(item.provider)}:{quote(item.ident)}"
    language = (item.language or "").partition("-")[0].lower()
    return make_article(
        url=url,
        title="" if withdrawn == "withheld" else item.headline,
        text=f"{notice} {item.note}".strip() if withdrawn else without_boilerplate(fragment_to_text(item.markup)),
        source=source,
        fetched_at=fetched_at,
        max_chars=max_chars,
        publisher=Publisher(id=item.provider, name=item.provider) if item.provider else None,
        authors=[] if withdrawn else item.authors,
        published_at=_moment(item.first_at) or _moment(item.changed_at),
        language=language if 2 <= len(language) <= 3 and language.isalpha() else None,
        section=item.section,
        tags=item.tags,
        flags=["withdrawn"] if withdrawn else [],
        version=item.version,
    )


def _refuse_unreleased(item: _Item, now: datetime) -> None:
    if not item.is_text:
        raise NotReleased("It is a picture or another thing that is no text.")
    if item.status not in ("usable", "embargoed"):
        raise NotReleased(f"Its provider gives it the status '{item.status}'.")
    if item.embargoed is None and item.status != "embargoed":
        return
    until = _moment(item.embargoed)
    if until is None:
        raise NotReleased("It is under embargo until further notice.")
    if until > now:
        raise NotReleased(f"It is under embargo until {until.isoformat()}.")


# -- the trees of XML ------------------------------------------------------------------------------------------------

_NOTHING = Element("nothing")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Element, name: str) -> Element:
    return next(iter(_children(element, name)), _NOTHING)


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _descendant(element: Element, name: str) -> Element:
    return next(iter(_all(element, name)), _NOTHING)


def _all(element: Element, name: str) -> list[Element]:
    return [part for part in element.iter() if _local(part) == name]


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _qcode(element: Element) -> str:
    """The code without its scheme: `stat:usable` is usable."""
    return element.get("qcode", "").rpartition(":")[2].strip().lower()


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdigit() and len(str(value)) < 10 else None


def _html(element: Element) -> str:
    """The element as HTML, without namespaces, attributes and media."""
    plain = Element("div")
    pairs = [(element, plain)]
    while pairs:
        theirs, ours = pairs.pop()
        ours.text, ours.tail = theirs.text, theirs.tail
        for child in theirs:
            name = _local(child)
            copy = Element(name if name and name not in _MEDIA else "span")
            ours.append(copy)
            if name and name not in _MEDIA:
                pairs.append((child, copy))
            else:
                copy.tail = child.tail
    return tostring(plain, encoding="unicode", method="html")


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _moment(written: str | None) -> datetime | None:
    """NITF writes times as ISO 8601 without separators."""
    try:
        moment = datetime.fromisoformat((written or "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
