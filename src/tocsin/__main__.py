"""What runs as ``python -m tocsin``: the command line."""

from tocsin.cli.main import main

main()
