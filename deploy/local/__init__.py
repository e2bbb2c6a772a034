"""Kafka and Elasticsearch on this machine, without Docker and without Java installed."""
