"""Mute rules."""
