"""The migrations, each named NNNN_what_changes; a released one is never edited."""
