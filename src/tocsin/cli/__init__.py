"""The command line: what a person types on the machine that serves, and from any other one."""
