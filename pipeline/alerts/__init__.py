"""Claims, novelty and alert rules; pure: no Kafka, Faust or Elasticsearch."""

from pipeline.alerts.engine import Outcome, process
from pipeline.alerts.rules import Rule, RuleSet, load_rules
from pipeline.alerts.sides import settle

__all__ = ["Outcome", "Rule", "RuleSet", "load_rules", "process", "settle"]
