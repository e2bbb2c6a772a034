"""Warnings without a verb of speech, or whose words stand apart from it: ultimatums, messages, headlines, letters."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from pipeline.records import Statement
from tests.enrich.reading import alarms, statements


def told(found: list[Statement]) -> set[tuple[str, str]]:
    return {(s.speakers[0].name, s.addressees[0].name if s.addressees else "") for s in found if s.speakers}


ULTIMATUMS = {
    "after which": (
        "Algiers gave Madrid three weeks to expel the dissidents, after which the gas tap would be closed.",
        ("Algeria", "Spain"),
    ),
    "failing which": (
        "Niamey gave Paris 72 hours to withdraw its envoy, failing which he would be put on a plane.",
        ("Niger", "France"),
    ),
    "deadline": ("Kinshasa has set Kigali a deadline of ten days to pull out its troops.", (
        "Democratic Republic of the Congo", "Rwanda",
    )),
    "issued with": ("Addis Ababa issued Eritrea with a one-week deadline to leave the border towns.", (
        "Ethiopia", "Eritrea",
    )),
    "until a day": ("Ankara gave the Kurdish militia until Friday to pull back from the river.", (
        "Turkey", "Kurdish militia",
    )),
    "passive": ("Armenia was given five days by Azerbaijan to vacate the villages.", ("Azerbaijan", "Armenia")),
    "next sentence": (
        "Minsk has five days to hand over the pilots. After that, Vilnius said, the border will be closed.",
        ("Lithuania", "Belarus"),
    ),
    "otherwise": (
        "Manila gave Beijing until noon to move the barge. Otherwise, Manila said, it will be towed.",
        ("Philippines", "China"),
    ),
    "somebody's words": (
        "Pakistan's defence minister said Kabul had a week to surrender the gunmen.", ("Khawaja Asif", "Afghanistan"),
    ),
    "no state known": ("The general said that Bamako had until midnight to free the officers.", ("general", "Mali")),
    "you": ("Hanoi told Beijing: “You have until Friday to move the rig.”", ("Vietnam", "China")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "who"), ULTIMATUMS.values(), ids=ULTIMATUMS)
def test_a_term_to_do_something_is_a_threat(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    found = alarms(enricher, text)
    assert who in told(found)
    assert {s.act for s in found} == {"THREATEN"}


@pytest.mark.parametrize(
    "text",
    [
        "The government gave farmers two years to adapt to the rules.",
        "The school has given pupils until Friday to return the books.",
        "Voters have until Sunday to register, the interior ministry said.",
        "Brussels gave Hungary another month to answer the letter.",
        "Spain has until June to adopt the directive, the commission said.",
        "Ukraine has six weeks to prepare for winter, the energy minister said.",
        "Peru has had three days to leave, Quito said.",
        "The mayor told residents to stay off the ice.",
        "Norway has two days to rest. After that, the coach said, the team will fly home.",
    ],
)
def test_a_term_that_presses_nobody_is_none(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


MESSAGES = {
    "predicate": ("Moscow's message to Chisinau was blunt: one more drone and the gas stops.", ("Russia", "Moldova")),
    "sent": ("Ankara sent Nicosia a blunt message: no drilling, or the navy will come.", ("Turkey", "Cyprus")),
    "without a colon": ("Tunis sent Rome a stern message over the camps.", ("Tunisia", "Italy")),
    "from": ("The message from Tehran, conveyed through the Omanis, was short: strike, and the strait will close.", (
        "Iran", "",
    )),
    "had": ("Sudan's army had a warning for Abu Dhabi: stop arming the militia or face our drones.", (
        "Sudanese Armed Forces", "United Arab Emirates",
    )),
    "directed at": (
        "The threat, made by the Indian army on Friday, was directed at Dhaka: stop the boats or they will be sunk.",
        ("Indian Armed Forces", "Bangladesh"),
    ),
    "received": ("Djibouti has got a warning from Asmara: shut the camp or see it shelled.", ("Eritrea", "Djibouti")),
    "one sentence": ("The junta had one sentence for the rebels: “Lay down your arms or die.”", ("junta", "rebels")),
    "note of caution": ("Sweden sounded a note of caution to Ankara over the lists.", ("Sweden", "Turkey")),
    "letter of warning": ("Paris handed Baku a letter of warning about the enclave.", ("France", "Azerbaijan")),
    "red line": ("Jordan drew a red line for Israel over the holy sites on Sunday.", ("Jordan", "Israel")),
    "follow up with": ("Zagreb followed up with a second warning to Sarajevo the same evening.", (
        "Croatia", "Bosnia and Herzegovina",
    )),
    "equated": ("“Do not test us” was Ankara's message to Nicosia.", ("Turkey", "Cyprus")),
    "there was": (
        "There was a warning for Moldova in Putin's speech: the gas will stop.", ("Vladimir Putin", "Moldova"),
    ),
    "put on alert": ("Ottawa put Delhi on alert that another seizure would end the talks.", ("Canada", "India")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "who"), MESSAGES.values(), ids=MESSAGES)
def test_the_words_of_a_message_are_its_senders(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in told(statements(enricher, text))


@pytest.mark.parametrize(
    "text",
    [
        "The coach's message to his players was simple: enjoy the game.",
        "The coach sent his players a stern message.",
        "Apple's answer to its rivals was simple: a cheaper phone.",
        "The president's message to young people was clear: stay in school.",
    ],
)
def test_other_messages_warn_nobody(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


HEADLINES = {
    "to": ("Poland to Belarus: close the camps or lose the crossing", ("Poland", "Belarus")),
    "on": ("China on Taiwan drills: those who play with fire will perish", ("China", "")),
    "office": ("Nato chief: attack on cable 'would not go unanswered'", ("Mark Rutte", "")),
    "own words": ("Japan: we'll shoot down next balloon", ("Japan", "")),
    "behind": ("'Back off or be sunk': Manila's message to Beijing", ("Philippines", "China")),
    "named behind": ("'You will pay': Orban's warning to Brussels", ("Viktor Orbán", "European Union")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "who"), HEADLINES.values(), ids=HEADLINES)
def test_headlines_name_who_speaks(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in told(statements(enricher, text))


@pytest.mark.parametrize(
    "text",
    [
        "London to Paris: trains resume after storm",
        "Ukraine: what is known of the strike so far",
        "From Rome to Berlin: how to travel by night train",
        "Cup final: Rovers beat City",
    ],
)
def test_topics_before_a_colon_say_nothing(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


QUOTED = {
    "quoted": (
        "The daily Kayhan quoted General Reza Amani as saying that any ship near the port “will be sunk”.",
        "Reza Amani", "Kayhan",
    ),
    "behind": (
        "Turkey would sink any vessel that drills there, state television quoted Admiral Selim Oz as saying.",
        "Selim Oz", "state media",
    ),
    "as warning": (
        "Interfax quoted a Kremlin spokesman as warning Warsaw against closing the border.",
        "Kremlin spokesperson", "Interfax",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "speaker", "relay"), QUOTED.values(), ids=QUOTED)
def test_who_is_quoted_as_saying_speaks(enricher: Enricher, text: str, speaker: str, relay: str) -> None:
    found = statements(enricher, text)
    assert [p.name for s in found for p in s.speakers] == [speaker]
    assert [p.name for s in found for p in s.relays] == [relay]


LETTERS = {
    "open letter": (
        "Remind your admirals that our submarines are in the strait too, Hossein Rad wrote in a letter to Manama.",
        ("Hossein Rad", "Bahrain"),
    ),
    "in a message": ("In a message to Kyiv, Minsk said any drone there would be answered.", ("Belarus", "Ukraine")),
    "the note said": (
        "Iran delivered a note to the embassy. The note said that any further strike would be answered.", ("Iran", ""),
    ),
    "reads the letter": ("“Your bases are within reach,” reads the letter, which Tehran sent to Manama.", ("Iran", "")),
    "signed by": (
        "The communique, signed by the junta, tells Paris to leave “or be carried out”.", ("junta", "France"),
    ),
    "told by": ("Kosovo's police were told by Belgrade to stay out of the north.", ("Serbia", "Kosovar Police")),
    "if it wants": (
        "Seoul is told by Pyongyang to stop the leaflets “if it wants its loudspeakers whole”.",
        ("North Korea", "South Korea"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "who"), LETTERS.values(), ids=LETTERS)
def test_who_is_told_in_letters_and_orders(enricher: Enricher, text: str, who: tuple[str, str]) -> None:
    assert who in told(statements(enricher, text))


@pytest.mark.parametrize(
    "text",
    [
        "Kosovo's police were told by Belgrade to stay out of the north.",
        "Greek pilots were told in no uncertain terms by Ankara to keep away from the island.",
        "Seoul is told by Pyongyang to stop the leaflets “if it wants its loudspeakers whole”.",
        "Stay off our reefs, the Philippine president wrote to Xi.",
        "Tunis sent Rome a stern message over the camps.",
        "Poland to Belarus: close the camps or lose the crossing",
        "'You will pay': Orban's warning to Brussels",
    ],
)
def test_orders_to_keep_off_and_stern_messages_alarm(enricher: Enricher, text: str) -> None:
    assert alarms(enricher, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "One more village, the Congolese general swore, and Kigali will be bombed.",
            ["One more village", "and Kigali will be bombed"],
        ),
        (
            "The bridges, Armenia's premier told Baku, would be blown up before a tank crossed them.",
            ["The bridges", "would be blown up before a tank crossed them"],
        ),
        (
            "Its fleet, the admiral told Manila on Monday, will not leave the shoal.",
            ["Its fleet", "will not leave the shoal"],
        ),
    ],
)
def test_words_stand_on_both_sides_of_the_cue(enricher: Enricher, text: str, words: list[str]) -> None:
    found = statements(enricher, text)
    assert [text[slice(*span)] for s in found for span in s.content] == words


def test_who_lets_others_know_tells_them(enricher: Enricher) -> None:
    for text in (
        "Riyadh let Tehran know that another missile would end the truce.",
        "Riyadh made it known to Tehran that another missile would end the truce.",
    ):
        assert told(statements(enricher, text)) == {("Saudi Arabia", "Iran")}


def test_what_was_said_before_is_no_news(enricher: Enricher) -> None:
    assert not alarms(enricher, "The council noted that it had previously said that it would strike if Seoul fired.")
