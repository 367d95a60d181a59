"""MongoDB Cloud Manager: the alerts of its public API v1.0, and of the Atlas API of that age."""
