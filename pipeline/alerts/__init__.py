"""Claims, novelty and alert rules; pure: no Kafka, Faust or Elasticsearch."""

from pipeline.alerts.engine import Outcome, process, unfired
from pipeline.alerts.memory import Memory, SideState
from pipeline.alerts.rules import Rule, RuleSet, load_rules
from pipeline.alerts.sides import settle

__all__ = ["Memory", "Outcome", "Rule", "RuleSet", "SideState", "load_rules", "process", "settle", "unfired"]
