"""Print the saved objects: `python -m deploy.kibana > deploy/kibana/saved_objects.ndjson`, for the default prefix."""

from __future__ import annotations

from deploy.kibana.saved_objects import ndjson, saved_objects

if __name__ == "__main__":
    print(ndjson(saved_objects("news")), end="")
