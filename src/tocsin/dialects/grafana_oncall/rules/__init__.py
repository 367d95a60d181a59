"""Personal notification rules: how somebody wants to be told, step by step."""
