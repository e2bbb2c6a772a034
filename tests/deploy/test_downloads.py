"""Nothing is trusted but its checksum; nothing is fetched that is there."""

from __future__ import annotations

import errno
import hashlib
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local import downloads
from deploy.local.downloads import Pin, check_space, ensure, intact, pins
from deploy.local.elasticsearch import VERSIONS, damaged_files, unpack
from deploy.local.kafka import VERSION
from pipeline.errors import BadSetting, Terminal, Unreachable

QUIET = Console(quiet=True)


def pin_of(content: bytes, name: str = "thing") -> Pin:
    return Pin(artifact=f"group:{name}:1:jar", sha256=hashlib.sha256(content).hexdigest(), size=len(content))


class Remote:
    """Stands for the resolver: hands out prepared contents, one after the other."""

    def __init__(self, *contents: bytes | Exception) -> None:
        self._contents = list(contents)
        self.asked = 0

    def __call__(self, pin: Pin, staging: Path, advance: object) -> Path:
        self.asked += 1
        content = self._contents.pop(0)
        if isinstance(content, Exception):
            raise content
        (staging / pin.filename).write_bytes(content)
        return staging / pin.filename


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Remote:
    remote = Remote()
    monkeypatch.setattr(downloads, "_request", remote)
    return remote


def test_every_server_is_pinned_file_by_file() -> None:
    for server, versions in (("kafka", (VERSION,)), ("elasticsearch", VERSIONS)):
        for version in versions:
            found = pins(server, version)
            assert found
            assert all(len(pin.sha256) == 64 and pin.size > 0 for pin in found)
            assert len({pin.filename for pin in found}) == len(found)
    with pytest.raises(BadSetting, match="not pinned"):
        pins("elasticsearch", "1.0.0")


def test_what_is_there_is_not_fetched_again(tmp_path: Path, remote: Remote) -> None:
    (tmp_path / "thing-1.jar").write_bytes(b"right")
    assert ensure([pin_of(b"right")], tmp_path, QUIET, "") == [tmp_path / "thing-1.jar"]
    assert remote.asked == 0


@pytest.mark.parametrize("damaged", [b"", b"righ", b"wrong", b"right, and more"])
def test_a_damaged_file_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes) -> None:
    (tmp_path / "thing-1.jar").write_bytes(damaged)
    monkeypatch.setattr(downloads, "_request", Remote(b"right"))
    ensure([pin_of(b"right")], tmp_path, QUIET, "")
    assert (tmp_path / "thing-1.jar").read_bytes() == b"right"


def test_a_wrong_download_is_tried_again_and_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_request", Remote(b"wrong", OSError("cut off"), b"right"))
    ensure([pin_of(b"right")], tmp_path, QUIET, "")
    assert intact(tmp_path / "thing-1.jar", pin_of(b"right"))

    monkeypatch.setattr(downloads, "_request", Remote(b"wrong", b"wrong", b"wrong"))
    with pytest.raises(Unreachable, match="SHA-256"):
        ensure([pin_of(b"other", "other")], tmp_path, QUIET, "")
    assert [path.name for path in tmp_path.iterdir()] == ["thing-1.jar"]


def test_without_a_network_the_sentence_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_request", Remote(*[OSError("no route to host")] * downloads.ATTEMPTS))
    with pytest.raises(Unreachable, match=r"thing-1\.jar could not be downloaded: no route to host"):
        ensure([pin_of(b"right")], tmp_path, QUIET, "")


def test_a_full_disk_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Remote(OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(downloads, "_request", full)
    with pytest.raises(Terminal, match="full"):
        ensure([pin_of(b"right")], tmp_path, QUIET, "")
    assert full.asked == 1
    with pytest.raises(Terminal, match="are needed"):
        check_space(tmp_path, 10**18)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "program-1.zip"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("program-1/bin/run", "start")
        content.writestr("program-1/lib/part.jar", "part")
    return path


def test_unpacking_happens_once_and_mends_what_is_missing(archive: Path, tmp_path: Path) -> None:
    program = unpack(archive, tmp_path, QUIET)
    assert program == tmp_path / "program-1"
    (program / "ours").touch()
    assert unpack(archive, tmp_path, QUIET) == program
    assert (program / "ours").exists(), "unpacked again without need"

    (program / "lib" / "part.jar").write_text("pa")
    unpack(archive, tmp_path, QUIET)
    assert (program / "lib" / "part.jar").read_text() == "part"


def test_the_thorough_check_sees_a_changed_byte(archive: Path, tmp_path: Path) -> None:
    program = unpack(archive, tmp_path, QUIET)
    assert damaged_files(archive, tmp_path) == []
    (program / "lib" / "part.jar").write_text("tarp")
    assert damaged_files(archive, tmp_path) == ["program-1/lib/part.jar"]
