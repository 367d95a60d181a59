"""Members, teams and keys."""
