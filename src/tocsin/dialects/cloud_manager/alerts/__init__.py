"""Alerts: listed, read, acknowledged."""
