"""What of an article's text is narration: paragraphs, and lines that belong to the page and not to the article."""

from __future__ import annotations

import re

from pipeline.records import Span

_PROMPT = re.compile(
    r"^\W*(also read|read (also|more|next|the full)|related|see also|more on this|don['’]t miss|watch|sign up|subscribe"
    r"|follow us|click here|advertisement|photo|image|picture credit|file photo|source|tags|share this|continue reading"
    r"|editing by|reporting by|writing by|additional reporting)\b[^.!?]{0,30}?(:|\||—|–|$)",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"^\W*(\(?(photo|image|credit|copyright)s?\b.{0,60}|©.*)$", re.IGNORECASE)
_LONGEST_PROMPT = 200


def paragraphs(text: str) -> list[Span]:
    """Lines that hold something, without the white space at their edges."""
    found = []
    for line in re.finditer(r"[^\r\n\u2028\u2029]+", text):
        body = line.group()
        left = len(body) - len(body.lstrip())
        right = len(body.rstrip())
        if left < right:
            found.append((line.start() + left, line.start() + right))
    return found


def is_boilerplate(line: str) -> bool:
    """Prompts ("ALSO READ : …"), credits and agency footers: part of the page, nobody's words in the article."""
    return len(line) <= _LONGEST_PROMPT and bool(_PROMPT.match(line) or _CREDIT.match(line))


_REGION = r"(?:, [A-Z][\w.]+(?: [A-Z][\w.]+){0,2})?"
_DAY = r"(?:,? (?:\w+\.? \d{1,2}|\d{1,2} \w+\.?)(?:,? \d{4})?)?"
_DATELINE = re.compile(
    r"^[ \t]*(?:"
    rf"(?P<shouted>[A-Z][A-Z.'’-]+(?:[ /][A-Z.'’-]+){{0,3}}{_REGION}){_DAY}"  # MOSCOW; TEL AVIV/GAZA; ACCRA, Ghana
    r"(?:(?: ?\([^)\n]{2,30}\))? ?[—–-]{1,2} |\.? /[A-Z]{3,10}/\.? )"  # (Reuters) —; /TASS/.
    rf"|(?P<plain>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){{0,2}}{_REGION}){_DAY}"
    r" \((?:AFP|AP|Reuters|UPI|dpa|EFE|ANSA|Xinhua|Bloomberg)\) ?[—–-]{1,2} "  # Paris (AFP) –
    r")",
    re.MULTILINE,
)


def dateline_place(text: str) -> str:
    """The place of the first dateline, with its region if that is told: "Accra, Ghana"; empty if there is none."""
    match = _DATELINE.search(text)
    if match is None:
        return ""
    place: str = match["plain"] or match["shouted"]
    return " ".join(word.title() if word.isupper() else word for word in place.split(" "))


def without_datelines(text: str) -> str:
    """The text with datelines ("MOSCOW, June 19 (Reuters) — ") blanked: offsets stay, the parser sees the sentence."""
    return _DATELINE.sub(lambda match: " " * len(match.group()), text)


def trimmed(text: str, start: int, end: int, edges: str = " \t\r\n\u00a0") -> Span:
    """The range without the characters of `edges` at both ends; empty ranges stay where they start."""
    while start < end and text[start] in edges:
        start += 1
    while end > start and text[end - 1] in edges:
        end -= 1
    return start, end
