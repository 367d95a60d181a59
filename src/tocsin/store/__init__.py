"""Remembers: one schema for SQLite and PostgreSQL, and the only room that speaks SQL.

``database`` opens either engine, ``transaction`` is what an action works with, ``tables`` is the schema, and
each noun has a module of functions that take the transaction first and return values of the core.
"""
