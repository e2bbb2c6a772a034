"""The pages in a real browser: what an analyst does with them, by mouse and by keyboard, in light and dark."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipeline.index import Writer, connect, find_alert
from pipeline.settings import Settings
from tests.live.web_server import filled_web, told_alert

pytestmark = pytest.mark.browser

# The same patience as for clicks: on a busy machine an answer takes more than the usual five seconds.
expect.set_options(timeout=20_000)

CHROMIUM = Path("/usr/bin/chromium")
PAGES = (
    "/",
    "/search?q=canal",
    "/search?kind=statements&act=WARN&q=canal",
    "/search?q=nothingatall",
    "/articles/read",
    "/actors/RUS",
    "/actors/person/irena-tavil",
    "/claims/claim-f00d",
    "/alerts?state=all",
    "/alerts/" + "f00d" * 8,
    "/sources",
    "/api",
    "/actors/nobody",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"These tests need Debian's chromium at {CHROMIUM}: apt-get install chromium")
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, str]]:
    with filled_web(servers, tmp_path_factory.mktemp("home"), "browser") as shared:
        yield shared


@pytest.fixture
def page(browser: Browser, shared: tuple[Settings, str]) -> Iterator[Page]:
    """A page that fails the test if anything runs or loads that should not."""
    context = browser.new_context(base_url=shared[1], viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type == "error" and "404" not in said.text else None,
    )
    yield page
    context.close()
    assert troubles == []


def test_search_facets_and_pages(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("canal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("31 articles")
    expect(page.locator(".hits mark").first).to_have_text(re.compile("canal", re.IGNORECASE))
    page.get_by_role("link", name="Statements", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("62 statements")
    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("link", name=re.compile("^WARN")).click()
    expect(page.get_by_role("status")).to_have_text("31 statements")
    filters.get_by_role("link", name=re.compile("^SUPPORT")).click()
    expect(page.get_by_role("status")).to_have_text("62 statements")
    assert "act=WARN&act=SUPPORT" in page.url
    page.get_by_role("list", name="Chosen").get_by_role("link", name=re.compile("WARN")).click()
    expect(page.get_by_role("status")).to_have_text("31 statements")
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text("21 to 31 of 31")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1 to 20 of 31")).to_be_visible()


def test_an_article_is_read(page: Page) -> None:
    page.goto("/search?q=script")
    page.get_by_role("link", name=re.compile("script")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script> & a canal")
    expect(page.get_by_text("quotation not closed")).to_have_count(2)
    page.get_by_role("link", name="closing the Élan canal").click()
    expect(page.locator(".m.content.on")).to_have_text("closing the Élan canal")
    page.get_by_role("link", name="Statement 1", exact=True).click()
    expect(page.locator("#s-s1")).to_be_in_viewport()
    page.locator(".text").get_by_role("link", name="Tavil").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Irena Tavil")


def test_an_actor_and_who_stands_how_towards_whom(page: Page) -> None:
    page.goto("/actors/person/irena-tavil")
    cell = page.get_by_role("row", name=re.compile("^Irena Tavil")).get_by_role("link", name="−1 against")
    cell.click()
    expect(page.get_by_role("status")).to_have_text("1 statement")
    page.goto("/actors/person/nobody")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody is known under this id.")


def test_an_alert_is_acknowledged_and_muted(page: Page, shared: tuple[Settings, str]) -> None:
    settings, _ = shared
    page.goto("/alerts")
    page.locator("#alert-" + "cafe" * 8).get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#alert-" + "cafe" * 8)).to_have_count(0)
    page.goto("/alerts/" + "cafe" * 8)
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("Note").fill("known since <Monday>")
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_text("by Ines: known since <Monday>")).to_be_visible()
    expect(page.get_by_text("joined: both name canal")).to_be_visible()
    with connect(settings) as client:
        stored = find_alert(client, settings, "cafe")
    assert [change.state for change in stored.history] == ["acknowledged", "muted"]
    assert stored.muted_until is not None


def test_a_new_alert_appears_by_itself_and_is_announced(page: Page, shared: tuple[Settings, str]) -> None:
    settings, _ = shared
    page.goto("/alerts")
    expect(page.get_by_text("New ones appear by themselves.")).to_be_visible()
    with connect(settings) as client:
        Writer(client, settings).alert(told_alert("dada", rule="<img src=x onerror=alert(1)>"), create=True)
    fresh = page.locator("#alert-" + "dada" * 8)
    expect(fresh).to_be_visible()
    expect(page.locator("[data-live]")).to_have_text(re.compile("New alert: Irena Tavil .* to United States .*WARN"))
    fresh.get_by_role("button", name="Close").click()
    expect(fresh).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/alerts\?state=open$"))


def test_it_all_works_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/alerts")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto("/search?q=canal&kind=statements")
    for _ in range(200):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.textContent")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
        if text.strip().startswith("WARN"):
            break
    else:
        pytest.fail("no facet is reached")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("31 statements")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_serious_violation(
    browser: Browser, shared: tuple[Settings, str], colours: str, width: int
) -> None:
    context = browser.new_context(
        base_url=shared[1],
        viewport={"width": width, "height": 900},
        color_scheme=colours,  # type: ignore[arg-type]
        bypass_csp=True,
    )
    page, found = context.new_page(), []
    for path in PAGES:
        page.goto(path)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:150] for node in violation["nodes"][:3]]
                found.append((path, violation["id"], nodes))
        if width < 500:
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than a phone"
    context.close()
    assert found == []


def test_without_scripts_everything_can_be_read_and_done(browser: Browser, shared: tuple[Settings, str]) -> None:
    context = browser.new_context(base_url=shared[1], java_script_enabled=False)
    page = context.new_page()
    page.goto("/alerts")
    page.locator("#alert-" + "f00d" * 8).get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#alert-" + "f00d" * 8)).to_have_count(0)
    context.close()
