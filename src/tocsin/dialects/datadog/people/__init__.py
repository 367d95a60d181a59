"""Users, as the whole of Datadog's API knows them, and their invitations."""
