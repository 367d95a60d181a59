"""Schedules: on-call shifts, schedules with their final shifts and exports, shift swaps."""
