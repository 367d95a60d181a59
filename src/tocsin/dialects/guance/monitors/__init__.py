"""Monitors, as far as strategies need them."""
