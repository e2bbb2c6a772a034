"""Pages that answer as an article does and are none: errors, consent, checks for robots; and articles behind a wall.

Each is told by what it says, and only where little else is there: an article about cookies or about a page that was
not found is long, and has paragraphs about something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.errors import BadInput
from pipeline.records import Flag

STUB_CHARS = 200
"""A page whose text is shorter is hardly more than its headline."""

_LEAD_CHARS = 1500
"""What is left of an article behind a wall is seldom longer."""

_ERROR_CHARS = 1200
_BARE_CHARS = 250
_CONSENT_CHARS = 4000

_ERROR_HEADLINE = re.compile(
    r"(?:error |http )?(?:4(?:0[0134]|10|29|51)|50[0234])\b(?:\s*[-|–:]|[\W_]*(?:error|forbidden|page|not found|gone"
    r"|bad|internal|unavailable|service|too many|gateway|oops|sorry|we|$)).*"
    r"|.*\b(?:page|article|story|content|url|site) (?:was |is |has |can ?not be |could not be "
    r"|can['’]t be |couldn['’]t be |"
    r"you (?:requested|are looking for|were looking for) )?"
    r"(?:not (?:be )?found|found|missing|no longer (?:available|exists?)|not available|does(?: not|n['’]t) exist|"
    r"(?:is|was|has|does|could|can|may) .*)"
    r"|(?:oops|sorry|whoops|uh[- ]oh)\b.*"
    r"|(?:access (?:to this page has been )?denied|forbidden|just a moment|one moment, please|attention required|"
    r"security check|checking your browser|(?:are you|verify (?:that )?you are) (?:a robot|human|not a robot)|"
    r"pardon our interruption|(?:site|service|temporarily) (?:temporarily )?unavailable|"
    r"(?:site |down for |under |scheduled )?maintenance)\b[\W_]*.{0,40}",
    re.IGNORECASE,
)
_ERROR_WORDS = re.compile(
    r"\b(?:page|article|story|content|url|link|address)\b[^.!?]{0,60}\b(?:not (?:be )?found"
    r"|no longer (?:available|exists?)|"
    r"(?:does|do)(?: not|n['’]t) exist|(?:has|have|may have|might have|was) (?:been )?(?:moved|removed"
    r"|deleted|renamed))"
    r"|can(?:not|['’]t) find (?:the|that|this) (?:page|article|story)"
    r"|(?:enable|turn on) (?:javascript|cookies)|unusual (?:traffic|activity) from your|not a robot"
    r"|you are (?:a )?human"
    r"|you (?:do not|don['’]t) have permission to access|reference #[\d.a-f]+|ray id"
    r"|(?:try|come|check) (?:back|again) (?:later|soon)|return to (?:the |our )?(?:home ?page|front page)"
    r"|(?:go|take me) (?:back )?(?:to (?:the )?)?home|use the search|check the (?:url|address|spelling)",
    re.IGNORECASE,
)
_CONSENT_WORDS = (
    r"\b(?:we|our site|this (?:web)?site)(?: and our (?:\d+ )?partners)?,? (?:use|uses|store|process"
    r"|set)\b[^.]*\bcookies",
    r"\b(?:we and )?our (?:\d+ |trusted |advertising )*partners\b",
    r"\b(?:accept|reject|allow|manage|decline) (?:all|cookies|options|preferences|choices|settings)\b",
    r"\b(?:give|withdraw|withhold|change|manage) (?:your )?(?:consent|privacy|preferences|choices)\b",
    r"\blegitimate interests?\b",
    r"\b(?:store|access)\b[^.]*\binformation on (?:a|your) device",
    r"\bwe (?:value|care about|respect) your privacy\b|\byour privacy (?:matters|choices|is important)\b",
    r"\bbefore you continue\b|\bby (?:clicking|continuing|using)\b[^.]*\b(?:you (?:agree|consent|accept))\b",
    r"\bpersonali[sz]ed (?:ads|advertising|content)\b",
)
_CONSENT = tuple(re.compile(words, re.IGNORECASE) for words in _CONSENT_WORDS)
_CONSENT_LINE = re.compile(r"cooki|consent|privacy|partners|personal data|your (?:data|device|choices)", re.IGNORECASE)

_WALL = re.compile(
    r"\b(?:subscribe|sign up|sign in|log in|register|join)\b[^.!?]{0,60}\bto (?:continue|keep|finish"
    r"|unlock|read (?:on|more|the|this))\b"
    r"|\bto (?:continue|keep|go on) reading\b|\b(?:continue|keep) reading (?:this (?:article|story) )?(?:with|for|by)\b"
    r"|\b(?:this|the (?:full|rest of (?:this|the))) (?:article|story|content|text)\b[^.!?]{0,40}"
    r"\b(?:subscribers|members|registered (?:users|readers))\b"
    r"|\b(?:subscriber|member|premium)[- ](?:only|exclusive)\b|\bexclusive(?:ly)? (?:to|for) (?:subscribers|members)\b"
    r"|\balready (?:a |have a )?(?:subscriber|subscribed|subscription|member)\b"
    r"|\bunlock (?:this|the) (?:article|story)\b|\byou(?:['’]ve| have) (?:reached|read|used)"
    r"\b[^.!?]{0,40}\bfree (?:articles?|stories)",
    re.IGNORECASE,
)


def refuse_what_is_no_article(headlines: Iterable[str], text: str) -> None:
    """Raise BadInput for an error page, a check for robots or a question for consent."""
    if len(text) < _ERROR_CHARS:
        for headline in headlines:
            plain = " ".join(headline.split())
            if _ERROR_HEADLINE.fullmatch(plain) and _says_error(plain, text):
                raise BadInput(
                    f"The page says that there is no article, though it answers as if there were: {plain[:80]!r}.",
                    "Check the address in a browser.",
                )
    if len(text) < _CONSENT_CHARS and _asks_for_consent(text):
        raise BadInput(
            "The page asks for consent to cookies instead of showing the article.",
            "Name a feed that carries the text, or save the page from a browser.",
        )


def _says_error(headline: str, text: str) -> bool:
    """News of a site that was taken down has one such phrase, and says more than that."""
    said = {match.group().casefold() for match in _ERROR_WORDS.finditer(f"{headline}\n{text}")}
    return not text.strip() or len(said) >= 2 or (bool(said) and len(text) < _BARE_CHARS)


def _asks_for_consent(text: str) -> bool:
    if sum(bool(pattern.search(text)) for pattern in _CONSENT) < 3:
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    about = sum(len(line) for line in lines if _CONSENT_LINE.search(line))
    return about * 2 > sum(map(len, lines))


def flags_of(text: str, last_lines: Iterable[str], visible: str, *, stated_as_closed: bool) -> list[Flag]:
    """What is wrong with an article's text.

    `last_lines` are those with which the extracted text ends, boilerplate included; `visible` is all that the page
    shows; `stated_as_closed` is whether the page says that the article is not free. Many papers say so of articles
    that they show in full, and keep the prompt in a hidden part of every page: both count for a short text only.
    """
    short = len(text) < _LEAD_CHARS
    walled = any(_WALL.search(line) for line in last_lines) or (
        short and (stated_as_closed or bool(_WALL.search(visible)))
    )
    found: list[Flag] = []
    if walled:
        found.append("paywall")
    if len(text) < STUB_CHARS:
        found.append("stub")
    return found
