"""Outgoing webhooks: destinations that templates make requests for."""
