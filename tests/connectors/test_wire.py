"""What agencies deliver, and the folders into which they deliver it; all material invented."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Found, Refusal, Skipped, Target, Unchanged
from connectors.http import Fetcher
from connectors.kinds import kind_named
from pipeline.errors import BadInput
from pipeline.inputs.wire import NotReleased, articles_from_wire
from pipeline.records import Article, SourceRef
from pipeline.settings import Settings

from .conftest import NOW

Read = Callable[..., list[Found]]
WARNING = "The harbour authority warned ships on Thursday not to anchor north of the old light."


def newsml(
    body: str = f"<p>{WARNING}</p><p>(Reporting by Ada Lind; editing by Bo Reyes)</p>",
    *,
    version: int = 1,
    status: str = "usable",
    extra: str = "",
    item_class: str = "text",
    guid: str = "urn:newsml:selwyn.example:20250620:1",
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}">
<itemMeta><itemClass qcode="ninat:{item_class}"/><provider literal="selwyn"><name>Selwyn Press</name></provider>
<versionCreated>2025-06-20T10:00:00+02:00</versionCreated><firstCreated>2025-06-20T09:00:00+02:00</firstCreated>
<pubStatus qcode="stat:{status}"/>{extra}</itemMeta>
<contentMeta><headline>Harbour warns ships</headline><by>Ada Lind</by><language tag="en-NZ"/>
<subject qcode="x:1"><name>ports</name></subject></contentMeta>
<contentSet><inlineXML contenttype="application/nitf+xml"><nitf xmlns="http://iptc.org/std/NITF/2006-10-18/">
<body><body.head><hedline><hl1>Harbour warns ships</hl1></hedline></body.head><body.content>{body}
<media><media-caption>A picture of the light.</media-caption></media></body.content></body></nitf></inlineXML>
</contentSet>
</newsItem>""".encode()


NITF = f"""<?xml version="1.0"?><nitf><head><title>Slug</title>
<docdata management-status="usable"><doc-id id-string="SP-7" regsrc="selwyn.example"/>
<date.issue norm="20250620T080000+0200"/>
<key-list><keyword key="ports"/></key-list></docdata><pubdata position.section="World"/></head>
<body><body.head><hedline><hl1>Harbour <em>warns</em> ships</hl1></hedline><byline>By Ada Lind</byline></body.head>
<body.content><block><p>{WARNING}</p><p>It did so twice.</p></block></body.content></body></nitf>""".encode()

NINJS = {
    "uri": "tag:selwyn.example,2025:item:9",
    "type": "text",
    "version": "2",
    "pubstatus": "usable",
    "versioncreated": "2025-06-20T08:00:00Z",
    "headline": "Harbour warns ships",
    "byline": "Ada Lind",
    "body_html": f"<p>{WARNING}</p>",
    "language": "en",
}


def read_wire(data: bytes, now: datetime = NOW) -> list[Article | BadInput]:
    return list(articles_from_wire(data, source=SourceRef(connector="test", id="t"), fetched_at=now, max_chars=10_000))


def one(data: bytes, now: datetime = NOW) -> Article:
    [article] = read_wire(data, now)
    assert isinstance(article, Article), article
    return article


def test_newsml_g2() -> None:
    article = one(newsml())
    assert (article.title, article.text) == ("Harbour warns ships", WARNING)
    assert article.canonical_url == "urn:newsml:selwyn.example:20250620:1"
    assert (article.authors, article.language, article.tags) == (["Ada Lind"], "en", ["ports"])
    assert article.published_at == datetime(2025, 6, 20, 7, tzinfo=UTC)
    assert article.publisher is not None
    assert article.publisher.name == "Selwyn Press"
    assert article.model_extra == {"version": 1}


def test_a_news_message_holds_several_items() -> None:
    inner = [newsml(guid=f"urn:x:{n}", item_class=kind).split(b"?>")[1] for n, kind in enumerate(["text", "picture"])]
    found = read_wire(b"<newsMessage><itemSet>" + b"".join(inner) + b"</itemSet></newsMessage>")
    assert isinstance(found[0], Article)
    assert isinstance(found[1], NotReleased)


def test_nitf() -> None:
    article = one(NITF)
    assert (article.title, article.text) == ("Harbour warns ships", f"{WARNING}\nIt did so twice.")
    assert article.canonical_url == "urn:wire:selwyn.example:SP-7"
    assert (article.authors, article.section, article.tags) == (["Ada Lind"], "World", ["ports"])
    assert article.published_at == datetime(2025, 6, 20, 6, tzinfo=UTC)


def test_ninjs_in_both_spellings() -> None:
    first = one(json.dumps(NINJS).encode())
    assert (first.title, first.text, first.authors) == ("Harbour warns ships", WARNING, ["Ada Lind"])
    newer = {
        "uri": NINJS["uri"],
        "pubStatus": "usable",
        "versionCreated": "2025-06-20T08:00:00Z",
        "headlines": [{"value": "Harbour warns ships"}],
        "bodies": [{"contentType": "text/plain", "value": f"{WARNING}\n\nIt did so twice."}],
        "by": "Ada Lind",
    }
    second = one(json.dumps([newer]).encode())
    assert (second.article_id, second.title) == (first.article_id, first.title)
    assert second.text == f"{WARNING}\nIt did so twice."


@pytest.mark.parametrize(
    "data",
    [
        newsml(extra="<embargoed>2025-06-20T15:00:00+02:00</embargoed>"),
        NITF.replace(b"<key-list>", b'<date.release norm="20250620T150000+0200"/><key-list>'),
        json.dumps({**NINJS, "embargoed": "2025-06-20T13:00:00Z"}).encode(),
    ],
)
def test_an_embargo_holds_until_its_time(data: bytes) -> None:
    [held] = read_wire(data)
    assert isinstance(held, NotReleased)
    assert "under embargo until 2025-06-20T13:00:00+00:00" in str(held)
    assert one(data, NOW + timedelta(hours=1)).text.startswith(WARNING)


def test_an_embargo_without_a_time_holds() -> None:
    [held] = read_wire(newsml(extra="<embargoed/>"))
    assert "until further notice" in str(held)
    [odd] = read_wire(newsml(status="draft"))
    assert "'draft'" in str(odd)


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_what_is_taken_back_says_nothing_any_more(status: str) -> None:
    article = one(newsml(version=2, status=status, extra="<edNote>Kill: wrong harbour.</edNote>"))
    assert article.flags == ["withdrawn"]
    assert article.text == f"{status.capitalize()} by its provider. Kill: wrong harbour."
    assert (article.article_id, article.title) == (
        one(newsml()).article_id,
        "Harbour warns ships" if status == "canceled" else "",
    )


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"<rss/>", "root element is 'rss'"),
        (b"<newsItem", "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><nitf>&a;</nitf>', "entities"),
        (b'{"text": "x"}', "no ninjs"),
        (b"[", "not valid JSON"),
        (b"", "empty"),
    ],
)
def test_other_documents_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_wire(data)


def test_an_item_without_a_name_or_text_is_refused() -> None:
    assert "no identifier" in str(read_wire(newsml(guid=""))[0])
    assert "no text" in str(read_wire(newsml(""))[0])


def test_a_document_in_an_encoding_that_expat_does_not_know() -> None:
    data = (
        newsml().decode().replace("UTF-8", "gb18030").replace(WARNING, f"港口当局警告船只。{WARNING}").encode("gb18030")
    )
    assert one(data).text.startswith("港口当局警告船只。")


# -- drop folders ----------------------------------------------------------------------------------------------------


@pytest.fixture
def watch(settings: Settings, tmp_path: Path) -> Iterator[Read]:
    (tmp_path / "drop").mkdir()
    with Fetcher(settings) as fetcher:

        def read_folder(checkpoint: dict, now: datetime = NOW) -> list[Found]:
            target = Target((tmp_path / "drop").as_uri(), settings, fetcher, now)
            return list(kind_named("folder").open(target).read(checkpoint))

        yield read_folder


def put(path: Path, data: bytes, age_s: float = 60, now: datetime = NOW) -> None:
    path.write_bytes(data)
    os.utime(path, (now.timestamp() - age_s,) * 2)


def kinds(found: list[Found]) -> list[str]:
    return [type(thing).__name__ for thing in found]


def test_a_folder_is_read_where_it_has_changed(watch: Read, tmp_path: Path) -> None:
    drop, checkpoint = tmp_path / "drop", {}
    put(drop / "a.xml", newsml(), 90)
    put(drop / "b.txt", WARNING.encode(), 80)
    put(drop / "broken.xml", b"<newsItem", 70)
    put(drop / "picture.jpg", b"\xff\xd8")
    put(drop / "half.xml", b"<newsI", age_s=0.5)
    put(drop / "half.xml.part", b"<newsI")
    assert kinds(watch(checkpoint)) == ["Article", "Article", "Refusal"]
    json.dumps(checkpoint)
    put(drop / "half.xml", newsml(guid="urn:x:2"), age_s=60)
    assert sorted(kinds(watch(checkpoint))) == ["Article", "Unchanged", "Unchanged", "Unchanged"]
    put(drop / "b.txt", f"{WARNING} Again.".encode(), age_s=10)
    assert sorted(kinds(watch(checkpoint))) == ["Article", "Unchanged", "Unchanged", "Unchanged"]


def test_an_embargoed_item_waits_in_its_folder(watch: Read, tmp_path: Path) -> None:
    checkpoint: dict = {}
    put(tmp_path / "drop" / "a.xml", newsml(extra="<embargoed>2025-06-20T13:00:00Z</embargoed>"))
    [waiting] = watch(checkpoint)
    assert isinstance(waiting, Skipped)
    assert kinds(watch(checkpoint, NOW + timedelta(hours=1))) == ["Article"]
    assert kinds(watch(checkpoint, NOW + timedelta(hours=2))) == ["Unchanged"]


def test_versions_follow_each_other(watch: Read, tmp_path: Path) -> None:
    drop, checkpoint = tmp_path / "drop", {}
    put(drop / "z-first.xml", newsml(), 90)
    put(drop / "a-second.xml", newsml(f"<p>{WARNING}</p><p>Corrected.</p>", version=2), 60)
    first, second = watch(checkpoint)
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.article_id == second.article_id
    assert second.text.endswith("Corrected.")
    put(drop / "late.xml", newsml(version=1), 10)
    late = [thing for thing in watch(checkpoint) if not isinstance(thing, Unchanged)]
    assert kinds(late) == ["Skipped"]
    put(drop / "kill.xml", newsml(version=3, status="canceled"), 5)
    [kill] = [thing for thing in watch(checkpoint) if isinstance(thing, Article)]
    assert kill.flags == ["withdrawn"]


def test_a_folder_that_is_away_is_worth_another_try(watch: Read, tmp_path: Path) -> None:
    (tmp_path / "drop").rmdir()
    [refusal] = watch({})
    assert isinstance(refusal, Refusal)
    assert refusal.transient
