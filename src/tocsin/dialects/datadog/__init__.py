"""Datadog's On-Call API, v2, as its own clients speak it: JSON:API documents below ``/api/v2``."""
