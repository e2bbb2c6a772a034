"""`demarche demo`, twice, as a user runs it: servers, workers, articles, alerts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.local.processes import family
from tests.live.home import Home


def countries(parties: list[dict[str, Any]]) -> set[str]:
    return {party["country"] for party in parties}


@pytest.mark.timeout(900)
def test_the_demo_alerts_once_for_one_warning_however_often_it_is_told_and_run(home: Home) -> None:
    first = home.run("demo")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "11 published" in first.stdout

    alerts = home.alerts()
    to_russia = [alert for alert in alerts if "RUS" in countries(alert["addressees"])]
    assert len(to_russia) == 1
    assert countries(to_russia[0]["speakers"]) == {"FIN"}
    assert {source["publisher"]["name"] for source in to_russia[0]["sources"]} == {
        "The Gulf Post",
        "Archipelago Today",
        "Baltic Wire",
    }
    # The retelling, the denial, the storm: none of them is a warning by a state now.
    told = {source["url"].rpartition("/")[2] for alert in alerts for source in alert["sources"]}
    assert not told & {"03-shipping-insurance.txt", "04-kremlin-denial.txt", "05-storm-ireland.txt"}

    second = home.run("demo")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "0 published, 11 are known" in second.stdout
    assert home.alerts() == alerts

    found = home.run("search", "ferries")
    assert "Insurers raise prices" in found.stdout

    servers = json.loads((home.path / "servers.json").read_text("utf8"))
    assert set(servers) == {"kafka", "elasticsearch", "workers"}
    assert home.run("down").returncode == 0
    assert not any(family(server["token"]) for server in servers.values()), "a process was left behind"
