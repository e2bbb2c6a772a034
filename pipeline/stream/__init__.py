"""The workers: what joins enrichment, index and alerts on Kafka.

`batches` holds the promise (nothing is acknowledged before it is durably done), `enriching`, `indexing` and `alerting`
are the three steps, `processes` runs the language model off the event loop, `outbox` writes to Kafka, `app` puts them
together on Faust, `progress` tells how far a worker is, `worker` is one process of it and `supervisor` keeps it alive.
"""
