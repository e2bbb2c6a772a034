"""Coreference: whom a pronoun means, from what was mentioned before it in the same field.

Mentions come in text order. For each party mentioned before a pronoun, and agreeing with it in kind, number and gender,
the mentions add up to its salience: by role in the sentence, halved with every sentence that lies between (after
Lappin and Leass 1994); who spoke last is the likeliest to speak on. The most salient party is meant; a pronoun that was
understood is a mention itself, so that chains go on over paragraphs. Where nobody agrees nobody is meant: a statement
without a speaker is better than one with a wrong speaker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from spacy.tokens import Doc, Token

from pipeline.enrich import syntax
from pipeline.enrich.mentions import Mention, Resolved, role_of

FIRST_PERSON = frozenset({"i", "we", "me", "us", "my", "our", "myself", "ourselves", "mine", "ours"})
_FEMALE = frozenset({"she", "her", "herself", "hers"})
_MALE = frozenset({"he", "him", "himself", "his"})
_PLURAL = frozenset({"they", "them", "themselves", "their", "theirs", "both"})
_NEUTER = frozenset({"it", "itself", "its"})
THIRD_PERSON = _FEMALE | _MALE | _PLURAL | _NEUTER
_REFLEXIVE = frozenset({"herself", "himself", "themselves", "itself"})

_ROLE_WEIGHT = {"subject": 3.0, "object": 1.5, "other": 1.0, "possessor": 1.0}
_SPEAKER_WEIGHT = 1.3
_SPEAKS_ON = 1.5
_DECAY = 0.45
_SAME_SENTENCE = 1.5
_QUOTED_WEIGHT = 0.2
_GENDER_KNOWN = 2.5
_BODY_IN_PLURAL = 0.3
# The directory seldom errs about who holds an office: somebody else who fits goes before another holder.
_ANOTHER_HOLDER = 0.2
_PAIR_WEIGHT = 4.0
_REACH_PERSON = 9
_REACH_OTHER = 3
# How far a party must be ahead of the second for the pronoun to teach its gender.
_CLEAR = 2.0
_EXPLETIVE_VERBS = frozenset({"seem", "appear", "rain", "snow", "happen", "emerge", "turn", "hail", "thunder"})
_CLAUSES = frozenset({"ccomp", "xcomp", "csubj", "csubj:pass", "advcl", "acl", "csubj:outer"})
_BODIES = frozenset({"state", "organisation", "agency", "group"})


class Salience:
    """How present parties, or several together, are in a reader's mind: one mention counts for each sentence."""

    def __init__(self) -> None:
        self._weights: dict[tuple[str, ...], dict[int, float]] = {}
        self._who: dict[tuple[str, ...], list[Resolved]] = {}

    def add(self, mention: Mention, who: list[Resolved], weight: float) -> None:
        key = tuple(one.key for one in who)
        sentences = self._weights.setdefault(key, {})
        sentences[mention.sentence] = max(weight, sentences.get(mention.sentence, 0.0))
        self._who.setdefault(key, who)

    def ranked(self) -> list[tuple[list[Resolved], float]]:
        """Parties with their salience, the highest first."""
        found = [(self._who[key], sum(sentences.values())) for key, sentences in self._weights.items()]
        return sorted(found, key=lambda pair: -pair[1])

    def best(self) -> list[Resolved]:
        ranked = self.ranked()
        return ranked[0][0] if ranked else []


class Coreference:
    """The mentions of one field so far, and whom a pronoun after them means."""

    def __init__(
        self,
        doc: Doc,
        quotations: list[int],
        speaking: frozenset[int],
        later: Callable[[Token], Iterable[Mention]] = lambda _: (),
    ) -> None:
        """`quotations`: the number of each token's quotation, 0 in narration; `speaking`: heads of sources.

        `later`: the names after a pronoun in its sentence, which are no mentions yet.
        """
        self.later = later
        self.quotations = quotations
        self.speaking = speaking
        self.sentences = _narrated_sentences(doc, quotations)
        self.mentions: list[Mention] = []
        self.genders: dict[str, str] = {}
        self._at: dict[int, Mention] = {}
        self._speaker_of: dict[int, str] = {}

    def mention(
        self,
        head: Token,
        who: list[Resolved],
        *,
        top: Token | None = None,
        plural: bool = False,
        human: bool = False,
        unheld: Resolved | None = None,
    ) -> None:
        """Take note of a mention; `top` is the head of the larger phrase that plays its role."""
        if not who:
            return
        made = Mention(
            head=head,
            who=who,
            role=role_of(top if top is not None else head),
            sentence=self.sentences[head.i],
            quotation=self.quotations[head.i],
            speaks=head.i in self.speaking or (top is not None and top.i in self.speaking),
            plural=plural,
            human=human,
            unheld=unheld,
        )
        self.mentions.append(made)
        self._at[head.i] = made
        if top is not None:
            self._at.setdefault(top.i, made)

    def voice(self, quotation: int, key: str) -> None:
        """Whose words a quotation holds: "he" inside it is somebody else."""
        self._speaker_of[quotation] = key

    def antecedent(self, pronoun: Token) -> list[Resolved]:
        """The parties that a pronoun of the third person means; an empty list where nobody fits."""
        word = pronoun.lower_
        if word in _REFLEXIVE:
            own = self._subject_of(pronoun)
            return own.who if own is not None else []
        if word in _PLURAL:
            return self._plural(pronoun)
        if word in _NEUTER:
            return [] if _is_expletive(pronoun) else self._neuter(pronoun)
        return self._person(pronoun, "f" if word in _FEMALE else "m")

    # -- he and she -------------------------------------------------------------------------------------------------

    def _person(self, pronoun: Token, gender: str) -> list[Resolved]:
        found = Salience()
        for mention, one, weight in self._weighed(pronoun, _REACH_PERSON):
            known = self.genders.get(one.key, one.gender)
            if mention.unheld is not None and known not in {None, gender}:
                one, known, weight = mention.unheld, None, weight * _ANOTHER_HOLDER
            if mention.plural or not (one.party.kind == "person" or mention.human) or known not in {None, gender}:
                continue
            found.add(mention, [one], weight * (_GENDER_KNOWN if known == gender else 1.0))
        ranked = found.ranked()
        if not ranked:
            return self._announced(pronoun, gender)
        (who, weight), *others = ranked
        if not others or weight > _CLEAR * others[0][1]:
            self.genders.setdefault(who[0].key, gender)
        return [replace(who[0], gender=gender)]

    def _announced(self, pronoun: Token, gender: str) -> list[Resolved]:
        """ "In his first speech, the chancellor …": who is named later in the sentence, where nobody was before."""
        for mention in self.later(pronoun):
            one = mention.who[0]
            if one.party.kind == "person" and mention.role == "subject" and one.gender in {None, gender}:
                return [replace(one, gender=gender)]
        return []

    # -- it ---------------------------------------------------------------------------------------------------------

    def _neuter(self, pronoun: Token) -> list[Resolved]:
        found = Salience()
        for mention, one, weight in self._weighed(pronoun, _REACH_OTHER):
            if one.party.kind in _BODIES and not mention.plural and not mention.human:
                found.add(mention, [one], weight)
        return found.best()

    # -- they -------------------------------------------------------------------------------------------------------

    def _plural(self, pronoun: Token) -> list[Resolved]:
        """People or states named together, groups, then bodies and pairs of people met in one sentence."""
        found = Salience()
        for mention in self._before(pronoun, _REACH_OTHER):
            is_body = mention.who[0].party.kind in {"organisation", "agency", "group"} and not mention.human
            if (mention.plural or is_body) and not self._excluded(pronoun, {one.key for one in mention.who}):
                weight = self._weight(pronoun, mention) * (1.0 if mention.plural else _BODY_IN_PLURAL)
                found.add(mention, mention.who, weight)
        pair, last = self._last_pair(pronoun)
        if last is not None and not self._excluded(pronoun, {one.key for one in pair}):
            found.add(last, pair, _PAIR_WEIGHT * self._recency(pronoun, last))
        return found.best()

    def last_pair(self, token: Token) -> list[Resolved]:
        """Two people named in one sentence before: together, or one with the other."""
        return self._last_pair(token)[0]

    def _last_pair(self, token: Token) -> tuple[list[Resolved], Mention | None]:
        here = self.sentences[token.i]
        for number in range(here, max(here - 3, -1), -1):
            met = [m for m in self.mentions if m.sentence == number and m.start < token.idx and not m.quotation]
            people = {one.key: one for m in met for one in m.who if one.party.kind == "person"}
            if len(people) >= 2:
                return list(people.values())[-2:], met[-1]
        return [], None

    # -- weighing ---------------------------------------------------------------------------------------------------

    def _before(self, pronoun: Token, reach: int) -> Iterable[Mention]:
        """Mentions before a pronoun, the nearest first, as far back as it reaches."""
        floor = self.sentences[pronoun.i] - reach
        for mention in reversed(self.mentions):
            if mention.start >= pronoun.idx:
                continue
            if mention.sentence < floor:
                return
            if mention.quotation and mention.quotation != self.quotations[pronoun.i] and pronoun.i in self.speaking:
                continue
            yield mention

    def _weighed(self, pronoun: Token, reach: int) -> Iterable[tuple[Mention, Resolved, float]]:
        """Every party mentioned before a pronoun that it may mean, with the weight of the mention."""
        for mention in self._before(pronoun, reach):
            weight = self._weight(pronoun, mention)
            for one in mention.who:
                if not self._excluded(pronoun, {one.key}):
                    yield mention, one, weight

    def _weight(self, pronoun: Token, mention: Mention) -> float:
        weight = _ROLE_WEIGHT[mention.role]
        if mention.speaks:
            weight *= _SPEAKER_WEIGHT * (_SPEAKS_ON if pronoun.i in self.speaking else 1.0)
        if mention.quotation and mention.quotation != self.quotations[pronoun.i]:
            weight *= _QUOTED_WEIGHT
        return weight * self._recency(pronoun, mention)

    def _recency(self, pronoun: Token, mention: Mention) -> float:
        distance = self.sentences[pronoun.i] - mention.sentence
        if distance == 0:
            return _SAME_SENTENCE if mention.role == "subject" else 1.0
        return float(_DECAY**distance)

    def _excluded(self, pronoun: Token, keys: set[str]) -> bool:
        """Whom a pronoun cannot mean: the subject of its own verb, and who says the words it stands in."""
        if self._speaker_of.get(self.quotations[pronoun.i]) in keys:
            return True
        own = self._subject_of(pronoun) if role_of(pronoun) == "object" else None
        return own is not None and bool(keys & {one.key for one in own.who})

    def _subject_of(self, pronoun: Token) -> Mention | None:
        verb = next((t for t in syntax.ancestors_until_root(pronoun) if t.pos_ in {"VERB", "AUX"}), None)
        subject = syntax.subject(verb) if verb is not None else None
        return self._at.get(subject.i) if subject is not None and subject.i != pronoun.i else None


def _narrated_sentences(doc: Doc, quotations: list[int]) -> list[int]:
    numbers: list[int] = []
    number = -1
    for sentence in doc.sents:
        if number < 0 or any(not quotations[t.i] and t.is_alpha for t in sentence):
            number += 1
        numbers.extend([number] * len(sentence))
    return numbers


def _is_expletive(pronoun: Token) -> bool:
    """ "It is clear that", "it seems", "it rained", "it took hours to": nobody is meant."""
    if pronoun.lower_ != "it":
        return False
    if pronoun.dep_ == "expl":
        return True
    verb = pronoun.head
    if role_of(pronoun) != "subject":
        return False
    if verb.lemma_ in _EXPLETIVE_VERBS:
        return True
    has_clause = any(child.dep_ in _CLAUSES and child.i > verb.i for child in verb.children)
    return has_clause and (verb.pos_ in {"ADJ", "NOUN"} or verb.lemma_ in {"take", "be"})
