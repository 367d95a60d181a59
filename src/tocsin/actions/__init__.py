"""One use case, one function, one transaction: read, ask the core, write. Nothing is sent from here."""
