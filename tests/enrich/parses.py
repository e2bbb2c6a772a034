"""Sentences parsed by hand, each in both label schemes: a table has one token a line.

    word lemma tag pos  ud-head:label  clearnlp-head:label  [entity]

Heads count from 1 within the sentence; 0 is the root. `_` for the lemma is the word itself. Where one column stands
for both schemes it is written once. A word that ends in `~` has no white space after it.
"""

from __future__ import annotations

from typing import Literal

import spacy
from spacy.tokens import Doc

Scheme = Literal["ud", "clearnlp"]
SCHEMES: tuple[Scheme, ...] = ("ud", "clearnlp")

VOCAB = spacy.blank("en").vocab

TABLES = {
    "Moscow warned Oslo against closing the port.": """
        Moscow _ NNP PROPN 2:nsubj 2:nsubj GPE
        warned warn VBD VERB 0:root 0:root
        Oslo _ NNP PROPN 2:obj 2:dobj GPE
        against _ IN ADP 5:mark 2:prep
        closing close VBG VERB 2:advcl 4:pcomp
        the _ DT DET 7:det 7:det
        port~ port NN NOUN 5:obj 5:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Russia's foreign ministry warned Washington on Tuesday against any intervention in Iran.": """
        Russia~ _ NNP PROPN 4:nmod:poss 4:poss GPE
        's 's POS PART 1:case 1:case
        foreign _ JJ ADJ 4:amod 4:amod
        ministry _ NN NOUN 5:nsubj 5:nsubj
        warned warn VBD VERB 0:root 0:root
        Washington _ NNP PROPN 5:obj 5:dobj GPE
        on _ IN ADP 8:case 5:prep
        Tuesday _ NNP PROPN 5:obl 7:pobj DATE
        against _ IN ADP 11:case 5:prep
        any _ DT DET 11:det 11:det
        intervention _ NN NOUN 5:obl 9:pobj
        in _ IN ADP 13:case 11:prep
        Iran~ _ NNP PROPN 11:nmod 12:pobj GPE
        . . . PUNCT 5:punct 5:punct
    """,
    "Xi urged Israel to halt its raids.": """
        Xi _ NNP PROPN 2:nsubj 2:nsubj PERSON
        urged urge VBD VERB 0:root 0:root
        Israel _ NNP PROPN 2:obj 2:dobj GPE
        to _ TO PART 5:mark 5:aux
        halt _ VB VERB 2:xcomp 2:xcomp
        its _ PRP$ PRON 7:nmod:poss 7:poss
        raids~ raid NNS NOUN 5:obj 5:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Xi promised to halt attacks.": """
        Xi _ NNP PROPN 2:nsubj 2:nsubj PERSON
        promised promise VBD VERB 0:root 0:root
        to _ TO PART 4:mark 4:aux
        halt _ VB VERB 2:xcomp 2:xcomp
        attacks~ attack NNS NOUN 4:obj 4:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "The minister said that the port would not reopen.": """
        The the DT DET 2:det 2:det
        minister _ NN NOUN 3:nsubj 3:nsubj
        said say VBD VERB 0:root 0:root
        that _ IN SCONJ 9:mark 9:mark
        the _ DT DET 6:det 6:det
        port _ NN NOUN 9:nsubj 9:nsubj
        would _ MD AUX 9:aux 9:aux
        not _ RB PART 9:advmod 9:neg
        reopen~ reopen VB VERB 3:ccomp 3:ccomp
        . . . PUNCT 3:punct 3:punct
    """,
    "The pilot says that the route is dangerous and will close.": """
        The the DT DET 2:det 2:det
        pilot _ NN NOUN 3:nsubj 3:nsubj
        says say VBZ VERB 0:root 0:root
        that _ IN SCONJ 8:mark 7:mark
        the _ DT DET 6:det 6:det
        route _ NN NOUN 8:nsubj 7:nsubj
        is be VBZ AUX 8:cop 3:ccomp
        dangerous _ JJ ADJ 3:ccomp 7:acomp
        and _ CC CCONJ 11:cc 3:cc
        will _ MD AUX 11:aux 11:aux
        close~ _ VB VERB 3:conj 3:conj
        . . . PUNCT 3:punct 3:punct
    """,
    "The pilot says that the route is dangerous and leaves.": """
        The the DT DET 2:det 2:det
        pilot _ NN NOUN 3:nsubj 3:nsubj
        says say VBZ VERB 0:root 0:root
        that _ IN SCONJ 8:mark 7:mark
        the _ DT DET 6:det 6:det
        route _ NN NOUN 8:nsubj 7:nsubj
        is be VBZ AUX 8:cop 3:ccomp
        dangerous _ JJ ADJ 3:ccomp 7:acomp
        and _ CC CCONJ 10:cc 3:cc
        leaves~ leave VBZ VERB 3:conj 3:conj
        . . . PUNCT 3:punct 3:punct
    """,
    "According to the Herald, Brandt, a pilot, left.": """
        According accord VBG VERB 4:case 11:prep
        to _ IN ADP 1:fixed 1:prep
        the _ DT DET 4:det 4:det
        Herald~ _ NNP PROPN 11:obl 2:pobj ORG
        , , , PUNCT 6:punct 4:punct
        Brandt~ _ NNP PROPN 4:appos 4:appos PERSON
        , , , PUNCT 9:punct 6:punct
        a _ DT DET 9:det 9:det
        pilot~ _ NN NOUN 6:appos 6:appos
        , , , PUNCT 6:punct 6:punct
        left~ leave VBD VERB 0:root 0:root
        . . . PUNCT 11:punct 11:punct
    """,
    "“We will not leave,” Petra Novak said.": """
        “~ “ `` PUNCT 5:punct 10:punct
        We we PRP PRON 5:nsubj 5:nsubj
        will _ MD AUX 5:aux 5:aux
        not _ RB PART 5:advmod 5:neg
        leave~ leave VB VERB 0:root 10:ccomp
        ,~ , , PUNCT 10:punct 10:punct
        ” ” '' PUNCT 5:punct 10:punct
        Petra _ NNP PROPN 10:nsubj 9:compound PERSON
        Novak _ NNP PROPN 8:flat 10:nsubj PERSON
        said~ say VBD VERB 5:parataxis 0:root
        . . . PUNCT 5:punct 10:punct
    """,
    "The port is shut, Petra Novak said.": """
        The the DT DET 2:det 2:det
        port _ NN NOUN 4:nsubj:pass 4:nsubjpass
        is be VBZ AUX 4:aux:pass 4:auxpass
        shut~ shut VBN VERB 0:root 8:ccomp
        , , , PUNCT 8:punct 8:punct
        Petra _ NNP PROPN 8:nsubj 7:compound PERSON
        Novak _ NNP PROPN 6:flat 8:nsubj PERSON
        said~ say VBD VERB 4:parataxis 0:root
        . . . PUNCT 4:punct 8:punct
    """,
    "The port reopens, according to the ministry.": """
        The the DT DET 2:det 2:det
        port _ NN NOUN 3:nsubj 3:nsubj
        reopens~ reopen VBZ VERB 0:root 0:root
        , , , PUNCT 8:punct 3:punct
        according accord VBG VERB 8:case 3:prep
        to _ IN ADP 5:fixed 5:prep
        the _ DT DET 8:det 8:det
        ministry~ ministry NN NOUN 3:obl 6:pobj
        . . . PUNCT 3:punct 3:punct
    """,
    "Beijing issued a stark warning to Taipei over the visit.": """
        Beijing _ NNP PROPN 2:nsubj 2:nsubj GPE
        issued issue VBD VERB 0:root 0:root
        a _ DT DET 5:det 5:det
        stark _ JJ ADJ 5:amod 5:amod
        warning _ NN NOUN 2:obj 2:dobj
        to _ IN ADP 7:case 2:dative
        Taipei _ NNP PROPN 5:nmod 6:pobj GPE
        over _ IN ADP 10:case 5:prep
        the _ DT DET 10:det 10:det
        visit~ visit NN NOUN 5:nmod 8:pobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Beijing gave Taipei a warning.": """
        Beijing _ NNP PROPN 2:nsubj 2:nsubj GPE
        gave give VBD VERB 0:root 0:root
        Taipei _ NNP PROPN 2:iobj 2:dative GPE
        a _ DT DET 5:det 5:det
        warning~ warning NN NOUN 2:obj 2:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "A warning was issued by Beijing.": """
        A a DT DET 2:det 2:det
        warning _ NN NOUN 4:nsubj:pass 4:nsubjpass
        was be VBD AUX 4:aux:pass 4:auxpass
        issued issue VBN VERB 0:root 0:root
        by _ IN ADP 6:case 4:agent
        Beijing~ _ NNP PROPN 4:obl:agent 5:pobj GPE
        . . . PUNCT 4:punct 4:punct
    """,
    "Ankara was warned by Brussels that the loans could be frozen.": """
        Ankara _ NNP PROPN 3:nsubj:pass 3:nsubjpass GPE
        was be VBD AUX 3:aux:pass 3:auxpass
        warned warn VBN VERB 0:root 0:root
        by _ IN ADP 5:case 3:agent
        Brussels _ NNP PROPN 3:obl:agent 4:pobj GPE
        that _ IN SCONJ 11:mark 11:mark
        the _ DT DET 8:det 8:det
        loans loan NNS NOUN 11:nsubj:pass 11:nsubjpass
        could _ MD AUX 11:aux 11:aux
        be _ VB AUX 11:aux:pass 11:auxpass
        frozen~ freeze VBN VERB 3:ccomp 3:ccomp
        . . . PUNCT 3:punct 3:punct
    """,
    "Tehran accused London of threatening its ships.": """
        Tehran _ NNP PROPN 2:nsubj 2:nsubj GPE
        accused accuse VBD VERB 0:root 0:root
        London _ NNP PROPN 2:obj 2:dobj GPE
        of _ IN ADP 5:mark 2:prep
        threatening threaten VBG VERB 2:advcl 4:pcomp
        its _ PRP$ PRON 7:nmod:poss 7:poss
        ships~ ship NNS NOUN 5:obj 5:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Putin angered Oslo by threatening its ships.": """
        Putin _ NNP PROPN 2:nsubj 2:nsubj PERSON
        angered anger VBD VERB 0:root 0:root
        Oslo _ NNP PROPN 2:obj 2:dobj GPE
        by _ IN ADP 5:mark 2:prep
        threatening threaten VBG VERB 2:advcl 4:pcomp
        its _ PRP$ PRON 7:nmod:poss 7:poss
        ships~ ship NNS NOUN 5:obj 5:dobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Novak, who had warned Budapest, met Orban and urged talks.": """
        Novak~ _ NNP PROPN 8:nsubj 8:nsubj PERSON
        , , , PUNCT 5:punct 1:punct
        who _ WP PRON 5:nsubj 5:nsubj
        had have VBD AUX 5:aux 5:aux
        warned warn VBN VERB 1:acl:relcl 1:relcl
        Budapest~ _ NNP PROPN 5:obj 5:dobj GPE
        , , , PUNCT 5:punct 1:punct
        met meet VBD VERB 0:root 0:root
        Orban _ NNP PROPN 8:obj 8:dobj PERSON
        and _ CC CCONJ 11:cc 8:cc
        urged urge VBD VERB 8:conj 8:conj
        talks~ talk NNS NOUN 11:obj 11:dobj
        . . . PUNCT 8:punct 8:punct
    """,
    "Oslo rejected remarks made by the envoy, warning of delays.": """
        Oslo _ NNP PROPN 2:nsubj 2:nsubj GPE
        rejected reject VBD VERB 0:root 0:root
        remarks remark NNS NOUN 2:obj 2:dobj
        made make VBN VERB 3:acl 3:acl
        by _ IN ADP 7:case 4:agent
        the _ DT DET 7:det 7:det
        envoy~ envoy NN NOUN 4:obl:agent 5:pobj
        , , , PUNCT 9:punct 2:punct
        warning warn VBG VERB 2:advcl 2:advcl
        of _ IN ADP 11:case 9:prep
        delays~ delay NNS NOUN 9:obl 10:pobj
        . . . PUNCT 2:punct 2:punct
    """,
    "Moscow didn't warn Minsk and issued no threat.": """
        Moscow _ NNP PROPN 4:nsubj 4:nsubj GPE
        did~ do VBD AUX 4:aux 4:aux
        n't n't RB PART 4:advmod 4:neg
        warn _ VB VERB 0:root 0:root
        Minsk _ NNP PROPN 4:obj 4:dobj GPE
        and _ CC CCONJ 7:cc 4:cc
        issued issue VBD VERB 4:conj 4:conj
        no _ DT DET 9:det 9:det
        threat~ threat NN NOUN 7:obj 7:dobj
        . . . PUNCT 4:punct 4:punct
    """,
    "Moscow and Beijing jointly warned Tokyo because of missiles.": """
        Moscow _ NNP PROPN 5:nsubj 5:nsubj GPE
        and _ CC CCONJ 3:cc 1:cc
        Beijing _ NNP PROPN 1:conj 1:conj GPE
        jointly _ RB ADV 5:advmod 5:advmod
        warned warn VBD VERB 0:root 0:root
        Tokyo _ NNP PROPN 5:obj 5:dobj GPE
        because _ IN SCONJ 9:case 5:prep
        of _ IN ADP 7:fixed 7:pcomp
        missiles~ missile NNS NOUN 5:obl 7:pobj
        . . . PUNCT 5:punct 5:punct
    """,
    "Ankara was warned and fined by Brussels.": """
        Ankara _ NNP PROPN 3:nsubj:pass 3:nsubjpass GPE
        was be VBD AUX 3:aux:pass 3:auxpass
        warned warn VBN VERB 0:root 0:root
        and _ CC CCONJ 5:cc 3:cc
        fined fine VBN VERB 3:conj 3:conj
        by _ IN ADP 7:case 5:agent
        Brussels~ _ NNP PROPN 5:obl:agent 6:pobj GPE
        . . . PUNCT 3:punct 3:punct
    """,
    "The envoy of Norway, a former judge, praised the plan that Oslo drew up.": """
        The the DT DET 2:det 2:det
        envoy _ NN NOUN 10:nsubj 10:nsubj
        of _ IN ADP 4:case 2:prep
        Norway~ _ NNP PROPN 2:nmod 3:pobj GPE
        , , , PUNCT 8:punct 2:punct
        a _ DT DET 8:det 8:det
        former _ JJ ADJ 8:amod 8:amod
        judge~ judge NN NOUN 2:appos 2:appos
        , , , PUNCT 8:punct 2:punct
        praised praise VBD VERB 0:root 0:root
        the _ DT DET 12:det 12:det
        plan _ NN NOUN 10:obj 10:dobj
        that _ WDT PRON 15:obj 15:dobj
        Oslo _ NNP PROPN 15:nsubj 15:nsubj GPE
        drew draw VBD VERB 12:acl:relcl 12:relcl
        up~ up RP ADP 15:compound:prt 15:prt
        . . . PUNCT 10:punct 10:punct
    """,
    "Petra Novak, the foreign minister, spoke.": """
        Petra _ NNP PROPN 8:nsubj 2:compound PERSON
        Novak~ _ NNP PROPN 1:flat 8:nsubj PERSON
        , , , PUNCT 6:punct 2:punct
        the _ DT DET 6:det 6:det
        foreign _ JJ ADJ 6:amod 6:amod
        minister~ minister NN NOUN 1:appos 2:appos
        , , , PUNCT 6:punct 2:punct
        spoke~ speak VBD VERB 0:root 0:root
        . . . PUNCT 8:punct 8:punct
    """,
    "The envoy called on Serbia to stay calm.": """
        The the DT DET 2:det 2:det
        envoy _ NN NOUN 3:nsubj 3:nsubj
        called call VBD VERB 0:root 0:root
        on _ IN ADP 5:case 3:prep
        Serbia _ NNP PROPN 3:obl 4:pobj GPE
        to _ TO PART 7:mark 7:aux
        stay _ VB VERB 3:xcomp 3:xcomp
        calm~ calm JJ ADJ 7:xcomp 7:acomp
        . . . PUNCT 3:punct 3:punct
    """,
    "Berg is adamant that the port will close.": """
        Berg _ NNP PROPN 3:nsubj 2:nsubj PERSON
        is be VBZ AUX 3:cop 0:root
        adamant _ JJ ADJ 0:root 2:acomp
        that _ IN SCONJ 8:mark 8:mark
        the _ DT DET 6:det 6:det
        port _ NN NOUN 8:nsubj 8:nsubj
        will _ MD AUX 8:aux 8:aux
        close~ _ VB VERB 3:ccomp 3:ccomp
        . . . PUNCT 3:punct 2:punct
    """,
    "Oduya made it clear that Oslo would answer.": """
        Oduya _ NNP PROPN 2:nsubj 2:nsubj PERSON
        made make VBD VERB 0:root 0:root
        it _ PRP PRON 2:expl 4:nsubj
        clear _ JJ ADJ 2:xcomp 2:ccomp
        that _ IN SCONJ 8:mark 8:mark
        Oslo _ NNP PROPN 8:nsubj 8:nsubj GPE
        would _ MD AUX 8:aux 8:aux
        answer~ _ VB VERB 4:ccomp 4:ccomp
        . . . PUNCT 2:punct 2:punct
    """,
    "Novak is on record that the loan was never paid.": """
        Novak _ NNP PROPN 4:nsubj 2:nsubj PERSON
        is be VBZ AUX 4:cop 0:root
        on _ IN ADP 4:case 2:prep
        record _ NN NOUN 0:root 3:pobj
        that _ IN SCONJ 10:mark 10:mark
        the _ DT DET 7:det 7:det
        loan _ NN NOUN 10:nsubj:pass 10:nsubjpass
        was be VBD AUX 10:aux:pass 10:auxpass
        never _ RB ADV 10:advmod 10:neg
        paid~ pay VBN VERB 4:acl 4:acl
        . . . PUNCT 4:punct 2:punct
    """,
    "The minister was quoted by Kestrel as saying the border would reopen.": """
        The the DT DET 2:det 2:det
        minister _ NN NOUN 4:nsubj:pass 4:nsubjpass
        was be VBD AUX 4:aux:pass 4:auxpass
        quoted quote VBN VERB 0:root 0:root
        by _ IN ADP 6:case 4:agent
        Kestrel _ NNP PROPN 4:obl:agent 5:pobj ORG
        as _ IN SCONJ 8:mark 4:prep
        saying say VBG VERB 4:advcl 7:pcomp
        the _ DT DET 10:det 10:det
        border _ NN NOUN 12:nsubj 12:nsubj
        would _ MD AUX 12:aux 12:aux
        reopen~ _ VB VERB 8:ccomp 8:ccomp
        . . . PUNCT 4:punct 4:punct
    """,
    "Two cranes fell, as reported by Kestrel.": """
        Two two CD NUM 2:nummod 2:nummod
        cranes crane NNS NOUN 3:nsubj 3:nsubj
        fell~ fall VBD VERB 0:root 0:root
        , , , PUNCT 6:punct 3:punct
        as _ IN SCONJ 6:mark 6:mark
        reported report VBN VERB 3:advcl 3:advcl
        by _ IN ADP 8:case 6:agent
        Kestrel~ _ NNP PROPN 6:obl:agent 7:pobj ORG
        . . . PUNCT 3:punct 3:punct
    """,
    "The quay, as she explained, sank.": """
        The the DT DET 2:det 2:det
        quay~ quay NN NOUN 8:nsubj 8:nsubj
        , , , PUNCT 6:punct 8:punct
        as _ IN SCONJ 6:mark 6:mark
        she _ PRP PRON 6:nsubj 6:nsubj
        explained~ explain VBD VERB 8:advcl 8:advcl
        , , , PUNCT 6:punct 8:punct
        sank~ sink VBD VERB 0:root 0:root
        . . . PUNCT 8:punct 8:punct
    """,
    "Novak made a point of saying that the bay is clean.": """
        Novak _ NNP PROPN 2:nsubj 2:nsubj PERSON
        made make VBD VERB 0:root 0:root
        a _ DT DET 4:det 4:det
        point _ NN NOUN 2:obj 2:dobj
        of _ IN SCONJ 6:mark 4:prep
        saying say VBG VERB 4:acl 5:pcomp
        that _ IN SCONJ 11:mark 10:mark
        the _ DT DET 9:det 9:det
        bay _ NN NOUN 11:nsubj 10:nsubj
        is be VBZ AUX 11:cop 6:ccomp
        clean~ _ JJ ADJ 6:ccomp 10:acomp
        . . . PUNCT 2:punct 2:punct
    """,
    "Berg's promise to be patient failed.": """
        Berg~ _ NNP PROPN 3:nmod:poss 3:poss PERSON
        's 's POS PART 1:case 1:case
        promise _ NN NOUN 7:nsubj 7:nsubj
        to _ TO PART 6:mark 5:aux
        be _ VB AUX 6:cop 3:acl
        patient _ JJ ADJ 3:acl 5:acomp
        failed~ fail VBD VERB 0:root 0:root
        . . . PUNCT 7:punct 7:punct
    """,
    "Berlin gave Minsk two days to reopen the road or face sanctions.": """
        Berlin _ NNP PROPN 2:nsubj 2:nsubj GPE
        gave give VBD VERB 0:root 0:root
        Minsk _ NNP PROPN 2:iobj 2:dative GPE
        two _ CD NUM 5:nummod 5:nummod DATE
        days day NNS NOUN 2:obj 2:dobj DATE
        to _ TO PART 7:mark 7:aux
        reopen _ VB VERB 5:acl 5:relcl
        the _ DT DET 9:det 9:det
        road _ NN NOUN 7:obj 7:dobj
        or _ CC CCONJ 11:cc 7:cc
        face _ VB VERB 7:conj 7:conj
        sanctions~ sanction NNS NOUN 11:obj 11:dobj
        . . . PUNCT 2:punct 2:punct
    """,
}


def parsed(sentence: str, scheme: Scheme) -> Doc:
    """The sentence as a Doc, with the heads and labels of one scheme."""
    rows = [line.split() for line in TABLES[sentence].strip().splitlines()]
    column = {"ud": 4, "clearnlp": 5}[scheme]
    words = [row[0].removesuffix("~") for row in rows]
    arcs = [row[column].split(":", 1) for row in rows]
    entities = [row[6] if len(row) > 6 else "" for row in rows]
    inside = [e and i > 0 and entities[i - 1] == e for i, e in enumerate(entities)]
    return Doc(
        VOCAB,
        words=words,
        spaces=[not row[0].endswith("~") and row is not rows[-1] for row in rows],
        lemmas=[word if row[1] == "_" else row[1] for word, row in zip(words, rows, strict=True)],
        tags=[row[2] for row in rows],
        pos=[row[3] for row in rows],
        heads=[i if head == "0" else int(head) - 1 for i, (head, _) in enumerate(arcs)],
        deps=["ROOT" if label == "root" else label for _, label in arcs],
        ents=[f"{'I' if again else 'B'}-{e}" if e else "O" for e, again in zip(entities, inside, strict=True)],
    )


# What parsers do now and then to the same words; Universal Dependencies only.
WAVERING = {
    "Tehran accused London of threatening its ships.": [
        ("threatening", "xcomp"),
        ("threatening", "ccomp"),
        ("London", "iobj"),
    ],
    "Moscow warned Oslo against closing the port.": [("closing", "xcomp"), ("closing", "ccomp"), ("Oslo", "nsubj")],
}
