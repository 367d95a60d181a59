"""Our own API, ``/api/tocsin/v1``: one file of routes a resource, and below ``wire`` what they say."""
