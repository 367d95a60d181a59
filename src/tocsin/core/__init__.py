"""The core decides: values in, values out, with *now* handed in and every reason handed back.

Read it in the order of the path: event, alert, alert policy, aggregation, escalation, responder,
notification. Nothing here reads a clock, a database, the network or chance.
"""
