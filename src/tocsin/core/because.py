"""The reasons that decisions carry, and each one's sentence.

A reason is a small frozen value. The timeline stores it, the pages show its sentence, explain prints it and
metrics count its code. Add a class here for each new way in which Tocsin can decide.
"""

import re
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why something was decided; *code* is the class's name in snake case and never changes once released."""

    code: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type["Because"]]] = {}

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        Because.kinds[cls.code] = cls

    def sentence(self) -> str:
        """Say it in one sentence that stands alone: names, not ids; UTC times in ISO form."""
        raise NotImplementedError
