"""Grafana OnCall's public HTTP API, version 1."""
