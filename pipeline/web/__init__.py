"""Pages and an interface for programs: searching, reading, and the alerts' inbox, in the browser."""

from pipeline.web.app import create_app

__all__ = ["create_app"]
