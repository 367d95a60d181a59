"""``/on-call/schedules``: layers of rotations, who is on call, and who stands in."""
