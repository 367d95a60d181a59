"""DigitalOcean's App Platform, as far as its alerts need it."""
