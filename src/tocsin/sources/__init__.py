"""Machines that report: each source reads its own format, purely, into drafts of events."""
