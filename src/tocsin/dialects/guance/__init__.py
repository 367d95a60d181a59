"""Guance's open API: alert strategies and their neighbours, spoken over Tocsin's policies."""
