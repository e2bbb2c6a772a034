"""Connectors: from a file, a feed or a page to one Article, whatever the source, and into Kafka.

`kinds` lists them; `base` is what each of them is; `publish` is the only code that writes to Kafka.
"""
