"""From the bytes of a text file, a page or a JSON line to an Article; nothing here knows Kafka or the network.

Connectors use it on what they fetched, `demarche enrich` on what it is handed. What cannot be an article raises
BadInput with one sentence that says what to do.
"""

from pipeline.inputs.articles import article_from_fields, article_from_line, article_from_text, make_article
from pipeline.inputs.files import read_articles, read_file
from pipeline.inputs.pages import article_from_page, fragment_to_text
from pipeline.inputs.text import decode, decode_page, split_title

__all__ = [
    "article_from_fields",
    "article_from_line",
    "article_from_page",
    "article_from_text",
    "decode",
    "decode_page",
    "fragment_to_text",
    "make_article",
    "read_articles",
    "read_file",
    "split_title",
]
