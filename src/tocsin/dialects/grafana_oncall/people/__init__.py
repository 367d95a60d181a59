"""Users, teams, the organization, and groups of a chat that is not connected."""
