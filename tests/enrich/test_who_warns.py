"""Who warns and who does not: officials without a name, agents that the parse hides, promises, formalities, stories."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from tests.enrich.reading import alarms, statements


@pytest.mark.parametrize(
    "text",
    [
        "If elected, she would freeze the assets of the oil firms, the Labour leader said.",
        "“If voters back us, we will halt the tunnel,” the mayor of Lyon said.",
        "Unless a court blocks it, the ban will come into force on Monday, the French government said.",
        "If all goes well, we will strike a deal in May, the Turkish minister said.",
        "“If the wind drops, we will strike camp on Friday,” the Nepalese minister said.",
        "In the second act the king threatens Venice with war.",
        "In the film the president threatens Moscow with sanctions.",
    ],
)
def test_promises_formalities_and_stories_alarm_nobody(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "If Oslo elects him, we will close the border, the Swedish government said.",
        "Unless Athens withdraws, we will strike the port, the Turkish minister said.",
        "At the film festival the president threatened Moscow with sanctions.",
    ],
)
def test_words_of_these_alone_hide_no_threat(enricher: Enricher, text: str) -> None:
    assert alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "The Commissioner for trade warned Beijing that duties would follow.",
        "A deputy speaker of the Duma warned Berlin that its factories would burn.",
        "The dockers' union warned the government that every port would close.",
        "The separatists warned Madrid that the truce would end.",
    ],
)
def test_officials_and_movements_without_a_name_are_political(enricher: Enricher, text: str) -> None:
    assert alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "The police commissioner warned shopkeepers that thieves were about.",
        "The company warned the union that the plant would close.",
    ],
)
def test_police_and_firms_are_not(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


@pytest.mark.parametrize(
    ("text", "speaker", "told"),
    [
        ("Panama was threatened with the loss of the port by the Chinese government.", "CHN", "PAN"),
        ("Kyiv was warned against the strike on the bridge by the Hungarian government.", "HUN", "UKR"),
    ],
)
def test_who_speaks_where_the_parse_hides_it(enricher: Enricher, text: str, speaker: str, told: str) -> None:
    (alarm,) = alarms(enricher, text)
    assert [p.country for p in alarm.speakers] == [speaker]
    assert [p.country for p in alarm.addressees] == [told]


def test_who_lets_know_speaks_and_not_who_gets_to_know(enricher: Enricher) -> None:
    text = "Riyadh let Sanaa know that another missile would end the truce."
    (said,) = statements(enricher, text)
    assert [p.country for p in said.speakers] == ["SAU"]
    assert [p.country for p in said.addressees] == ["YEM"]


def test_whom_an_agency_quotes_speaks(enricher: Enricher) -> None:
    (alarm,) = alarms(
        enricher, "Interfax quoted the Russian deputy foreign minister as warning Oslo against the drill."
    )
    assert [p.country for p in alarm.speakers] == ["RUS"]
    assert [p.name for p in alarm.relays] == ["Interfax"]
    assert [p.country for p in alarm.addressees] == ["NOR"]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Georgia's president met the envoys. “If they rig the vote, we will strike,” she told reporters.", "GEO"),
        (
            "Norway's foreign minister phoned her Russian counterpart. She warned Moscow that the border would close.",
            "NOR",
        ),
        ("Italy's prime minister left early. He warned Tripoli that the boats would be sunk.", "ITA"),
    ],
)
def test_a_pronoun_of_another_gender_means_a_holder_whom_the_directory_does_not_know(
    enricher: Enricher, text: str, speaker: str
) -> None:
    (alarm,) = alarms(enricher, text)
    assert [p.country for p in alarm.speakers] == [speaker]


def test_somebody_else_who_fits_goes_before_another_holder(enricher: Enricher) -> None:
    text = "Italy's prime minister met the Tunisian interior minister. He warned Rome that the boats would be sunk."
    (alarm,) = alarms(enricher, text)
    assert [p.country for p in alarm.speakers] == ["TUN"]


@pytest.mark.parametrize(
    "text",
    [
        "The Portuguese minister said the sluice would stay shut, in what he called a last warning to Madrid.",
        "In what he termed a friendly warning to Madrid, the Portuguese minister said the sluice would stay shut.",
        "The sluice will stay shut, the Portuguese minister said, in what was described as a threat to Madrid.",
    ],
)
def test_what_is_called_a_warning_is_one_to_whom_it_is_called_so(enricher: Enricher, text: str) -> None:
    assert any(party.name == "Spain" for s in alarms(enricher, text) for party in s.addressees)


def test_what_others_take_for_a_warning_is_none_of_the_speakers(enricher: Enricher) -> None:
    text = "The Portuguese minister said the sluice would stay shut, in what villagers saw as a warning to Madrid."
    assert not alarms(enricher, text)
