"""Warnings whose speaker stands apart: behind a passive, in a message, before or after the words, or beside a term."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from tests.enrich.reading import alarms, statements

POINTED_AT = {
    "quoted before": (
        "“Come back and your boats burn.” That was the message from Asmara to Sanaa.", ("Eritrea", "Yemen"),
    ),
    "a paragraph before": (
        "“One more drill and the treaty is dead.”\n\nThis, in short, was Pyongyang's warning to Seoul.",
        ("North Korea", "South Korea"),
    ),
    "not quoted": ("Whoever shelters the deserters will be shelled. That was Minsk's reply.", ("Belarus", "deserters")),
    "half a sentence": (
        "Touch the dam and Khartoum burns: that was the message from Addis Ababa.", ("Ethiopia", "Sudan"),
    ),
    "what somebody told": (
        "“You will be next.” That is what the Syrian commander told Tbilisi.", ("Syrian commander", "Georgia"),
    ),
    "a note that was sent": (
        "“Withdraw or be shelled.” So read the note that Baku sent to Yerevan.", ("Azerbaijan", "Armenia"),
    ),
    "what was said was": (
        "What Lima told Quito was that it would shell the port if one more boat was seized.", ("Peru", "Ecuador"),
    ),
    "what was said, behind a colon": (
        "What Tunis told Tripoli was short: release the sailors or face a blockade.", ("Tunisia", "Libya"),
    ),
    "had this to say": (
        "To Manila, Beijing had only this to say: “Tow the wreck away or we will tow you.”", ("China", "Philippines"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, who", POINTED_AT.values(), ids=POINTED_AT)
def test_words_that_a_sentence_points_at(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in heard(enricher, text)


MESSAGES = {
    "leaflets": ("Leaflets dropped by the rebels warned villagers not to sow.", ("rebels", "villagers")),
    "a notice through its reader": (
        "A notice to pilots issued by Teheran warned Israeli airlines to keep away.", ("Iran", "Israeli airlines"),
    ),
    "a channel": (
        "A post on the army's channel told Riyadh that its refineries would burn.", ("army", "Saudi Arabia"),
    ),
    "a speech": ("Xi's speech warned Tokyo that patience was running out.", ("Xi Jinping", "Japan")),
    "a speech with a warning in it": (
        "The address by the Iranian president contained a warning to Baku.", ("Masoud Pezeshkian", "Azerbaijan"),
    ),
    "a statement told of before": (
        "The junta claimed the bridge in a statement. The statement warned Paris that its jets would be "
        "shot down.",
        ("junta", "France"),
    ),
    "state television": (
        "State television carried a warning from the Revolutionary Guards to Doha.",
        ("Islamic Revolutionary Guard Corps", "Qatar"),
    ),
    "read out": (
        "State radio read out a message from the Supreme Leader: any port that arms Israel will burn.",
        ("Supreme Leader", "Israel"),
    ),
    "went out": ("A last warning went out from Hanoi to Phnom Penh over the canal.", ("Vietnam", "Cambodia")),
    "stands last": (
        "Among the things Vučić said was a warning to Pristina to leave the bridge alone.",
        ("Aleksandar Vučić", "Kosovo"),
    ),
    "comes with a decree": (
        "With the decree came a threat from Quito to expel every Peruvian.", ("Ecuador", "Peru"),
    ),
    "there was": ("There was a warning for Minsk in the Polish premier's speech.", ("Donald Tusk", "Belarus")),
    "was that": (
        "The warning, handed over by Moscow's envoy, was that a base in Finland would be a target.",
        ("Russian ambassador", ""),
    ),
    "was delivered": ("Cairo's threat to shut the canal was delivered on Sunday.", ("Egypt", "")),
    "answered with": ("Budapest answered with a threat to veto the loan.", ("Hungary", "")),
    "ended with": ("The talks ended with a threat by Damascus to cut the river.", ("Syria", "")),
    "sent word": (
        "The rebels sent word to Khartoum that they would shell the airport if the jets returned.", ("rebels", "Sudan"),
    ),
    "let it be known": (
        "The Kremlin let it be known that any tank near the river would be destroyed.", ("Russia", ""),
    ),
    "over the radio": (
        "The frigate radioed the trawlers: turn round or be boarded.", ("frigate", "trawlers"),
    ),
    "from one to another": (
        "Lukashenko, the Belarusian leader, to Vilnius: “Your airports are next.”",
        ("Alexander Lukashenko", "Lithuania"),
    ),
    "in somebody's words": (
        "Any breach, in the words of the Belarusian defence minister, would be answered with fire.",
        ("Viktor Khrenin", ""),
    ),
    "in a recording": (
        "A spokesman for the rebels threatened in a recording to kill the hostages.", ("spokesman", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, who", MESSAGES.values(), ids=MESSAGES)
def test_messages_and_what_carries_them(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in heard(enricher, text)


PASSIVES = {
    "headline": ("Taipei warned over drill by Beijing", ("China", "Taiwan")),
    "headline, threatened": ("Panama threatened with blockade by Trump", ("Donald Trump", "Panama")),
    "headline, a term": ("Vilnius given until Monday by Minsk to release driver", ("Belarus", "Lithuania")),
    "served notice": (
        "Kampala was served notice by Kigali that the lake would be closed.", ("Rwanda", "Uganda"),
    ),
    "handed an ultimatum": (
        "The ministry was handed an ultimatum by the miners' union: raise pay or lose the coal.",
        ("miners' union", "ministry"),
    ),
    "ordered": ("Bolivia was ordered by Chile to clear the pass or be shelled.", ("Chile", "Bolivia")),
    "summoned before": (
        "Dublin summoned the Russian ambassador. He was told that the embassy would be closed if one more cable broke.",
        ("Ireland", ""),
    ),
    "summoned to a body": (
        "The Danish ambassador was summoned to the foreign ministry in Ankara and told that a second burning would "
        "cost Copenhagen dearly.",
        ("Turkish Foreign Ministry", "Danish ambassador"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, who", PASSIVES.values(), ids=PASSIVES)
def test_who_acts_in_a_passive(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in heard(enricher, text)


APART = {
    "a tail that looks passive": (
        "Not one Gambian boat will land here again, Senegal's president declared.", ("Bassirou Diomaye Faye", "Gambia"),
    ),
    "joined before the tail": (
        "The hour is late for Juba, and after Monday our guns will speak, a Sudanese general said.",
        ("Sudanese commander", "South Sudan"),
    ),
    "a title and a name": (
        "Ask your generals how many of them will come home, the rebel leader Idris Tolo wrote to Asmara.",
        ("Idris Tolo", "Eritrea"),
    ),
    "it": ("The militia took the bridge. It told Baghdad that any convoy would be shelled.", ("militia", "Iraq")),
    "who will act": (
        "Damascus has until Sunday to withdraw its tanks, after which Israel will strike them.", ("Israel", "Syria"),
    ),
    "a bare term": (
        "Brussels set Budapest a deadline of 1 May, after which the funds will be cut.", ("European Union", "Hungary"),
    ),
    "marks that nobody closed": (
        "“Whoever feeds the rebels will share their grave, said Chad's defence minister on Monday.",
        ("Chadian defence minister", "rebels"),
    ),
    "workers to a government": (
        "Argentina's nurses warned the government that every clinic would close if pay was cut.",
        ("Argentina's nurses", "Argentine Government"),
    ),
    "a participle before": (
        "Warning Minsk that the hour was late, Vilnius said it would shut both bridges.", ("Lithuania", "Belarus"),
    ),
    "in a warning": ("EU in sharp warning to Baku as court bans party", ("European Union", "Azerbaijan")),
    "a headline without a verb": ("Oslo's blunt warning to Riga", ("Norway", "Latvia")),
    "a headline from one to another": ("Oslo to Riga: last warning over pipeline", ("Norway", "Latvia")),
}  # fmt: skip


@pytest.mark.parametrize("text, who", APART.values(), ids=APART)
def test_speakers_apart_from_their_words(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in heard(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "Rome will not pay. That is the problem.",
        "“We are tired.” That was the mood in Berlin.",
        "“We need change.” That was the message from the senator to Iowa voters.",
        "What the minister told parliament was that growth would slow.",
        "Iran warned by phone",
        "The company was told by its bank to sell the plant.",
        "He was seen by a doctor and told that he would live.",
        "Berlin has until June to submit its plan or Brussels will draft one.",
        "The film carried a warning from the director about violence.",
        "There was a threat of rain at Wimbledon.",
        "Seoul and Tokyo held talks on Monday, three weeks after Pyongyang threatened to fire on their ships.",
        "Doctors warned patients that the flu would be worse this year.",
    ],
)
def test_what_looks_like_them_alarms_nobody(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


def test_what_a_go_between_hands_on_is_not_his(enricher: Enricher) -> None:
    found = alarms(enricher, "The Swiss envoy delivered a warning from Washington to Tehran over the strait.")
    assert {p.name for s in found for p in s.speakers} == {"United States"}


def test_the_agent_is_no_part_of_what_is_told(enricher: Enricher) -> None:
    text = "Ankara was told to leave the valley by the Kurdish militia."
    contents = [text[start:end] for s in statements(enricher, text) for start, end in s.content]
    assert contents == ["to leave the valley"]


@pytest.mark.parametrize(
    "text, speaker, told",
    [
        ("The crews heard from Oslo that the quay was shut.", "Norway", "crews"),
        ("Oslo learnt from state television that the quay was shut.", "state media", "Norway"),
        ("Oslo heard that the quay was shut.", "Norway", ""),
    ],
)
def test_whom_somebody_hears_speaks(enricher: Enricher, text: str, speaker: str, told: str) -> None:
    (found,) = statements(enricher, text)
    assert found.speakers[0].name == speaker
    assert [party.name for party in found.addressees] == ([told] if told else [])


def heard(enricher: Enricher, text: str) -> set[tuple[str, str]]:
    """Speaker and addressee of each alarm."""
    found = alarms(enricher, text)
    return {(s.speakers[0].name, s.addressees[0].name if s.addressees else "") for s in found if s.speakers}


def test_rulers_are_of_the_place_where_they_rule(enricher: Enricher) -> None:
    text = "The soldiers in power in Niamey threatened on Monday to treat Benin as an enemy."
    assert {speaker for speaker, _ in heard(enricher, text)} == {"Nigerien Armed Forces"}


@pytest.mark.parametrize(
    "who", ["U.S.-backed forces", "Turkish-backed fighters", "Moscow-backed government", "Iran-backed militias"]
)
def test_who_is_backed_speaks_for_nobody_behind(enricher: Enricher, who: str) -> None:
    (warning,) = alarms(enricher, f"The {who} warned Cyprus on Friday against opening the port.")
    assert [(s.name, s.country, s.actor_id) for s in warning.speakers] == [(who, None, None)]
