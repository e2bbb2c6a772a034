"""Kibana's saved objects: data views, searches, charts and dashboards on the indices of Démarche.

`description` says what a chart is, `contents` which there are, `lens` and `saved_objects` write them as Kibana reads
them, `imports` hands them to a Kibana.
"""
