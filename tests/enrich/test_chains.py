"""Chains of coreference in short texts: which phrases count as mentions, and whom each chain means."""

from __future__ import annotations

import pytest

from pipeline.language import load


@pytest.fixture(scope="module")
def nlp():
    nlp = load("fast")
    nlp.add_pipe("demarche_coreference")
    return nlp


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        pytest.param(
            "Oslo, Riga and Minsk shut their ports. They rejected the claim.",
            [(["NOR", "LVA", "BLR"], ["Oslo, Riga and Minsk", "their", "They"])],
            id="a coordination is one mention, without its parts",
        ),
        pytest.param(
            "A diplomat left. The diplomat had met a diplomat before.",
            [([None], ["A diplomat", "The diplomat"])],
            id="an indefinite phrase is somebody new",
        ),
        pytest.param(
            "Eleni Sarri spoke on Monday. Greece rejected the claim. Its spokeswoman, Eleni Sarri, said so.",
            [(["person/eleni-sarri/grc"], ["Eleni Sarri", "Eleni Sarri"]), (["GRC"], ["Greece", "Its"])],
            id="who was placed after the first mention is one person",
        ),
        pytest.param("Oslo shut the port.", [], id="one mention makes no chain"),
        pytest.param("", [], id="no words"),
    ],
)
def test_chains(nlp, text: str, chains: list[tuple[list[str | None], list[str]]]) -> None:
    found = nlp(text)._.chains
    assert [
        ([p["actor_id"] for p in chain["parties"]], [text[start:end] for start, end in chain["mentions"]])
        for chain in found
    ] == chains
