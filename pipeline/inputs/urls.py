"""One address for one article: the canonical URL, whose hash is the article's id.

w3lib drops tracking parameters and sorts the query; the lists below add what news sites put into feeds and shares.
http and https, and a slash at the end, stay apart: on some servers they are different pages.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from pipeline.errors import BadInput

MAX_URL_CHARS = 2048
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?:urn:[A-Za-z0-9-]+|tag:[^:\s]+):\S+")
_TRACKING = re.compile(
    r"(utm_.*|at_(medium|campaign|custom.*|link_.*|bbc_team|ptr_name|format|campaign_type)|mc_[ce]id|fbclid|gclid|dclid"
    r"|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|mkt_tok|_hsenc|_hsmi|ns_(campaign|source|mchannel|linkname|fee)"
    r"|cmpid|smid|smtyp|ftag|xtor|ref_(src|url)|guccounter|guce_.*|__twitter_impression|amp)",
    re.IGNORECASE,
)
"""Only names that no site uses for its content: `cid`, `ref` or `source` may name an article, and merging two articles
is worse than having one twice."""


def canonical_url(url: str) -> str:
    """The address without fragment, tracking parameters, default port, user name and letter case of the host.

    A `file:` URI stays as it is: its fragment tells the lines of one JSONL file apart. So do the `urn:` and `tag:` URIs
    that agencies give their items. Raises BadInput for an address
    that no article can have.
    """
    url = url.strip()
    if url.startswith("file:"):
        return url
    if len(url) > MAX_URL_CHARS:
        raise BadInput(f"Its address is longer than {MAX_URL_CHARS} characters.")
    if _NAME.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.replace("&amp;", "&"))
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadInput(f"Its address {url!r} is not valid: {error}.") from None
    if parts.scheme.lower() not in _PORTS or not host:
        raise BadInput(f"Its address {url!r} is not an http or https address.")
    scheme = parts.scheme.lower()
    netloc = f"[{host}]" if ":" in host else host.rstrip(".")
    if port and port != _PORTS[scheme]:
        netloc += f":{port}"
    # Not decoded on the way: a query in windows-1251 must survive.
    query = "&".join(part for part in parts.query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0]))
    try:
        return str(canonicalize_url(urlunsplit((scheme, netloc, parts.path or "/", query, ""))))
    except (ValueError, UnicodeError) as error:
        raise BadInput(f"Its address {url!r} is not valid: {error}.") from None


def host_of(url: str) -> str:
    """The host without `www.`: a publisher's id where nobody names a better one; empty for a file."""
    host = urlsplit(url).hostname or ""
    return host.removeprefix("www.")
