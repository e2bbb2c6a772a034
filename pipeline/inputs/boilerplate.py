"""Lines that a page or feed puts into an article's text and that are none of it.

A line goes only where it is one as a whole: an invitation, a list of other articles, a credit. It must be short, so
that no paragraph is lost to a phrase that it happens to begin with.
"""

from __future__ import annotations

import re

_MAX_CHARS = 320

_POINTERS = (
    r"also (?:read|see|watch)|read (?:more|also|next|the full story)|see (?:more|also)|watch (?:more|also|now|live)",
    r"related(?: (?:articles?|stories|coverage|news|content|topics))?|recommended|more (?:on|from) this(?: story)?",
    r"don['’]t miss|must read|trending(?: now)?|you may also like|editors?['’]?s? picks?|most (?:read|popular)",
    r"en savoir plus|(?:à )?lire aussi|mehr zum thema|lea también|leia (?:também|mais)",
)
"""Other articles: with nothing behind them, or with a colon and the other headline."""

_FURNITURE = (
    r"tags?|topics?|comments?|share(?: this(?: (?:article|story))?)?|advertisement|sponsored(?: content)?|print",
    r"scroll to continue.*|story continues below.*|article continues after.*|loading(?:\.\.\.|…)?|copy link|e-?mail",
    r"(?:leave a|show) comments?|tell us what you think|continue reading.*|click here (?:to|for).*",
)

_INVITATIONS = (
    r"(?:please )?(?:sign up|subscribe|get|receive|join|start)\b.*"
    r"\b(?:newsletters?|inbox|free trial|subscriptions?|mailing list|delivered (?:through|to) your|news alerts)\b.*",
    r"there['’]s plenty more.*newsletter.*",
    r"(?:have|got) a (?:news )?tip\b.*",
    r"(?:you can )?follow [\w.’' -]{2,40} (?:on|at) "
    r"(?:twitter|x|facebook|instagram|google|telegram|whatsapp|bluesky|linkedin|youtube)\b.*",
    r"[^“\"]*\bfollow (?:us|him|her|them|me) (?:on|at) (?:twitter|x|facebook|instagram|telegram|bluesky"
    r"|linkedin|youtube)\b.*",
    r"e-?mail [\w.’' -]{3,40} at \S+@\S+.*",
    r"get (?:unlimited |full |exclusive )?access to .*\b(?:subscriptions?|subscribers?|membership|as little as)\b.*",
    r"(?:please )?(?:subscribe|sign in|log in|register|join)\b.{0,80}\bto (?:continue|keep reading|unlock"
    r"|read (?:on|more|the (?:full|rest)))\b.*",
    r"(?:this|the (?:full|rest of (?:this|the))) (?:article|story) is .{0,30}\b(?:for"
    r"|to) (?:our )?(?:paying )?subscribers\b.*",
    r"(?:already a (?:subscriber|member)|not a (?:subscriber|member)(?: yet)?)\?.*",
    r"download (?:our|the) .{0,40}app\b.*",
)

_CREDITS = (
    r"\(?(?:image|photo|picture|photograph)s? ?(?:credits?|by|courtesy|source)\b.{0,120}",
    r"(?:copyright|©|\(c\)) .{0,160}|.{0,80}all rights reserved.{0,80}",
    r"the post .+ (?:appeared first|first appeared) on .+",
)

_NAME = r"(?-i:[A-Z][\w'’]*|and|in|at|for|with|by|of|the|additional|reporting|writing|editing|contributed|to|report)"
_AGENCY = (
    r"(?:(?:with )?(?:additional |further )?(?:reporting|writing|editing|photography)|compiled"
    r"|translated|edited|written)"
    rf" by {_NAME}(?:[ ;,.()&—–-]+{_NAME})*[ ;,.()]*"
    rf"|{_NAME}(?:[ ;,.()&—–-]+{_NAME})* contributed (?:reporting )?to this (?:report|story|article)[ .()]*"
)
"""The line with which agencies say who wrote and edited: nothing but names and a few words between them."""

_LABELLED = (
    r".{10,160} \[(?:analysis|comment|exclusive|insight|latest|live|news|opinion|photos|pictures?|reaction|report"
    r"|reveal(?:ed)?|update|video|warning|watch)\][\s|]*"
)
"""Headlines of other articles with a label behind, as some papers put them between paragraphs."""

_WHOLE_LINE = re.compile(
    rf"[^\w“\"]*(?:(?:{'|'.join(_POINTERS)})(?: ?[:|»›>→-].*| ?\.{{0,3}} ?)"
    rf"|(?:{'|'.join(_FURNITURE)})[\s\W]*|{'|'.join(_INVITATIONS)}|{_LABELLED}|{_AGENCY})"
    rf"|[\s*_]*(?:{'|'.join(_CREDITS)})",
    re.IGNORECASE,
)


def without_boilerplate(text: str, title: str = "") -> str:
    """`text` without such lines, and without the title where the text opens with it."""
    lines = text.split("\n")
    kept = [line for line in lines if len(line) > _MAX_CHARS or not _WHOLE_LINE.fullmatch(line)]
    if title and kept and _same(kept[0], title) and any(line.strip() for line in kept[1:]):
        kept = kept[1:]
    return "\n".join(kept).strip("\n")


def _same(line: str, title: str) -> bool:
    return _plain(line) == _plain(title)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
