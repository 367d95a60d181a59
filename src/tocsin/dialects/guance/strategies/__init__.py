"""Alert strategies."""
