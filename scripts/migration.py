"""Begin a migration: ``make migration NAME=add_alert_owner`` writes the next file of the chain."""

import re
import sys
from pathlib import Path

VERSIONS = Path(__file__).parents[1] / "src" / "tocsin" / "store" / "migrations" / "versions"
TEMPLATE = '''\
"""{sentence}."""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = "{before:04}"


def upgrade() -> None:
    """{sentence}; old and new code must both run on what comes out."""
'''


def main() -> None:
    """Write the file, and say where it is."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,60}", name):
        sys.exit("say what changes, in words joined by underlines: make migration NAME=add_alert_owner")
    before = max(int(path.name[:4]) for path in VERSIONS.glob("[0-9]*.py"))
    path = VERSIONS / f"{before + 1:04}_{name}.py"
    sentence = name.replace("_", " ").capitalize()
    path.write_text(TEMPLATE.format(sentence=sentence, number=before + 1, before=before))
    sys.stdout.write(f"{path}: change it, and src/tocsin/store/tables/ with it\n")


if __name__ == "__main__":
    main()
