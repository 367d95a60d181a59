"""Tocsin: a self-hosted on-call and alert-response server."""

__version__ = "0.1.0"
