"""Escalation chains and their steps: escalation policies, step by step."""
