"""Where a clause with quoted words begins and ends: one row for each turn that news takes."""

from __future__ import annotations

import pytest

from tests.enrich.attribution.reading import contents

MIXED = {
    "a clause goes on after the quoted words": (
        "Berg says there is no rival “on course to win” the second round.",
        ["there is no rival “on course to win” the second round"],
    ),
    "a participle hands over to the narrator": (
        "Berg insisted that he had “saved the harbour,” claiming credit for every new crane.",
        ["that he had “saved the harbour,”"],
    ),
    "a joined cue is the narrator's": (
        "Berg says the deal is “dead” and tells voters that he will walk away.",
        ["the deal is “dead”"],
    ),
    "a contrast is the narrator's": (
        "Berg accuses the board of an “artful lie” while Novak suggests a second audit.",
        ["the board of an “artful lie”"],
    ),
    "where it was said is not what was said": (
        "Berg said the dam was “a disgrace” in an interview with a local station.",
        ["the dam was “a disgrace”"],
    ),
    "the main clause follows": (
        "When Berg said the dam was “a disgrace,” engineers walked out of the hall.",
        ["the dam was “a disgrace,”"],
    ),
    "who is named belongs to it": (
        "Novak called the mayor of the old port “reckless” and left the hall.",
        ["the mayor of the old port “reckless”"],
    ),
    "quoted words begin the clause": (
        "Berg said “local crews” must lead the repairs.",
        ["“local crews” must lead the repairs"],
    ),
    "a reason goes on outside": (
        "Berg says “the whole trade is lost” because of the strike.",
        ["“the whole trade is lost” because of the strike"],
    ),
    "the narrator's words lead in": (
        "Berg said that if the council backs down, “our river is not going to save us.”",
        ["that if the council backs down, “our river is not going to save us.”"],
    ),
    "two quoted words in one clause": (
        "Captains should steer clear of terms such as “roughly” and “nearly”, he told reporters.",
        ["Captains should steer clear of terms such as “roughly” and “nearly”"],
    ),
    "a statement that says": (
        "Green Harbour issued a statement saying it closed the pier “because of unsafe cranes.”",
        ["it closed the pier “because of unsafe cranes.”"],
    ),
    "a fronted cue": (
        "While Berg admitted that it was “far from easy” to moor there, his crew has argued that the quay is safe.",
        ["that it was “far from easy” to moor there"],
    ),
    "a judged thing alone, and what the speaker did next": (
        "Novak called the harbour deal “a trap” and flew home.",
        ["the harbour deal “a trap”"],
    ),
    "a joined cue is in the tense of the auxiliary": (
        "Strand is telling the council that the dam is “sound” and says the town will pay.",
        ["that the dam is “sound”"],
    ),
    "joined cues before their main clause": (
        "Though Oduya called the bridge “a ruin” and asked that money be “found at once” for it, her party voted no.",
        ["that money be “found at once” for it"],
    ),
    "a letter stands before the conjunction": (
        "Novak said in a letter to the harbour board that the cranes were “past saving.”",
        ["that the cranes were “past saving.”"],
    ),
    "joined clauses with quoted words in both": (
        "Strand said the lock was “far too old” but that “nobody wants to pay for it.”",
        ["the lock was “far too old” but that “nobody wants to pay for it.”"],
    ),
    "a conjunction begins what a comma divides": (
        "Oduya tells visitors that after nine winters on the island, “the boats come home.”",
        ["that after nine winters on the island, “the boats come home.”"],
    ),
    "of two cues the first has the words": (
        "Strand says he knows that the ferry is “on its last trip.”",
        ["he knows that the ferry is “on its last trip.”"],
    ),
    "a helping verb yields": (
        "The board tried to persuade fishermen that they should leave the “golden bay” to the seals.",
        ["that they should leave the “golden bay” to the seals"],
    ),
    "the occasion of a judgement": (
        "Berg criticised the loan as a “bad joke” during a visit to the yard.",
        ["the loan as a “bad joke”"],
    ),
    "the narrator names what was said": (
        "Novak complained that the vote was “stolen,” a charge that the clerks deny.",
        ["that the vote was “stolen,”"],
    ),
    "an end of a sentence that marks close": (
        "Strand said the works were “nearly done.” Oduya said she would wait.",
        ["the works were “nearly done.”"],
    ),
    "words before a cue that quoted ones go on from": (
        "Of the empty quay, he said, “there is nothing left to see.”",
        ["Of the empty quay", "“there is nothing left to see.”"],
    ),
    "a clause beyond the cue": (
        "“It is our bad luck,” she said, that both ferries “broke on one day.”",
        ["“It is our bad luck,”", "that both ferries “broke on one day.”"],
    ),
    "quoted words in both halves": (
        "“A white van” crossed the fence, he said, and “all of us ran.”",
        ["“A white van” crossed the fence", "and “all of us ran.”"],
    ),
    "the narrator ends the clause": (
        "“You pushed your crews to the limit” to raise the price, she said.",
        ["“You pushed your crews to the limit” to raise the price"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MIXED.values(), ids=MIXED)
def test_a_clause_with_quoted_words(text: str, expected: list[str]) -> None:
    assert expected in contents(text, outermost=False)


def test_several_contents_of_one_speaker() -> None:
    text = "Berg said the port would close, promised new jobs and called the strike “a mistake.”"
    found = contents(text)
    assert ["the port would close"] in found
    assert ["the strike “a mistake.”"] in found
