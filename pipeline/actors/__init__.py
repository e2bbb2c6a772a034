"""Names as they stand in English news → actors with stable ids.

directory = Directory.load()
directory.find("Zakharova")[0].actor.affiliation          # "Russian Foreign Ministry"
directory.resolve("the Iranian foreign minister").actor   # whoever holds the office today
"""

from pipeline.actors.directory import Directory
from pipeline.actors.model import Actor, Match
from pipeline.actors.phrases import BACKING
from pipeline.actors.text import slug

__all__ = ["BACKING", "Actor", "Directory", "Match", "slug"]
