"""The composition: a world, doors and parts in, one ASGI application out."""
