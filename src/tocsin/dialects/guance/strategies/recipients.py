"""Whom a strategy may tell, in each of its places."""

from enum import Enum
from typing import Any

from tocsin.core.destination import check_email
from tocsin.core.errors import Invalid
from tocsin.dialects.guance.reading import an_array, shown
from tocsin.dialects.guance.spelled import MEMBER, NOTIFY, TEAM


class Recipients(Enum):
    """A place, by the prefixes and the words that it takes, and whether addresses may stand there."""

    BY_LEVEL = ((MEMBER, TEAM, NOTIFY), (), True)
    BY_MEMBER = ((NOTIFY,), ("email", "sms"), False)
    MEMBERS = ((MEMBER, TEAM), (), False)
    WAYS = ((NOTIFY,), ("email", "sms", "mail"), False)

    def read(self, value: Any, path: str) -> tuple[str, ...]:
        """Read an array of recipients; whether they are there is nobody's business yet."""
        return tuple(self._one(each, f"{path}[{place}]") for place, each in enumerate(an_array(value, path)))

    def _one(self, value: Any, path: str) -> str:
        prefixes, words, addresses = self.value
        if isinstance(value, str) and len(value) <= 500 and value.isprintable():
            if value in words or any(value.startswith(prefix) and value != prefix for prefix in prefixes):
                return value
            if addresses and "@" in value:
                check_email(value, path)
                return value
        known = [f"{prefix}…" for prefix in prefixes]
        known += [*words, *(["an e-mail address"] if addresses else [])]
        raise Invalid(path, shown(value), f"must be one of {', '.join(known)}")
