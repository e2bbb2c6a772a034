"""Sub-commands of `demarche`: each module turns options into calls and results into text."""
