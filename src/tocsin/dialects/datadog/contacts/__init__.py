"""Where people are reached and how they want to be told: notification channels and notification rules."""
