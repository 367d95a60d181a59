"""The engine keeps time: what is due is done, what waits is sent, and somebody watches that it happens."""
