"""The pictures in docs/web.md, from the sample articles: `python -m tests.live.screenshots`, with servers running."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from playwright.sync_api import sync_playwright

from pipeline.index import connect, find_alerts
from pipeline.index.search import Query, search
from pipeline.settings import load_settings
from tests.live.sample_index import fill
from tests.live.web_server import remove, web_server

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZE = {"width": 1000, "height": 620}


def main() -> None:
    settings = load_settings(index_prefix=f"shots{uuid.uuid4().hex[:6]}")
    FOLDER.mkdir(exist_ok=True)
    try:
        fill(settings)
        with connect(settings) as client:
            [hit, *_] = search(client, settings, Query("satellite navigation")).hits
            alerts, _ = find_alerts(client, settings)
        alert = max(alerts, key=lambda alert: len(alert.sources))
        shots = {
            "search": ("/search?kind=statements&act=WARN", "light"),
            "article": (f"/articles/{hit.document['article_id']}", "light"),
            "actor": ("/actors/FIN", "light"),
            "alert": (f"/alerts/{alert.alert_id}", "light"),
            "claim": (f"/claims/{alert.claim_id}", "light"),
        }
        environment = {**os.environ, "DEMARCHE_INDEX_PREFIX": settings.index_prefix}
        with web_server(environment) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for name, (path, colours) in shots.items():
                page = browser.new_page(viewport=SIZE, color_scheme=colours)  # type: ignore[arg-type]
                page.goto(address + path)
                page.screenshot(path=FOLDER / f"{name}.png")
                page.close()
            browser.close()
    finally:
        remove(settings)


if __name__ == "__main__":
    main()
