"""What following a thousand feeds costs: `python tests/load/thousand_feeds.py`, with Kafka running (`demarche up`).

Serves the feeds on loopback (250 hosts with four feeds each, twenty articles a feed, one feed in twenty with news each
minute), starts `demarche sources run` on one core under a topic prefix of its own, and prints what it used: while it
read everything for the first time, and then per minute.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from multiprocessing import Process
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

import httpx
from aiohttp import web

PORT = 18_765
METRICS_PORT = 18_766
HOSTS = [f"127.0.{number // 200 + 1}.{number % 200 + 1}" for number in range(250)]
FEEDS_A_HOST = 4
ITEMS = 20
WORDS = [
    f"{first}{second}" for first in "bcdfghklmnprstvw" for second in ("alan", "erin", "itor", "onda", "usel", "ymar")
]


def serve() -> None:
    """All feeds from one process of its own, so that its work is not counted."""
    started = time.time()

    def feed(host: str, number: int) -> str:
        index = HOSTS.index(host) * FEEDS_A_HOST + number
        news = int((time.time() - started) // 60) if index % 20 == 0 else 0
        entries = []
        for at in range(news, news + ITEMS):
            date = format_datetime(datetime.fromtimestamp(started - (ITEMS - at) * 7200, UTC), usegmt=True)
            link = f"http://{host}:{PORT}/{number}/{at}"
            words = " ".join(Random(f"{index}-{at}").choices(WORDS, k=250))
            text = escape(f"<p>Part {at} of feed {index}. {words}.</p>")
            entries.append(
                f"<item><title>Feed {index}, part {at}</title><link>{link}</link><guid>{link}</guid>"
                f"<pubDate>{date}</pubDate><content:encoded>{text}</content:encoded></item>"
            )
        space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        return f'<rss version="2.0" {space}><channel><title>Feed {index}</title>{"".join(entries)}</channel></rss>'

    async def answer(request: web.Request) -> web.Response:
        body = feed(request.host.partition(":")[0], int(request.match_info["number"]))
        etag = f'"{hash(body)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body.encode(), headers={"ETag": etag}, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{number}.xml", answer)
    web.run_app(app, host=HOSTS, port=PORT, print=None, access_log=None)


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and resident megabytes of a process and those that it has started, so far."""
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    cpu, memory = 0.0, 0.0
    for one in (pid, *" ".join(lists).split()):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return cpu, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=5)
    minutes = parser.parse_args().minutes
    server = Process(target=serve, daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        urls = [f"http://{host}:{PORT}/{number}.xml" for host in HOSTS for number in range(FEEDS_A_HOST)]
        (home / "sources.toml").write_text("".join(f"[[sources]]\nurl = '{url}'\n" for url in urls))
        environment = os.environ | {
            "DEMARCHE_HOME": folder,
            "DEMARCHE_TOPIC_PREFIX": f"load{os.getpid()}.",
            "DEMARCHE_PRIVATE_NETWORKS": "127.0.0.0/8",
            "DEMARCHE_POLL_SOONEST_MIN": "1",
            "DEMARCHE_POLL_LATEST_MIN": "1",
        }
        command = [
            sys.executable,
            "-c",
            "from pipeline.cli import main; main()",
            "sources",
            "run",
            "--metrics",
            "18766",
        ]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {0})
        try:
            watch(process, len(urls), minutes)
        finally:
            process.terminate()
            process.wait(60)
            server.terminate()


def watch(process: subprocess.Popen[bytes], feeds: int, minutes: int) -> None:
    started = time.monotonic()
    while (readings := readings_so_far()) < feeds:
        assert process.poll() is None, "it has ended"
        time.sleep(0.5)
    cpu, memory = used(process.pid)
    print(
        f"first round: {readings} readings in {time.monotonic() - started:.0f} s, {cpu:.0f} s of CPU, {memory:.0f} MB"
    )
    for minute in range(1, minutes + 1):
        cpu_before, readings_before = cpu, readings
        time.sleep(60)
        readings = readings_so_far()
        cpu, memory = used(process.pid)
        share = (cpu - cpu_before) / 60
        each = (cpu - cpu_before) / max(1, readings - readings_before) * 1000
        print(
            f"minute {minute}: {readings - readings_before} readings, {share:.0%} of a core, {each:.1f} ms a reading, "
            f"{memory:.0f} MB",
            flush=True,
        )


def readings_so_far() -> int:
    try:
        text = httpx.get(f"http://127.0.0.1:{METRICS_PORT}/metrics", trust_env=False).text
    except httpx.HTTPError:
        return 0
    lines = [line for line in text.splitlines() if line.startswith("demarche_source_readings_total{")]
    return int(sum(float(line.rpartition(" ")[2]) for line in lines))


if __name__ == "__main__":
    main()
