"""Source lists of feed readers."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors import source_commands
from connectors.opml import read_opml, write_opml
from connectors.source_commands import sources
from connectors.sources import Source, load_sources
from pipeline.errors import BadInput
from pipeline.settings import Settings

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Desk</title></head><body>
 <outline text="Ports">
  <outline type="rss" text="Selwyn &amp; Co" title="Selwyn &amp; Co" xmlUrl="https://www.gazette.example/feed"/>
  <outline type="rss" text="Ferry" xmlUrl="https://ferry.example/rss"/>
 </outline>
 <outline type="rss" text="Odd" xmlUrl="feed://odd.example/rss"/>
</body></opml>
"""


@pytest.fixture
def path(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(source_commands, "settings", lambda: settings)
    return settings.home / "sources.toml"


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(sources, list(arguments), standalone_mode=False)


def test_feeds_with_folders_as_tags() -> None:
    listed, refused = read_opml(OPML.encode())
    assert [(one.url, one.publisher, one.name, one.tags) for one in listed] == [
        ("https://www.gazette.example/feed", "gazette.example", "Selwyn & Co", ("Ports",)),
        ("https://ferry.example/rss", "ferry.example", "Ferry", ("Ports",)),
    ]
    assert len(refused) == 1
    assert "feed://odd.example/rss" in refused[0]
    assert "not an http" in refused[0]


def test_out_and_in_again() -> None:
    listed = [
        Source(url="https://a.example/f?a=1&b=2", publisher="a.example", name='A "quoted" <name>', tags=("x", "y z")),
        Source(url="https://b.example/"),
    ]
    again, refused = read_opml(write_opml(listed))
    assert refused == []
    assert [(one.url, one.name, one.tags) for one in again] == [
        (listed[0].url, listed[0].name, listed[0].tags),
        (listed[1].url, None, ()),
    ]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "not an OPML"),
        (b"<html><body>no</body></html>", "not an OPML"),
        (b"\x00\xff\x00", "not an OPML"),
        (b'<!DOCTYPE opml [<!ENTITY a "ha">]><opml version="1.0"><body/></opml>', "entities"),
    ],
)
def test_what_is_no_list(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_opml(data)


def test_import_adds_once_and_export_gives_it_back(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.opml"
    file.write_text(OPML, "utf8")
    first = invoke("import", str(file))
    assert "Added 2 of 2 feeds" in first.output
    assert first.return_value == 0
    assert "Added 0 of 2 feeds" in invoke("import", str(file)).output
    assert [one.tags for one in load_sources(path)] == [("Ports",), ("Ports",)]
    exported = invoke("export").stdout_bytes
    assert [one.url for one in read_opml(exported)[0]] == [one.url for one in load_sources(path)]


def test_a_file_with_nothing_usable_is_an_error(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.opml"
    file.write_text('<opml version="1.0"><body><outline type="rss" xmlUrl="ftp://a.example"/></body></opml>')
    assert invoke("import", str(file)).return_value == 65
    file.write_text("no list at all")
    assert isinstance(invoke("import", str(file)).exception, BadInput)
