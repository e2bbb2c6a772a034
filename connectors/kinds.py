"""The kinds of source, one line each. Adding one is described in docs/connectors.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectors import feeds, files, folders, gdelt, jsonfeed, pages, sections, sitemaps
from connectors.base import Connector, Target
from pipeline.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Kind:
    """`accepts` looks at what the user named and says whether this kind reads it."""

    name: str
    accepts: Callable[[Target], bool]
    open: Callable[[Target], Connector]


# In this order: a page is what an address is if nothing else accepts it. Whether a page is to be watched for links, or
# a folder for files, only its source can say: `folder` and `section` accept nothing by themselves.
KINDS: tuple[Kind, ...] = (
    Kind("files", files.accepts, files.FilesConnector),
    Kind("folder", folders.accepts, folders.FolderConnector),
    Kind("feed", feeds.accepts, feeds.FeedConnector),
    Kind("json-feed", jsonfeed.accepts, jsonfeed.JsonFeedConnector),
    Kind("sitemap", sitemaps.accepts, sitemaps.SitemapConnector),
    Kind("gdelt", gdelt.accepts, gdelt.GdeltConnector),
    Kind("section", sections.accepts, sections.SectionConnector),
    Kind("page", pages.accepts, pages.PageConnector),
)


def kind_of(target: Target) -> Kind:
    """The first kind that accepts the target. Raises what fetching an address raises."""
    return next(kind for kind in KINDS if kind.accepts(target))


def kind_named(name: str) -> Kind:
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise BadSetting(f"There is no kind of source '{name}'.", f"Use one of: {', '.join(kind.name for kind in KINDS)}.")
