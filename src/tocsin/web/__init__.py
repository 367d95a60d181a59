"""Pages for people, written on the server; what changes while one looks is brought in by a small script."""
