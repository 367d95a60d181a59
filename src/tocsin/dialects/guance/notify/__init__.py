"""Notify objects."""
