"""One chain of migrations for both engines, run by ``tocsin.store.schema``."""
