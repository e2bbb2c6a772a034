"""Source lists of feed readers: OPML in and out."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import defusedxml.ElementTree
import listparser
from defusedxml.common import DefusedXmlException

from connectors.sources import Source
from pipeline.errors import BadInput
from pipeline.inputs.urls import host_of


def read_opml(data: bytes) -> tuple[list[Source], list[str]]:
    """The feeds in an OPML file, and a line for each that cannot be followed.

    A folder's name becomes a tag; a feed's title, the name of its publisher. Raises BadInput for what is no OPML.
    """
    _refuse_entities(data)
    found = listparser.parse(data)
    if not found.feeds and not found.version:
        raise BadInput("It is not an OPML file.", "Export one from your feed reader.")
    listed, refused = [], []
    for feed in found.feeds:
        try:
            listed.append(_source(feed))
        except ValueError as error:
            reason = " ".join(str(error).split())
            refused.append(f"{feed.get('url') or feed.get('title') or 'a feed without an address'}: {reason}")
    return listed, refused


def _source(feed: dict[str, object]) -> Source:
    url, title = str(feed.get("url") or ""), " ".join(str(feed.get("title") or "").split())
    tags = tuple(str(tag) for tag in feed.get("tags") or ())  # type: ignore[attr-defined]
    publisher = host_of(url) or None
    return Source(url=url, publisher=publisher, name=title if publisher and title and title != url else None, tags=tags)


def _refuse_entities(data: bytes) -> None:
    """listparser reads leniently; a file that declares entities has something else in mind than a list."""
    try:
        defusedxml.ElementTree.fromstring(data)
    except DefusedXmlException:
        raise BadInput("It declares XML entities, which are not read.", "Export the list again without them.") from None
    except (Xml.ParseError, ValueError, LookupError):
        return


def write_opml(listed: list[Source]) -> bytes:
    """All sources as OPML: what feed readers understand, each tag list as categories, all of it in one folder."""
    root = Xml.Element("opml", version="2.0")
    Xml.SubElement(Xml.SubElement(root, "head"), "title").text = "Sources"
    body = Xml.SubElement(root, "body")
    for source in listed:
        outline = Xml.SubElement(body, "outline", type="rss", text=source.name or source.publisher or source.url)
        outline.set("xmlUrl", source.url)
        if source.tags:
            outline.set("category", ",".join(tag.replace(",", " ") for tag in source.tags))
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
