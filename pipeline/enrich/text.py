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


_DATELINE = re.compile(
    r"^[ \t]*[A-Z][A-Z.'’-]+(?:[ /][A-Z.'’-]+){0,3}"  # MOSCOW, NEW YORK, TEL AVIV/GAZA
    r"(?:, [A-Z][\w.]+(?: [A-Z][\w.]+)?)?(?:,? \w+\.? \d{1,2})?"  # a region, a date
    r"(?: ?\([^)\n]{2,30}\))? ?[—–-]{1,2} ",  # (Reuters) —
    re.MULTILINE,
)


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
