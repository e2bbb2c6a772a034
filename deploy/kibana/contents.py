"""Everything that Démarche puts into Kibana: the one description from which the saved objects are made.

Fields are those of `pipeline.index.templates`; a test checks each of them, and runs every chart's aggregation.
"""

from __future__ import annotations

from deploy.kibana.description import By, Chart, Control, Dashboard, DataView, Measure, Row, Search, Where

WARNINGS: Where = {"alertable": (True,)}
ASSERTED: Where = {"status": ("asserted",)}
TROUBLED: Where = {"state": ("failing", "silent")}

DATA_VIEWS = (
    DataView("articles", "News articles", "said_at", {"url": "url"}),
    DataView("statements", "Statements: who said what to whom", "said_at", {"url": "url", "confidence": "share"}),
    DataView("alerts", "Alerts", "created_at", {"urls": "url", "confidence": "share"}),
    # No time field: the health of a source that was last asked long ago is what one looks for.
    DataView("sources", "Sources", None, {"source_id": "url"}),
    DataView("revisions", "Revisions of articles", "fetched_at", {"url": "url"}),
)

SEARCHES = (
    Search(
        "articles", "Articles, newest first", "articles", ("title", "publisher", "statement_count", "url"), "said_at"
    ),
    Search(
        "statements",
        "Everything said, newest first",
        "statements",
        ("speakers", "act", "addressees", "words", "publisher", "title"),
        "said_at",
    ),
    Search(
        "warnings",
        "Warnings and threats, newest first",
        "statements",
        ("speakers", "act", "addressees", "words", "publisher", "title"),
        "said_at",
        WARNINGS,
        "Asserted now, by political actors: what an alert rule can fire on.",
    ),
    Search(
        "alerts",
        "Alerts, newest first",
        "alerts",
        ("state", "rule", "speakers", "addressees", "words", "source_count", "urls"),
        "created_at",
    ),
    Search(
        "sources",
        "Sources in trouble",
        "sources",
        ("state", "source_id", "last_success_at", "last_article_at", "last_error", "next_fetch_at"),
        "last_error_at",
        TROUBLED,
    ),
    Search("revisions", "Corrected articles, newest first", "revisions", ("title", "revision", "url"), "fetched_at"),
)

_SPEAKER = By("Speaker", "speakers", 15)
_COUNTRY = By("Speaker's country", "speaker_country_names", 15)
_ADDRESSEE = By("Addressee", "addressees", 15)
_ADDRESSED = By("Addressed country", "addressee_country_names", 15)
_ACT = By("Act", "act", 13)
_PUBLISHER = By("Publisher", "publisher", 10)

CHARTS = (
    # News overview
    Chart("articles-count", "Articles", "articles", "metric", measure=Measure("Articles")),
    Chart("statements-count", "Statements", "statements", "metric", measure=Measure("Statements")),
    Chart("warnings-count", "Warnings", "statements", "metric", measure=Measure("Warnings"), where=WARNINGS),
    Chart("publishers-count", "Publishers", "articles", "metric", measure=Measure("Publishers", unique="publisher")),
    Chart("articles-over-time", "Articles by publisher", "articles", "over_time", (_PUBLISHER,)),
    Chart("languages", "Languages", "articles", "donut", (By("Language", "language", 8),)),
    Chart("entities", "Most named", "articles", "bars", (By("Name", "entities", 20),)),
    Chart("speakers", "Most heard", "statements", "bars", (_SPEAKER,)),
    # Who says what to whom
    Chart("acts-over-time", "Speech acts over time", "statements", "over_time", (_ACT,), where=ASSERTED),
    Chart("acts", "Speech acts", "statements", "donut", (_ACT,)),
    Chart(
        "who-to-whom",
        "Who speaks to whom",
        "statements",
        "table",
        (_SPEAKER, By("Addressee", "addressees", 5)),
        Measure("Statements"),
    ),
    Chart(
        "countries-to-countries",
        "Which country speaks to which",
        "statements",
        "table",
        (_COUNTRY, By("Addressed country", "addressee_country_names", 5)),
        Measure("Statements"),
    ),
    Chart(
        "against",
        "Who is against whom",
        "statements",
        "table",
        (_SPEAKER, By("Against", "targets_against", 5)),
        Measure("Statements"),
    ),
    Chart(
        "in-favour",
        "Who is for whom",
        "statements",
        "table",
        (_SPEAKER, By("For", "targets_for", 5)),
        Measure("Statements"),
    ),
    # Warnings
    Chart("alerts-count", "Alerts", "alerts", "metric", measure=Measure("Alerts")),
    Chart("alerts-open", "Open alerts", "alerts", "metric", measure=Measure("Open"), where={"state": ("open",)}),
    Chart(
        "warning-articles",
        "Articles with warnings",
        "statements",
        "metric",
        measure=Measure("Articles", unique="article_id"),
        where=WARNINGS,
    ),
    Chart("warnings-over-time", "Warnings by country", "statements", "over_time", (_COUNTRY,), where=WARNINGS),
    Chart("alerts-over-time", "Alerts by rule", "alerts", "over_time", (By("Rule", "rule", 10),)),
    Chart(
        "who-warns-whom",
        "Who warns whom",
        "statements",
        "table",
        (_SPEAKER, By("Addressee", "addressees", 5)),
        Measure("Warnings"),
        WARNINGS,
    ),
    Chart("warned", "Most warned", "statements", "bars", (_ADDRESSED,), where=WARNINGS),
    # Sources' health
    Chart("sources-count", "Sources", "sources", "metric", measure=Measure("Sources")),
    Chart("sources-troubled", "In trouble", "sources", "metric", measure=Measure("In trouble"), where=TROUBLED),
    Chart("sources-states", "States", "sources", "donut", (By("State", "state", 8),)),
    Chart("sources-kinds", "Kinds of source", "sources", "bars", (By("Kind", "kind", 12),)),
    Chart("articles-by-source", "Articles by source", "articles", "over_time", (By("Source", "source_id", 15),)),
)

PANELS: dict[str, Chart | Search] = {item.id: item for item in (*CHARTS, *SEARCHES)}
"""What can stand on a dashboard, by id."""

DASHBOARDS = (
    Dashboard(
        "overview",
        "News overview",
        "What was published, who was heard, and what was said.",
        (Control("Publisher", "publisher"), Control("Language", "language"), Control("Source", "source_id")),
        (
            Row(
                6, (("articles-count", 12), ("statements-count", 12), ("warnings-count", 12), ("publishers-count", 12))
            ),
            Row(12, (("articles-over-time", 34), ("languages", 14))),
            Row(14, (("speakers", 24), ("entities", 24))),
            Row(18, (("articles", 48),)),
        ),
    ),
    Dashboard(
        "who-to-whom",
        "Who says what to whom",
        "Speakers, their acts and addressees, and the stance of whom towards whom.",
        (
            Control("Speaker", "speakers"),
            Control("Speaker's country", "speaker_country_names"),
            Control("Addressee", "addressees"),
            Control("Act", "act"),
            Control("Publisher", "publisher"),
        ),
        (
            Row(12, (("acts-over-time", 34), ("acts", 14))),
            Row(16, (("who-to-whom", 24), ("countries-to-countries", 24))),
            Row(16, (("against", 24), ("in-favour", 24))),
            Row(18, (("statements", 48),)),
        ),
    ),
    Dashboard(
        "warnings",
        "Warnings",
        "Who warned or threatened whom, and the alerts that came of it.",
        (
            Control("Speaker", "speakers"),
            Control("Speaker's country", "speaker_country_names"),
            Control("Addressee", "addressees"),
            Control("Act", "act"),
        ),
        (
            Row(6, (("alerts-open", 12), ("alerts-count", 12), ("warnings-count", 12), ("warning-articles", 12))),
            Row(12, (("warnings-over-time", 24), ("alerts-over-time", 24))),
            Row(14, (("who-warns-whom", 28), ("warned", 20))),
            Row(14, (("alerts", 48),)),
            Row(18, (("warnings", 48),)),
        ),
        "now-30d",
    ),
    Dashboard(
        "sources",
        "Sources' health",
        "Which sources bring articles, which fail and which have fallen silent.",
        (Control("Source", "source_id"), Control("Publisher", "publisher")),
        (
            Row(8, (("sources-count", 12), ("sources-troubled", 12), ("sources-states", 12), ("sources-kinds", 12))),
            Row(12, (("articles-by-source", 48),)),
            Row(18, (("sources", 48),)),
        ),
    ),
)
