"""Two nodes on one database in a storm, and the account of what they were given."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from acceptance.company import destination, everything, plan, step
from acceptance.peers import Receiver
from acceptance.servers import Tocsin, tocsin
from acceptance.storm import Copies, Storm, check_kept, longest_gap, wait_until_settled

FIRST, SECOND = "/first", "/second"
SECOND_STEP_AFTER_S = 2


@contextmanager
def two_nodes(
    folder: Path, hook: Receiver, *, two_has: Mapping[str, str] | None = None, **env: str
) -> Iterator[list[Tocsin]]:
    """Run two nodes with the settings *env*, the second with those of *two_has* beside them, or instead.

    Every alert is told at one place at once, and at another a little later.
    """
    with tocsin(folder / "one", **env) as one:
        plan(
            one,
            step(destination(one, f"{hook.url}{FIRST}", name="First")),
            step(destination(one, f"{hook.url}{SECOND}", name="Second"), after_s=SECOND_STEP_AFTER_S),
        )
        key = (folder / "one" / "secret.key").read_text().strip()
        (folder / "two").mkdir()
        settings = {**env, "TOCSIN_SECRET_KEY": key, **(two_has or {})}
        two = Tocsin(data_dir=folder / "two", env=settings, credentials=one.credentials)
        two.start()
        try:
            yield [one, two]
        finally:
            two.stop()


def account_for(nodes: Sequence[Tocsin], hook: Receiver, storm: Storm, moments: Sequence[float]) -> None:
    """Check that all that was accepted is there and was told once at each place, and that no step is left.

    *moments* are when something was done to them, first to last.
    """
    wait_until_settled(nodes[0], hook, storm, (FIRST, SECOND))
    for node in nodes:
        check_kept(node, storm)
    repeated = [Copies.at(hook, path).check(moments) for path in (FIRST, SECOND)]
    assert {page["next_at"] for page in everything(nodes[0], "pages", "pages")} == {None}
    assert "tocsin_alerts_stranded 0.0" in nodes[0].call("GET", "/metrics").body.decode()
    told_at = [request.at for request in hook.requests]
    span = {"since": moments[0], "until": moments[-1] + 1}
    print(
        f"{len(storm.accepted)} events accepted, {sum(repeated)} messages sent again;",
        f"refused: {dict(storm.refused)};",
        f"nothing accepted for {longest_gap(storm.accepted_at, **span):.2f} s,",
        f"nothing told for {longest_gap(told_at, **span):.2f} s",
    )
