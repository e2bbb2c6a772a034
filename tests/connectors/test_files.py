"""Files and folders, with everything that can be wrong with them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.base import Found, Refusal, Skipped
from pipeline.errors import BadInput
from pipeline.inputs import article_from_line
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import NOW

Read = Callable[..., list[Found]]
TEXT = "The harbour authority warned ships on Thursday.\n"


def line(**fields: object) -> str:
    return json.dumps(fields)


def only(found: list[Found]) -> Found:
    assert len(found) == 1
    return found[0]


def test_a_text_file(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "harbour 1.txt"
    path.write_text(f"\ufeffHarbour warns ships\n\n{TEXT}", "utf8")
    article = only(read(path))
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("Harbour warns ships", TEXT)
    assert article.canonical_url == path.as_uri()
    assert article.article_id == Article.id_of(path.as_uri())
    assert article.content_hash == Article.content_hash_of(article.title, article.text)
    assert (article.source.connector, article.source.id) == ("files", "harbour 1")
    assert article.first_seen_at == article.fetched_at == NOW
    assert article.revision == 1


def test_a_file_is_the_same_article_however_it_is_named(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    names = ["a.txt", "./a.txt", tmp_path / "a.txt", (tmp_path / "a.txt").as_uri(), tmp_path]
    assert len({article.article_id for name in names for article in read(name) if isinstance(article, Article)}) == 1


def test_a_folder_is_read_in_order_with_its_folders(read: Read, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.txt").write_text(TEXT)
    (tmp_path / "z.txt").write_text(TEXT)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / ".hidden.txt").write_text(TEXT)
    found = read(tmp_path)
    assert [thing.source.id for thing in found if isinstance(thing, Article)] == ["a", "z", "1"]
    assert [type(thing) for thing in found if not isinstance(thing, Article)] == [Skipped]


def test_a_saved_page(read: Read, tmp_path: Path) -> None:
    paragraph = "<p>The harbour authority warned ships on Thursday not to anchor north of the old light.</p>"
    page = f"<html><head><title>Harbour warns</title></head><body><article>{paragraph * 3}</article></body></html>"
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(page.encode()))
    article = only(read(tmp_path / "page.html.gz"))
    assert isinstance(article, Article)
    assert article.title == "Harbour warns"
    assert article.source.id == "page"
    assert article.publisher is None


def test_jsonl_lines_go_on_past_broken_ones(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        line(
            text=TEXT,
            id="one",
            publisher="Gazette",
            authors="Bo",
            mood="grim",
            published_at="2025-06-19T14:00:00+02:00",
        ),
        "{broken",
        "",
        line(title="No text"),
        "[1, 2]",
        line(text=5),
        line(text=TEXT, published_at="yesterday"),
        line(text=TEXT, url="gopher://x"),
        '{"text": "half \\ud800"}',
        '{"text": ' + "9" * 5000 + "}",
        line(text=TEXT, url="https://gazette.example/a?utm_source=x", publisher={"id": "g", "country": "NZL"}),
    ]
    path.write_bytes("\n".join(lines).encode() + b'\n{"text": "caf\xe9"}\n')
    found = read(path)
    good = [thing for thing in found if isinstance(thing, Article)]
    bad = [thing for thing in found if isinstance(thing, Refusal)]
    assert [refusal.input.rpartition(" ")[2] for refusal in bad] == ["2", "4", "5", "6", "7", "8", "9", "10", "12"]
    assert bad[0].raw == b"{broken"
    first, last = good
    assert first.canonical_url == path.as_uri() + "#one"
    assert first.publisher is not None
    assert (first.publisher.id, first.authors, first.source.id) == ("Gazette", ["Bo"], "one")
    assert first.published_at is not None
    assert first.published_at.isoformat() == "2025-06-19T12:00:00+00:00"
    assert first.model_dump()["mood"] == "grim"
    assert last.canonical_url == "https://gazette.example/a"
    assert last.publisher is not None
    assert last.publisher.country == "NZL"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_of_lines_may_be_large_a_line_may_not(read: Read, tmp_path: Path, settings: Settings, name: str) -> None:
    lines = [line(text=f"{number} {TEXT}") for number in range(50)]
    lines[20] = line(text="x" * 3000)
    data = "\n".join(lines).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found = read(tmp_path / name, options=settings.model_copy(update={"max_file_bytes": 1000}))
    assert len(found) == 50
    assert [
        str(thing).endswith("It is longer than 1,000 bytes. Split it into articles.") for thing in found[20:22]
    ] == [
        True,
        False,
    ]
    assert sum(isinstance(thing, Article) for thing in found) == 49


def test_a_line_without_id_or_address_is_named_by_its_content(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line(text="One.") + "\n" + line(text="Two.") + "\n")
    before = {article.article_id for article in read(path)}
    path.write_text(line(text="New.") + "\n" + line(text="Two.") + "\n" + line(text="One.") + "\n")
    assert before < {article.article_id for article in read(path)}


def test_a_line_does_not_set_what_is_worked_out_here(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line(text=TEXT, article_id="mine", revision=9, content_hash="x", first_seen_at="2001-01-01"))
    article = only(read(path))
    assert isinstance(article, Article)
    assert article.article_id != "mine"
    assert (article.revision, article.first_seen_at) == (1, NOW)


@pytest.mark.parametrize(
    "name, data, reason",
    [
        ("a.txt", b"", "It is empty"),
        ("a.jsonl", b"\n\n", "It is empty"),
        ("a.html", b"", "It is empty"),
        ("a.txt", bytes(range(256)) * 9, "binary"),
        ("a.jsonl", b"\x1f\x8b\x08\x00\x00", "a gzip archive"),
        ("a.txt", b"%PDF-1.4", "a PDF"),
        ("a.txt", b"caf\xe9 \xff\xfe!", "not valid UTF-8"),
        ("a.html", b"<html><body></body></html>", "No article text"),
        ("a.txt", b"x" * 2001, "has 2,001 characters; at most 2,000"),
        ("a.txt", b"x" * 6000, "larger than 5,000 bytes"),
        ("a.txt.gz", gzip.compress(b"x" * 60_000), "larger than 5,000 bytes"),
        ("a.txt.gz", b"plain", "not a valid gzip file"),
        ("a.txt.gz", gzip.compress(b"x" * 3000)[:20], "not a valid gzip file"),
        ("a.docx", b"x", "ends in none of"),
        ("a.gz", b"x", "gzip"),
    ],
)
def test_bad_files(read: Read, tmp_path: Path, settings: Settings, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    small = settings.model_copy(update={"max_file_bytes": 5000, "max_article_chars": 2000})
    refusal = only(read(path, options=small))
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason
    assert refusal.input == str(path)
    assert refusal.raw == data


def test_what_is_not_there(read: Read, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    for name, reason in [("missing.txt", "no such file"), ("nothing", "nothing in this folder"), ("a\0b", "cannot")]:
        refusal = only(read(tmp_path / name))
        assert isinstance(refusal, Refusal)
        assert reason in refusal.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    found = read(tmp_path)
    assert ["permission" in str(thing) or "chmod" in str(thing) for thing in found] == [True, True]


def test_no_permission_is_told_apart(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above for those who run the tests as root."""

    def denied(self: Path, mode: str = "r") -> object:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.txt").write_text(TEXT)
    monkeypatch.setattr(Path, "open", denied)
    refusal = only(read(tmp_path / "a.txt"))
    assert isinstance(refusal, Refusal)
    assert "no permission" in refusal.reason


def test_a_name_that_is_no_text(read: Read, tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"na\xffme.txt")  # noqa: PTH118 (pathlib has no bytes)
    with open(path, "w") as file:  # noqa: PTH123
        file.write(TEXT)
    article = only(read(tmp_path))
    assert isinstance(article, Article)
    assert article.to_json()


@given(
    st.dictionaries(
        st.sampled_from(
            ["text", "title", "url", "id", "publisher", "authors", "tags", "published_at", "language", "x"]
        ),
        st.none()
        | st.text(max_size=8)
        | st.integers()
        | st.floats()
        | st.lists(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.sampled_from(["id", "name"]), st.text(max_size=4)),
    )
)
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_object_is_an_article_or_refused(fields: dict[str, object]) -> None:
    try:
        article = article_from_line(
            json.dumps(fields), file_url="file:///a.jsonl", connector="files", stem="a", fetched_at=NOW, max_chars=100
        )
    except BadInput as error:
        assert str(error).endswith((".", "}", "UTF-8"))  # noqa: PT017 (either outcome is right)
    else:
        assert Article.model_validate_json(article.to_json()).text == fields["text"]
