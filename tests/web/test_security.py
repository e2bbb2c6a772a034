from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from pipeline.records import Alert
from pipeline.web import create_app
from pipeline.web.exports import cell
from pipeline.web.security import MAX_BODY_BYTES, is_loopback
from tests.index.conftest import full_alert
from tests.web.conftest import Answer

SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[tuple[str, str]]:
    """What was decided about which alert."""
    found: list[tuple[str, str]] = []

    def change(client: object, settings: object, alert_id: str, state: str, **more: object) -> Alert | None:
        found.append((alert_id, state))
        return full_alert() if alert_id == "f00d" else None

    answer(find_alert=full_alert(), find_alerts=([full_alert()], 1))
    for module in ("inbox", "api"):
        monkeypatch.setattr(f"pipeline.web.{module}.change_state", change)
    return found


def token(web: TestClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', web.get("/alerts?state=all").text)
    assert found
    return found[1]


def test_a_form_of_ours_decides_and_leads_back(web: TestClient, decided: list[tuple[str, str]]) -> None:
    form = {"token": token(web), "back": "open"}
    response = web.post("/alerts/f00d/acknowledge", data=form, headers=SAME, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/alerts?state=open")
    assert decided == [("f00d", "acknowledged")]
    assert web.post("/alerts/beef/close", data=form, headers=SAME).status_code == 404


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "open&x=1", "../x", ""])
def test_nobody_is_led_elsewhere(web: TestClient, decided: list[tuple[str, str]], back: str) -> None:
    form = {"token": token(web), "back": back}
    response = web.post("/alerts/f00d/mute", data=form, headers=SAME, follow_redirects=False)
    assert response.headers["location"] == "/alerts/f00d"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "http://["},
    ],
)
def test_another_site_decides_nothing(web: TestClient, decided: list[tuple[str, str]], headers: dict[str, str]) -> None:
    response = web.post("/alerts/f00d/close", data={"token": token(web)}, headers=headers)
    assert response.status_code == 403
    assert web.post("/api/alerts/f00d/state", json={"state": "closed"}, headers=headers).status_code == 403
    assert decided == []


def test_a_form_needs_the_token_of_its_visit(web: TestClient, decided: list[tuple[str, str]]) -> None:
    right = token(web)
    for wrong in ("", "0" * 64, right[:-1], "é"):
        assert web.post("/alerts/f00d/close", data={"token": wrong}, headers=SAME).status_code == 403
    web.cookies.clear()
    response = web.post("/alerts/f00d/close", data={"token": right}, headers=SAME)
    assert response.status_code == 403
    assert "load the page again" in response.text
    assert decided == []


def test_reading_changes_nothing(web: TestClient, decided: list[tuple[str, str]]) -> None:
    assert web.get("/alerts/f00d/close").status_code == 405
    assert web.get("/api/alerts/f00d/state").status_code in (404, 405)
    assert decided == []


def test_programs_decide_without_a_form(web: TestClient, decided: list[tuple[str, str]]) -> None:
    assert web.post("/api/alerts/f00d/state", json={"state": "closed", "by": "ines"}).json()["alert_id"] == "f00d"
    assert decided == [("f00d", "closed")]
    assert web.post("/api/alerts/f00d/state", json={"state": "exploded"}).status_code == 400
    assert web.post("/api/alerts/f00d/state", content="state=closed").status_code == 400
    assert web.post("/api/alerts/f00d/state", content=b"\xff{").status_code == 400


def test_what_is_too_large_is_refused(web: TestClient, decided: list[tuple[str, str]]) -> None:
    large = "x" * (MAX_BODY_BYTES + 1)
    assert web.post("/api/alerts/f00d/state", content=large).status_code == 413
    assert web.post("/alerts/f00d/close", data={"token": large}, headers=SAME).status_code == 413
    assert web.get("/search", params={"q": large}).status_code == 414

    def unannounced():  # type: ignore[no-untyped-def]
        for _ in range(100):
            yield b"x" * 1000

    assert web.post("/api/alerts/f00d/state", content=unannounced()).status_code in (400, 413)
    assert decided == []


def test_a_name_of_another_site_that_leads_here_is_refused(web: TestClient, answer: Answer) -> None:
    answer(find_alerts=([], 0))
    assert web.get("/alerts", headers={"host": "evil.example"}).status_code == 421
    assert web.get("/alerts", headers={"host": "localhost:8080"}).status_code == 200
    assert web.get("/alerts", headers={"host": "[::1]:8080"}).status_code == 200
    open_to_all = create_app(web.app.state.site.settings, loopback_only=False)  # type: ignore[attr-defined]
    with TestClient(open_to_all, base_url="http://news.example.org") as other:
        assert other.get("/alerts").status_code == 200


@pytest.mark.parametrize(
    "host, here", [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("news.example", False)]
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    "value, shown",
    [
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("+49 30", "'+49 30"),
        (-1, "-1"),
        (["-a", "b"], "'-a; b"),
        (None, ""),
        (True, "True"),
        ("plain", "plain"),
    ],
)
def test_a_spreadsheet_takes_nothing_for_a_formula(value: object, shown: str) -> None:
    assert cell(value) == shown
