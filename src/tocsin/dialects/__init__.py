"""The APIs that Tocsin speaks: each wing translates one of them to actions and back, and knows no other."""
