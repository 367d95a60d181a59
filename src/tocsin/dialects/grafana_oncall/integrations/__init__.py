"""Integrations, their routes, and how they are kept: each is an integration, its service and its policy."""
