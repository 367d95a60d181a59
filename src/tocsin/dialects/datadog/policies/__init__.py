"""``/on-call/escalation-policies``: named lists of steps from a page to a human."""
