"""Démarche: who said what to whom in live news, and who has just issued a new warning.

`records` are what travels; `enrich` finds statements in one article; `alerts` turns statements into claims and
alerts; `stream` joins them on Kafka; `index` writes and searches Elasticsearch; `cli` is the `demarche` command.
"""
