"""What `demarche doctor` looks at: each check says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.local import java
from deploy.local.account import server_account
from deploy.local.elasticsearch import damaged_files
from deploy.local.kafka import reachable
from deploy.local.logs import last_trouble
from deploy.local.ports import is_free
from deploy.local.servers import NAMES, LocalServers
from pipeline.errors import DemarcheError
from pipeline.settings import Settings

Level = Literal["ok", "warn", "wrong"]
MIN_FREE_BYTES = 2_000_000_000
# Two servers with 512 MB of heap each, a worker with its language model.
MIN_MEMORY_BYTES = 2_500_000_000


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `hint` says what to do."""

    subject: str
    level: Level
    text: str
    hint: str = ""


Check = Callable[[Settings, LocalServers], Iterator[Finding]]


def findings(settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    """Run all checks. One that fails in a way nobody thought of is a finding too, and the rest goes on."""
    for check in CHECKS:
        try:
            yield from check(settings, servers)
        except DemarcheError as error:
            yield Finding(_subject(check), "wrong", error.message, error.hint)
        except Exception as error:
            yield Finding(_subject(check), "wrong", f"{type(error).__name__}: {error}")


def _subject(check: Check) -> str:
    return check.__name__.strip("_").replace("_", " ")


def _python(_settings: Settings, _servers: LocalServers) -> Iterator[Finding]:
    version = platform.python_version()
    right = sys.version_info[:2] == (3, 11)
    yield Finding("python", "ok" if right else "wrong", version, "" if right else "Use Python 3.11: make setup")


def _java(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    home = java.bundled()
    done = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[0]
        yield Finding("java", "wrong", f"{home} does not run: {said}", "Delete .venv and run: make setup")
    else:
        yield Finding("java", "ok", done.stderr.splitlines()[0])
    account = server_account()
    if account:
        yield Finding("account", "ok", f"you are root: the servers run as '{account.name}'")


def _disk(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    folder = _existing(servers.layout.home)
    if not os.access(folder, os.W_OK):
        yield Finding(
            "disk", "wrong", f"{folder} is not writable for you", "Set DEMARCHE_HOME to a folder of your own."
        )
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1e9:.1f} GB free for {servers.layout.home}"
    if usage.free < MIN_FREE_BYTES:
        yield Finding("disk", "wrong", text, "Free some space: a full disk stops both servers.")
    elif usage.free < usage.total * 0.05:
        yield Finding("disk", "warn", text, "The disk is over 95 % full, and Elasticsearch is told not to mind here.")
    else:
        yield Finding("disk", "ok", text)


def _memory(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    running = servers.state().kafka is not None
    enough = running or free >= MIN_MEMORY_BYTES
    hint = "" if enough else f"Servers and a worker want {MIN_MEMORY_BYTES / 1e9:.1f} GB: close other programs."
    yield Finding("memory", "ok" if enough else "warn", f"{free / 1e9:.1f} GB available", hint)


def _ports(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    state = servers.state()
    for name in NAMES:
        port = getattr(servers.ports, name)
        if state.of(name) is None and not is_free(port):
            yield Finding("ports", "warn", f"{port} is taken", f"`demarche up` will choose another one for {name}.")


def _downloads(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    for name, there in servers.downloaded().items():
        if not there:
            yield Finding("downloads", "warn", f"{name} is missing or damaged", "`demarche up` fetches it.")
            continue
        damaged = damaged_files(servers.archive, servers.layout.cache) if name == "elasticsearch" else []
        if damaged:
            hint = f"Delete {servers.layout.cache / damaged[0].partition('/')[0]}, then run: demarche up"
            yield Finding("downloads", "wrong", f"{len(damaged)} files of {name} are damaged", hint)
        else:
            yield Finding("downloads", "ok", f"{name}: all checksums are right")


def _processes(_settings: Settings, servers: LocalServers) -> Iterator[Finding]:
    state = servers.state()
    for name in (*NAMES, "workers"):
        process = state.of(name)
        if process is None:
            continue
        if process.alive:
            yield Finding("processes", "ok", f"{name} runs (process {process.pid})")
        else:
            said = (last_trouble(process.log) or ["nothing"])[-1][:200]
            hint = f"Read {process.log}, then run: demarche {'demo' if name == 'workers' else 'up'}"
            yield Finding("processes", "wrong", f"{name} has died; its log ends: {said}", hint)


def _kafka(settings: Settings, _servers: LocalServers) -> Iterator[Finding]:
    if not reachable(settings.kafka):
        yield Finding("kafka", "wrong", f"does not answer at {settings.kafka}", "Start it with: demarche up")
        return
    yield Finding("kafka", "ok", f"answers at {settings.kafka}")
    from pipeline.topics import admin, topics

    with admin(settings) as client:
        present = set(client.list_topics())
    missing = [topic.name for topic in topics(settings).all() if topic.name not in present]
    if missing:
        yield Finding("topics", "wrong", f"missing: {', '.join(missing)}", "Create them with: demarche init")
    else:
        yield Finding("topics", "ok", "all there")


def _elasticsearch(settings: Settings, _servers: LocalServers) -> Iterator[Finding]:
    from elasticsearch import ApiError, TransportError

    from pipeline.index import connect

    try:
        client = connect(settings)
        state = client.cluster.health()
        aliases = client.indices.get_alias(index=f"{settings.index_prefix}-*", ignore_unavailable=True)
    except (ApiError, TransportError, DemarcheError) as error:
        yield Finding(
            "elasticsearch", "wrong", f"does not answer at {settings.elasticsearch}: {error}", "Start it: demarche up"
        )
        return
    colour = state["status"]
    yield Finding(
        "elasticsearch",
        "wrong" if colour == "red" else "ok",
        f"answers at {settings.elasticsearch}, health {colour}",
        "Look for the reason: demarche status, and its log." if colour == "red" else "",
    )
    if aliases:
        yield Finding("indices", "ok", f"{len(aliases)} with the prefix '{settings.index_prefix}'")
    else:
        yield Finding(
            "indices", "wrong", f"none with the prefix '{settings.index_prefix}'", "Create them with: demarche init"
        )


def _language_model(settings: Settings, _servers: LocalServers) -> Iterator[Finding]:
    from pipeline.language import load

    nlp = load(settings.model)
    yield Finding("model", "ok", f"{nlp.meta['name']} {nlp.meta['version']} loads")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


CHECKS: tuple[Check, ...] = (
    _python,
    _java,
    _disk,
    _memory,
    _ports,
    _downloads,
    _processes,
    _kafka,
    _elasticsearch,
    _language_model,
)
