"""Whom a warning is for, where the words name somebody, and where only the narrator does."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from tests.enrich.reading import statements

BESIDE = {
    "call": ("In a call with the Belgian premier, Kagame threatened to close the embassy, two aides said.", "BEL"),
    "meeting": ("At a meeting with the Slovak president, Tusk warned that the pipeline would be shut.", "SVK"),
    "sentence before": (
        "Macron met Aliyev in Prague on Thursday. He warned that a new attack would have grave consequences.", "AZE",
    ),
    "counterpart": (
        "Chad's foreign minister phoned her Libyan counterpart at noon. In the call she warned that another raid "
        "would end the truce.",
        "LBY",
    ),
    "envoy recalled": ("Warning that the canal would be closed, Panama recalled its envoy from Managua.", "NIC"),
    "envoy summoned": ("Warning that the flow of gas would stop, Algiers summoned the Spanish ambassador.", "ESP"),
    "summoned and warned": (
        "Greece's foreign ministry summoned the Turkish chargé d'affaires and warned him that the next flight would be "
        "shot down.",
        "TUR",
    ),
    "apology": ("Threatening to close the border, Amman demanded an apology from Damascus.", "SYR"),
    "turned on": ("With a warning that no embassy was safe, Tehran turned on London.", "GBR"),
    "not its own envoy": ("Warning that the mine would be shut, Niamey recalled its envoy from Ottawa.", "CAN"),
}  # fmt: skip
WORDS = {
    "should": ("Seoul warned of a firm answer should North Korean trawlers cross the line.", "PRK"),
    "its own state acts first": (
        "Nairobi will pull its soldiers out if Mogadishu signs the pact, a senior official said.", "SOM",
    ),
    "meaning": ("Their shops will be burned, the leader of the militia told a rally, meaning the Syrians.", "SYR"),
    "referring": ('"They had better think twice," the emir told villagers, referring to Bahrain.', "BHR"),
    "told an agency": (
        "The Greens will bring down the cabinet if London reopens the deal, the deputy leader told the BBC.", "GBR",
    ),
    "sender in between": ("A note of warning to the Danish parliament was signed by Turkey's envoy.", "DNK"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "country"), (BESIDE | WORDS).values(), ids=BESIDE | WORDS)
def test_whom_a_warning_is_for(enricher: Enricher, text: str, country: str) -> None:
    warnings = [s for s in statements(enricher, text) if s.act in {"WARN", "THREATEN"}]
    assert [[p.country for p in s.addressees] for s in warnings] == [[country]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Egypt told the Sudanese parliament that another raid would end the truce.", "Sudanese Parliament"),
        ("Yemen's Houthis warned the new cabinet that any strike would be answered.", "Yemeni Government"),
        ("Mexico's president vowed to wipe out the cartels of Sinaloa.", "cartels"),
        ("An ultimatum from Bamako, read on state radio, gave the rebels in Kidal three days to leave.", "rebels"),
        (
            "The oil firms would be thrown out if they paid rent to Nairobi, Somalia's president said.", "oil firms",
        ),
    ],
)  # fmt: skip
def test_who_is_told_by_name(enricher: Enricher, text: str, told: str) -> None:
    warnings = [s for s in statements(enricher, text) if s.alertable]
    assert [[p.name for p in s.addressees] for s in warnings] == [[told]]


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("M23 rebels warned Kinshasa against another raid on Goma.", "COD"),
        ("The dockers' union of Tunisia gave Tunis ten days to pay the arrears, or every port would close.", "TUN"),
        ("The president of Somaliland warned Mogadishu against an arms deal.", "SOM"),
        ("The Catalan president warned Madrid against new taxes.", "ESP"),
    ],
)
def test_rebels_unions_and_regions_warn_their_own_state(enricher: Enricher, text: str, country: str) -> None:
    (warning,) = [s for s in statements(enricher, text) if s.alertable]
    assert [p.country for p in warning.addressees] == [country]


@pytest.mark.parametrize(
    "text",
    [
        "The prime minister told parliament that Ankara would pay a price for the raid.",
        "Warsaw warned reporters that another flight would be shot down.",
        "Moscow warned that Russia would answer.",
    ],
)
def test_who_only_listens_and_the_speaker_are_not_told(enricher: Enricher, text: str) -> None:
    told = {p.name for s in statements(enricher, text) if s.act == "WARN" for p in s.addressees}
    assert not told & {"parliament", "reporters", "Russia", "Poland"}


def test_a_part_of_a_state_has_its_own_president(enricher: Enricher) -> None:
    (warning,) = statements(enricher, "The president of Abkhazia warned Tbilisi against a blockade.")
    assert [(p.name, p.country) for p in warning.speakers] == [("Abkhazia president", "GEO")]


CUES = {
    "weight": ("Peru threw its weight behind South Africa's bid.", "SUPPORT", "South Africa"),
    "behind": ("Ankara stands firmly behind Baku.", "SUPPORT", "Azerbaijan"),
    "finger": ("Belgrade pointed the finger at Pristina for the blast.", "ACCUSE", "Kosovo"),
    "responsible": ("Nairobi holds Mogadishu responsible for the attack.", "ACCUSE", "Somalia"),
    "blame": ("Rabat laid the blame for the failed talks on Algiers.", "ACCUSE", "Algeria"),
    "shrugged": ("Hanoi shrugged off Beijing's offer of talks.", "REJECT", "China"),
    "scorn": ("Tokyo poured scorn on Pyongyang's claim.", "REJECT", "North Korea"),
    "to task": ("Hanoi took Beijing to task over the survey ship.", "CONDEMN", "China"),
    "issue": ("Ottawa took issue with Delhi's remarks.", "CONDEMN", "India"),
    "like": ("Riga would like Brussels to pay for the new fence.", "URGE", "European Union"),
    "insisted": ("Syria's army insisted that Israel withdraw from the ridge.", "DEMAND", "Israel"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "act", "whose"), CUES.values(), ids=CUES)
def test_acts_of_several_words(enricher: Enricher, text: str, act: str, whose: str) -> None:
    assert (act, [whose]) in [(s.act, [p.name for p in s.addressees]) for s in statements(enricher, text)]


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("Minsk gave its word that the convoy would pass.", "PROMISE"),
        ("Colombo called the reports of a coup pure invention.", "DENY"),
        ("Moscow said the reports of a deal were utter nonsense.", "DENY"),
        ("Riga sounded the alarm over new launchers at the border.", "WARN"),
        ("The king sent his condolences to the families.", "SUPPORT"),
        ("Ghana and Togo agree that the border should be drawn by a court.", "STATE"),
    ],
)
def test_acts_of_other_words(enricher: Enricher, text: str, act: str) -> None:
    assert [s.act for s in statements(enricher, text)] == [act]


@pytest.mark.parametrize(
    "text",
    [
        "Floods threaten the last bridge across the Meuse.",
        "A row over seats threatened to spoil the anniversary in Lomé.",
    ],
)
def test_events_that_threaten_say_nothing(enricher: Enricher, text: str) -> None:
    assert statements(enricher, text) == []


def test_what_is_refused_in_plain_words_is_whose_act_it_is(enricher: Enricher) -> None:
    (refusal,) = statements(enricher, '"We will not sell the island," Denmark\'s prime minister said.')
    assert [p.name for p in refusal.addressees] == ["island"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("“We will go if the border stays open,” the leader of the Freedom Party said.", "Freedom Party leader"),
        ("“Not one truck will pass,” the insurgents of the Desert Front said.", "Desert Front insurgents"),
    ],
)
def test_a_nameless_speaker_is_called_after_whom_he_leads(enricher: Enricher, text: str, name: str) -> None:
    assert name in [p.name for s in statements(enricher, text) for p in s.speakers]
