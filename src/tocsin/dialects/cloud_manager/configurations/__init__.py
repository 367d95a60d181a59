"""Alert configurations: which alerts are opened by what, and who is told of them, when and how often."""
