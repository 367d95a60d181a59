"""Maintenance windows: when alerts of some classes open but tell nobody."""
