"""Claims, novelty and alert rules; pure: no Kafka, Faust or Elasticsearch."""

from pipeline.alerts.engine import Outcome, process
from pipeline.alerts.rules import Rule, RuleSet, load_rules

__all__ = ["Outcome", "Rule", "RuleSet", "load_rules", "process"]
