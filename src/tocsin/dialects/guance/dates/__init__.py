"""Custom notification dates."""
