"""Channels speak to people: each is a pure ``render`` and a ``send`` that knows only the wire it is given.

Read ``base`` first, then any one channel. ``registry`` is the list of them; a new channel is one file here
and one line there. Channels know neither each other nor the store.
"""
