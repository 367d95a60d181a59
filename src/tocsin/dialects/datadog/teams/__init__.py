"""Teams and who is in them, as the whole of Datadog's API knows them: ``team``, not ``teams``."""
