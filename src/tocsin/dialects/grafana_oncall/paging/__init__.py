"""Paging people directly, and passing words on by telephone."""
