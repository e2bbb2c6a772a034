import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.decoding import NameDecoder, best_tree, sentence_starts
from pipeline.language.encoding import case_classes, shape_class
from pipeline.language.lemmas import apply_script, lemma_script

TAGS = ["O", "B-PERSON", "I-PERSON", "B-ORG", "I-ORG"]


def reaches_root(heads: tuple[int, ...]) -> bool:
    for start in range(1, len(heads) + 1):
        node = start
        for _ in heads:
            node = heads[node - 1] if node else 0
        if node:
            return False
    return True


@pytest.mark.parametrize("seed", range(60))
def test_tree_is_the_best_of_all_trees_with_one_root(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    scores = rng.normal(size=(n + 1, n + 1)).astype(np.float32)
    best = max(
        sum(float(scores[i + 1, h]) for i, h in enumerate(heads))
        for heads in itertools.product(range(n + 1), repeat=n)
        if heads.count(0) == 1 and all(h != i + 1 for i, h in enumerate(heads)) and reaches_root(heads)
    )
    found = tuple(best_tree(scores).tolist())
    assert found.count(0) == 1
    assert reaches_root(found)
    assert sum(float(scores[i + 1, h]) for i, h in enumerate(found)) == pytest.approx(best, abs=1e-4)


def arcs_of(heads: list[int]) -> np.ndarray:
    """Arc scores that make these heads sure and leave a little for the others."""
    scores = np.zeros((len(heads) + 1, len(heads) + 1), np.float32)
    scores[range(1, len(heads) + 1), heads] = 9
    return scores


ONE_TREE, TWO_TREES = arcs_of([2, 0, 2, 3]), arcs_of([2, 0, 0, 3])


@pytest.mark.parametrize(
    ("third", "arcs", "starts"),
    [
        (8.0, ONE_TREE, [0, 2]),
        (-8.0, TWO_TREES, [0]),
        (0.5, ONE_TREE, [0]),
        (0.5, TWO_TREES, [0, 2]),
        (-0.5, TWO_TREES, [0, 2]),
        (-0.5, ONE_TREE, [0]),
    ],
)
def test_trees_have_a_say_where_a_sentence_start_is_unsure(third: float, arcs: np.ndarray, starts: list[int]) -> None:
    assert sentence_starts(np.array([-9, -9, third, -9], np.float32), arcs) == starts


def test_the_first_word_begins_a_sentence_whatever_its_score() -> None:
    assert sentence_starts(np.array([-1.0], np.float32), arcs_of([0])) == [0]


@given(st.lists(st.lists(st.floats(-9, 9), min_size=5, max_size=5), min_size=1, max_size=12))
def test_names_are_ordered_and_apart(rows: list[list[float]]) -> None:
    spans = NameDecoder(TAGS).spans(np.array(rows, np.float32))
    assert all(0 <= start < end <= len(rows) for start, end, _ in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


def test_a_name_cannot_start_inside() -> None:
    scores = np.array([[0, 1, 5, 0, 0], [1, 0, 5, 0, 0]], np.float32)
    assert NameDecoder(TAGS).spans(scores) == [(0, 2, "PERSON")]


@pytest.mark.parametrize(
    ("form", "lemma"),
    [
        ("talks", "talk"),
        ("went", "go"),
        ("MOSCOW", "Moscow"),
        ("Moscow", "Moscow"),
        ("n’t", "not"),
        ("’s", "'s"),
        ("Warned", "warn"),
        ("U.S.", "U.S."),
        ("better", "good"),
        ("”", "”"),
    ],
)
def test_scripts_lead_from_form_to_lemma(form: str, lemma: str) -> None:
    assert apply_script(lemma_script(form, lemma), form) == lemma


@given(st.text(min_size=1, max_size=12), st.sampled_from(["l3:go", "k0:", "t9:y", "l1:", "u2:"]))
def test_scripts_never_leave_an_empty_lemma(form: str, script: str) -> None:
    assert apply_script(script, form) != ""


@given(st.text(min_size=1), st.booleans())
def test_case_classes_stay_in_the_table(word: str, space: bool) -> None:
    assert all(1 <= case <= 16 for case in case_classes([shape_class(word)] * 2, [space, space]))
