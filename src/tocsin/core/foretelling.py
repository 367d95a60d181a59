"""Proofs and replays in words, as the command line prints them. Pure."""

from collections.abc import Iterator

from tocsin.core.because import listing, moment, span
from tocsin.core.proving import ClassProof, Proof, Spell
from tocsin.core.replaying import Replay

SPELLS_TOLD = 12


def proof_text(proof: Proof) -> str:
    """Tell *proof* in words."""
    return "\n".join(_proof(proof))


def replay_text(replay: Replay) -> str:
    """Tell *replay* in words."""
    return "\n".join(_replay(replay))


def spell_text(spell: Spell) -> str:
    """Say whom a spell reaches, when and how."""
    if not spell.reached:
        return f"nobody: {spell.why}"
    return "; ".join(
        f"{each.name} {'at once' if not each.after else f'after {span(each.after)}'} by {listing(each.ways)}"
        for each in spell.reached
    )


def _proof(proof: Proof) -> Iterator[str]:
    yield f"From {moment(proof.starts_at)} to {moment(proof.ends_at)}, if nobody answers:"
    for each in proof.classes:
        yield ""
        yield from _class(each)
    yield ""
    yield "What stands in the way" if proof.findings else "Nothing stands in the way."
    for finding in proof.findings:
        yield f"  ! {finding.kind}: {finding.text}"
    if not proof.whole:
        yield "Not all of it was looked at: there are too many classes, or changes of shift."


def _class(each: ClassProof) -> Iterator[str]:
    rules = f"  (rules {', '.join(each.rules)})" if each.rules else "  (no rule takes them)"
    yield f"{', '.join(each.severities)}: {each.name}{rules}"
    for spell in each.spells[:SPELLS_TOLD]:
        yield f"  {moment(spell.starts_at)} to {moment(spell.ends_at)}: {spell_text(spell)}"
    if len(each.spells) > SPELLS_TOLD:
        yield f"  and {len(each.spells) - SPELLS_TOLD} more spells"


def _replay(replay: Replay) -> Iterator[str]:
    yield f"{replay.alerts} alerts; for {replay.changed} of them others would have been told."
    if replay.nobody:
        yield f"{replay.nobody} of them would have reached no person."
    for each in replay.people:
        sign = f"{each.after - each.before:+d}" if each.after != each.before else "as before"
        yield f"  {each.name}: {each.before} before, {each.after} after ({sign})"
    for difference in replay.differences:
        yield f"  {moment(difference.opened_at)} {difference.title}"
        if difference.no_more:
            yield f"    no more: {', '.join(difference.no_more)}"
        if difference.newly:
            yield f"    newly: {', '.join(difference.newly)}"
    if not replay.whole:
        yield "There were more alerts than are replayed; these are the newest."
