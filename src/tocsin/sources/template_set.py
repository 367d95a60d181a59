"""The mapping of an integration that is read by templates: its type, and the templates over the preset's."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from tocsin.channels.rich_templates import read_rich
from tocsin.channels.templating import Template
from tocsin.core.errors import Invalid
from tocsin.sources.presets import Preset, preset_of

SIZE_MAX: Final = 1 << 20
COMPILED_KEPT: Final = 1_000
TYPE: Final = "type"
MOVED: Final = "channels"
"""Where templates for single channels once were: the integration itself has them."""

NAMES: Final = (
    *("grouping_key", "resolve_signal", "acknowledge_signal", "source_link"),
    *("title", "message", "image_url"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSet:
    """A *preset* and the templates that stand in its stead, None where it is to be asked."""

    preset: Preset
    grouping_key: Template | None = None
    resolve_signal: Template | None = None
    acknowledge_signal: Template | None = None
    source_link: Template | None = None
    title: Template | None = None
    message: Template | None = None
    image_url: Template | None = None

    @property
    def any(self) -> bool:
        """Whether there is any template to be filled in."""
        return any(getattr(self, name) is not None for name in NAMES)


def check_mapping(mapping: Mapping[str, Any]) -> None:
    """Raise Invalid, with the path of what is wrong, unless *mapping* can be used."""
    templates_of(mapping)
    if MOVED in mapping:
        raise Invalid(f"mapping.{MOVED}", "is no part of a mapping", "must be given as message_templates")


_known: dict[int, tuple[Mapping[str, Any], TemplateSet]] = {}


def templates_of(mapping: Mapping[str, Any]) -> TemplateSet:
    """Read *mapping*, once while it lives; raises Invalid with the path of what is wrong in it."""
    known = _known.get(id(mapping))
    if known is not None and known[0] is mapping:
        return known[1]
    try:
        written = msgspec.json.encode(mapping, order="sorted")
    except (UnicodeEncodeError, RecursionError, TypeError):
        raise Invalid("mapping", "cannot be stored", "must be JSON without lone surrogates") from None
    if len(written) > SIZE_MAX:
        raise Invalid("mapping", f"has {len(written)} bytes", f"must have at most {SIZE_MAX}")
    if b"\\u0000" in written:
        raise Invalid("mapping", "contains the character U+0000", "must do without it")
    found = _compile(written)
    if len(_known) >= COMPILED_KEPT:
        _known.clear()
    _known[id(mapping)] = (mapping, found)
    return found


@lru_cache(maxsize=COMPILED_KEPT)
def _compile(written: bytes) -> TemplateSet:
    mapping: dict[str, Any] = msgspec.json.decode(written)
    for name in mapping:
        if name not in (TYPE, MOVED, *NAMES):
            remedy = f"must be one of {', '.join((TYPE, *NAMES))}"
            raise Invalid(f"mapping.{name[:60]}", "is not known", remedy)
    type_ = mapping.get(TYPE, "webhook")
    preset = preset_of(type_) if isinstance(type_, str) else None
    if preset is None:
        raise Invalid("mapping.type", f"is {str(type_)[:60]!r}, which is no type of sender", "must be one")
    given: dict[str, Any] = {}
    for name in NAMES:
        text = mapping.get(name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise Invalid(f"mapping.{name}", "is not text", "must be a template")
        given[name] = read_rich(text, f"mapping.{name}")
    return TemplateSet(preset=preset, **given)
