"""How pages of a team are routed: its rules are the domain's alert policy of that team, in mode first."""
