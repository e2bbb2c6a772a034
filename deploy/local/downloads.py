"""Fetch what the servers are made of, once, and trust only what has the pinned checksum.

A file is fetched into a staging folder, compared with its pin and then moved to its place, so that what stands in the
download folder is complete and right. Every use compares again: a file that has gone bad is fetched anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from pipeline.errors import BadSetting, Terminal, Unreachable

PINS = Path(__file__).with_name("artifacts.json")
ATTEMPTS = 3
PARALLEL = 4
TIMEOUT_S = 60
Advance = Callable[[int], None]


class Pin(BaseModel):
    """One file by its Maven coordinates (group:name:version:packaging), SHA-256 and size in bytes."""

    model_config = ConfigDict(frozen=True)

    artifact: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        _, name, version, packaging = self.artifact.split(":")
        return f"{name}-{version}.{packaging}"


@cache
def _all_pins() -> dict[str, dict[str, list[Pin]]]:
    return {
        server: {version: [Pin(**pin) for pin in pins] for version, pins in versions.items()}
        for server, versions in json.loads(PINS.read_text("utf8")).items()
    }


def pins(server: str, version: str) -> list[Pin]:
    """The files of one server; raises BadSetting for a version that has no checksums here."""
    known = _all_pins()[server]
    if version not in known:
        raise BadSetting(f"{server} {version} is not pinned.", f"Choose one of: {', '.join(known)}.")
    return known[version]


def intact(path: Path, pin: Pin) -> bool:
    """Whether the file is there and is, byte for byte, the one that was pinned."""
    try:
        if path.stat().st_size != pin.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == pin.sha256
    except FileNotFoundError:
        return False


def ensure(wanted: Sequence[Pin], folder: Path, console: Console, title: str) -> list[Path]:
    """Have every pinned file in the folder; touches the network only for what is missing or damaged."""
    paths = [folder / pin.filename for pin in wanted]
    missing = [pin for pin, path in zip(wanted, paths, strict=True) if not intact(path, pin)]
    if missing:
        size = sum(pin.size for pin in missing)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        check_space(folder, size)
        with _bar(console, title, size) as advance, ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda pin: _fetch(pin, folder, advance), missing))
    return paths


def check_space(folder: Path, needed: int) -> None:
    """Raise before a download or a start that the disk cannot hold (bytes)."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Terminal(
            f"{needed / 1e6:.0f} MB are needed in {folder}, but only {free / 1e6:.0f} MB are free.",
            "Free some space or set DEMARCHE_HOME to a folder on a larger disk.",
        )


@contextmanager
def _bar(console: Console, title: str, size: int) -> Iterator[Advance]:
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    if not console.is_terminal:
        console.print(f"{title} ({size / 1e6:.0f} MB)")
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=size)
        yield lambda count: progress.advance(task, count)


def _fetch(pin: Pin, folder: Path, advance: Advance) -> None:
    problem = ""
    for _ in range(ATTEMPTS):
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as staging:
            try:
                fetched = _request(pin, Path(staging), advance)
            except (OSError, RuntimeError) as error:  # requests' own errors are OSErrors
                if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise Terminal(f"The disk of {folder} is full.", "Free some space, then try again.") from error
                problem = _in_short(error)
                continue
            if not intact(fetched, pin):
                problem = "its SHA-256 is not the pinned one"
                continue
            fetched.chmod(0o644)
            fetched.replace(folder / pin.filename)
            return
    raise Unreachable(
        f"{pin.filename} could not be downloaded: {problem}.",
        "Check the network and the proxy, then run the command again: what has arrived is kept.",
    )


def _in_short(error: Exception) -> str:
    """The last part of the message: requests' errors repeat the address and the whole chain of causes before it."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rpartition(": ")[2].rstrip("'\")")[:200]


def _trust_what_the_system_trusts() -> None:
    """Let requests use the system's certificates, as pip does: a company's own authority is only among those."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        os.environ.setdefault("REQUESTS_CA_BUNDLE", paths.cafile)
    elif paths.capath and any(Path(paths.capath).iterdir()):
        os.environ.setdefault("REQUESTS_CA_BUNDLE", paths.capath)


def _request(pin: Pin, staging: Path, advance: Advance) -> Path:
    # Imported here: a machine that has everything never needs the resolver.
    from jgo.maven import MavenContext, PythonResolver

    _trust_what_the_system_trusts()

    @contextmanager
    def callback(_filename: str, _size: int) -> Iterator[Advance]:
        yield advance

    group, name, version, packaging = pin.artifact.split(":")
    context = MavenContext(
        resolver=PythonResolver(progress_callback=callback), repo_cache=staging, local_repos=[], timeout=TIMEOUT_S
    )
    artifact = context.project(group, name).at_version(version).artifact(packaging=packaging)
    fetched = context.resolver.download(artifact)
    if fetched is None:
        raise RuntimeError("it was not found")
    return fetched
